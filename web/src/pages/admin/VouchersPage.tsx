import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Ticket } from 'lucide-react';
import { useState } from 'react';
import { billing } from '../../api/billing.ts';
import { queries } from '../../api/queries.ts';
import type { Voucher } from '../../api/types.ts';
import { count, day } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { CopyButton } from '../../shared/CopyButton.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { useWords } from '../plan/words.ts';
import css from '../settings/Settings.module.css';
import { AdminTabs } from './AdminTabs.tsx';
import { VoucherDialog } from './VoucherDialog.tsx';

/** Codes that are worth something: those that are good, then those that were. */
export default function VouchersPage() {
  const m = useMessages();
  const said = m.plan.admin.vouchers;
  const vouchers = useQuery(queries.vouchers);
  const [making, setMaking] = useState(false);
  const newest = (vouchers.data ?? []).toReversed();
  const good = newest.filter((voucher) => stateOf(voucher) === 'good');
  const past = newest.filter((voucher) => stateOf(voucher) !== 'good');
  return (
    <div className={page.page}>
      <AdminTabs />
      <header className={css.head}>
        <div>
          <h1 className={page.title}>{said.title}</h1>
          <p className={page.lead}>{said.hint}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
          {said.make}
        </Button>
      </header>
      {vouchers.isPending ? <Skeleton label={m.common.loading} rows={2} height={64} /> : null}
      {vouchers.error ? (
        <ProblemNotice error={vouchers.error} onRetry={() => void vouchers.refetch()} />
      ) : null}
      {vouchers.data?.length === 0 ? (
        <Empty icon={<Ticket size={28} aria-hidden="true" />} title={said.empty}>
          {said.emptyHint}
        </Empty>
      ) : null}
      {good.length > 0 ? <Rows vouchers={good} /> : null}
      {past.length > 0 ? (
        <>
          <h2 className={page.subtitle}>{said.past}</h2>
          <Rows vouchers={past} />
        </>
      ) : null}
      {making ? <VoucherDialog onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

type State = 'good' | 'removed' | 'expired' | 'spent';

function stateOf({ removed_at, expires_at, redeemed, most_members }: Voucher): State {
  if (removed_at !== null) return 'removed';
  if (expires_at !== null && Date.parse(expires_at) <= Date.now()) return 'expired';
  return redeemed >= most_members ? 'spent' : 'good';
}

const Rows = ({ vouchers }: { vouchers: readonly Voucher[] }) => (
  <ul className={page.rows}>
    {vouchers.map((voucher) => (
      <VoucherRow key={voucher.id} voucher={voucher} />
    ))}
  </ul>
);

function VoucherRow({ voucher }: { voucher: Voucher }) {
  const m = useMessages();
  const said = m.plan.admin.vouchers;
  const client = useQueryClient();
  const { locale } = useLocale();
  const { worth } = useWords();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => billing.removeVoucher(voucher.id),
    onSuccess: () => setAsking(false),
    onSettled: () => client.invalidateQueries({ queryKey: queries.vouchers.queryKey }),
  });
  const state = stateOf(voucher);
  const { code, redeemed, most_members, expires_at, note } = voucher;
  const facts = [
    said.used(count(locale, redeemed), count(locale, most_members)),
    ...(expires_at ? [said.until(day(locale, expires_at))] : []),
    ...(note ? [note] : []),
  ];
  return (
    <li className={page.row}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {worth(voucher.worth)}
          {state === 'good' ? null : <span className={page.tag}>{said[state]}</span>}
        </div>
        <div className={page.facts}>{facts.join(' · ')}</div>
      </div>
      {state === 'good' ? (
        <div className={css.buttons}>
          {code ? (
            <span className={css.code}>
              {code}
              <CopyButton text={code} />
            </span>
          ) : (
            <span className={page.facts}>{said.codeLost}</span>
          )}
          <Button size="s" look="quiet" onClick={() => setAsking(true)}>
            {said.remove}
          </Button>
        </div>
      ) : null}
      {asking ? (
        <Dialog
          title={said.removeTitle}
          onClose={() => setAsking(false)}
          footer={
            <>
              <Button look="quiet" onClick={() => setAsking(false)}>
                {m.common.cancel}
              </Button>
              <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
                {said.remove}
              </Button>
            </>
          }
        >
          <p className={page.facts}>{said.removeHint}</p>
          {remove.error ? <ProblemNotice error={remove.error} /> : null}
        </Dialog>
      ) : null}
    </li>
  );
}
