import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries.ts';
import { count } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Tabs } from '../Tabs.tsx';

/** The pages of those who run the workspace. */
export function AdminTabs() {
  const { label, people, groups, programs, vouchers, spend } = useMessages().admin.tabs;
  const payments = useMessages().pay.tab;
  const asked = useMessages().requests.tab;
  const { locale } = useLocale();
  const requests = useQuery(queries.joinRequests);
  const waiting = requests.data?.length ?? 0;
  return (
    <Tabs
      label={label}
      tabs={[
        { to: '/admin/people', name: people, waiting: waiting > 0 ? count(locale, waiting) : null },
        { to: '/admin/groups', name: groups },
        { to: '/admin/programs', name: programs },
        { to: '/admin/vouchers', name: vouchers },
        { to: '/admin/payments', name: payments },
        { to: '/admin/spend', name: spend },
        { to: '/admin/requests', name: asked },
      ]}
    />
  );
}
