import { useMessages } from '../../i18n/index.tsx';
import { Tabs } from '../Tabs.tsx';

/** The pages of what a member holds, has and uses. */
export function UsageTabs() {
  const { label, plan, wallet, spend, statements } = useMessages().plan.tabs;
  return (
    <Tabs
      label={label}
      tabs={[
        { to: '/usage', name: plan },
        { to: '/usage/wallet', name: wallet },
        { to: '/usage/spend', name: spend },
        { to: '/usage/statements', name: statements },
      ]}
    />
  );
}
