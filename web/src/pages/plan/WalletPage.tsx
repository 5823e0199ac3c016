import { useInfiniteQuery } from '@tanstack/react-query';
import { WalletMinimal } from 'lucide-react';
import { billing } from '../../api/billing.ts';
import { useAgents } from '../../api/queries.ts';
import type { Movement } from '../../api/types.ts';
import { moment } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { type Fact, Facts } from '../../ui/Facts.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { TopUpButton } from '../pay/TopUpButton.tsx';
import { PayIn } from './PayIn.tsx';
import css from './Plan.module.css';
import { UsageTabs } from './UsageTabs.tsx';
import { useWords } from './words.ts';

/** What is in the wallet, the ways in, and everything that moved. */
export default function WalletPage() {
  const m = useMessages();
  const { amount } = useWords();
  const wallet = useInfiniteQuery({
    queryKey: ['wallet'],
    queryFn: ({ pageParam }) => billing.wallet(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    staleTime: 0,
  });
  const first = wallet.data?.pages[0];
  const movements = (wallet.data?.pages ?? []).flatMap((one) => one.movements);
  return (
    <div className={page.page}>
      <UsageTabs />
      <header>
        <h1 className={page.title}>{m.plan.wallet.title}</h1>
        <p className={page.lead}>{m.plan.wallet.hint}</p>
      </header>
      {wallet.error ? <ProblemNotice error={wallet.error} onRetry={() => void wallet.refetch()} /> : null}
      {wallet.isPending ? <Skeleton label={m.common.loading} rows={3} height={64} /> : null}
      {first ? (
        <>
          <div className={css.held}>
            <div>
              <div className={page.facts}>{m.plan.wallet.balance}</div>
              <div className={css.balance}>{amount(first.balance)}</div>
            </div>
            <TopUpButton />
          </div>
          <PayIn />
          <section className={css.section} aria-labelledby="movements-title">
            <h2 id="movements-title" className={page.subtitle}>
              {m.plan.wallet.movements}
            </h2>
            {movements.length === 0 ? (
              <Empty icon={<WalletMinimal size={28} aria-hidden="true" />} title={m.plan.wallet.empty}>
                {m.plan.wallet.emptyHint}
              </Empty>
            ) : (
              <ul className={page.rows}>
                {movements.map((movement, at) => (
                  // Two movements can be alike in everything; their order never changes.
                  <MovementRow key={`${movement.at} ${at}`} movement={movement} />
                ))}
              </ul>
            )}
            {wallet.hasNextPage ? (
              <div>
                <Button disabled={wallet.isFetchingNextPage} onClick={() => void wallet.fetchNextPage()}>
                  {m.plan.wallet.more}
                </Button>
              </div>
            ) : null}
          </section>
        </>
      ) : null}
    </div>
  );
}

function MovementRow({ movement }: { movement: Movement }) {
  const { locale } = useLocale();
  const { amount } = useWords();
  const what = useWhat()(movement);
  const { micros } = movement.amount;
  return (
    <li className={css.line}>
      <div className={page.rowText}>
        <div>{what.title}</div>
        <Facts facts={[moment(locale, movement.at), ...what.facts]} />
      </div>
      <span className={micros > 0 ? css.plus : css.amount}>
        {micros > 0 ? '+' : ''}
        {amount(movement.amount)}
      </span>
    </li>
  );
}

/** What a movement was for, in the reader's words. */
export function useWhat(): (movement: Movement) => { title: string; facts: Fact[] } {
  const m = useMessages();
  const { locale } = useLocale();
  const { planName } = useWords();
  const { byId } = useAgents();
  return ({ reason, plan, note, agent_id, model }) => {
    const agent = agent_id ? byId(agent_id) : null;
    return {
      title: m.plan.wallet.reasons[reason],
      facts: [
        ...(plan ? [planName(plan)] : []),
        ...(agent ? [localized(locale, agent.name)] : []),
        ...(model ? [{ id: model }] : []),
        ...(note ? [note] : []),
      ],
    };
  };
}
