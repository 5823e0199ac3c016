import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { billing } from '../../api/billing.ts';
import { queries } from '../../api/queries.ts';
import type { MyPlan, Plan, PlanQuote } from '../../api/types.ts';
import { money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import css from './Plan.module.css';
import { useWords } from './words.ts';

type BuyDialogProps = {
  mine: MyPlan;
  plan: Plan;
  terms: 'buy' | 'try';
  onClose: () => void;
  onBought: () => void;
};

/** Asks before a plan begins, and shows what it costs to the last bit: its price less what is unused of the old one. */
export function BuyDialog({ mine, plan, terms, onClose, onBought }: BuyDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const { price } = useWords();
  const isTrial = terms === 'try';
  const quote = useQuery({
    queryKey: ['plan-quote', plan.id],
    queryFn: () => billing.quotePlan(plan.id),
    enabled: !isTrial,
    staleTime: 0,
    gcTime: 0,
  });
  const buy = useMutation({
    mutationFn: () => billing.buyPlan({ plan: plan.id, ...(isTrial ? { trial: true } : {}) }),
    onSuccess: (changed) => {
      client.setQueryData(queries.myPlan.queryKey, changed);
      void client.invalidateQueries({ queryKey: ['wallet'] });
      onBought();
    },
  });
  const name = localized(locale, plan.name);
  const due = quote.data ? quote.data.charge.micros - quote.data.credit.micros : null;
  const isShort = (quote.data?.missing.micros ?? 0) > 0;
  const words = isTrial
    ? m.plan.buy.begin
    : due !== null && due > 0
      ? m.plan.buy.confirm(money(locale, due, plan.price.currency))
      : m.plan.buy.confirmFree;
  return (
    <Dialog
      title={isTrial ? m.plan.buy.trialTitle(name) : m.plan.buy.title(name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button
            look="primary"
            disabled={buy.isPending || (!isTrial && (due === null || isShort))}
            onClick={() => buy.mutate()}
          >
            {words}
          </Button>
        </>
      }
    >
      {isTrial ? <p>{m.plan.buy.trialHintPlain(plan.trial_days, price(plan))}</p> : null}
      {!isTrial && quote.isPending ? <Skeleton label={m.common.loading} rows={4} height={24} /> : null}
      {quote.data ? <Sum quote={quote.data} mine={mine} plan={plan} /> : null}
      {quote.error ? <ProblemNotice error={quote.error} onRetry={() => void quote.refetch()} /> : null}
      {buy.error ? <ProblemNotice error={buy.error} /> : null}
    </Dialog>
  );
}

function Sum({ quote, mine, plan }: { quote: PlanQuote; mine: MyPlan; plan: Plan }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { price, amount } = useWords();
  const { charge, credit, missing } = quote;
  const { currency } = charge;
  const due = charge.micros - credit.micros;
  const name = localized(locale, plan.name);
  return (
    <>
      <dl className={css.sum}>
        <dt>{m.plan.buy.first[plan.price.every](name)}</dt>
        <dd>{amount(charge)}</dd>
        {credit.micros > 0 ? (
          <>
            <dt>{m.plan.buy.credit(localized(locale, mine.plan.name))}</dt>
            <dd>{money(locale, -credit.micros, currency)}</dd>
          </>
        ) : null}
        <dt className={css.due}>{due < 0 ? m.plan.buy.back : m.plan.buy.pay}</dt>
        <dd className={css.due}>{money(locale, Math.abs(due), currency)}</dd>
        <dt className={page.facts}>{m.plan.buy.inWallet}</dt>
        <dd className={page.facts}>{money(locale, mine.wallet_micros, currency)}</dd>
        {missing.micros === 0 ? (
          <>
            <dt className={page.facts}>{m.plan.buy.after}</dt>
            <dd className={page.facts}>{money(locale, mine.wallet_micros - due, currency)}</dd>
          </>
        ) : null}
      </dl>
      {missing.micros > 0 ? (
        <Notice
          tone="waiting"
          title={m.plan.buy.missing(amount(missing))}
          action={<Link href={`/usage/wallet?need=${missing.micros}`}>{m.plan.buy.toWallet}</Link>}
        >
          {m.plan.buy.missingHint}
        </Notice>
      ) : (
        <p className={page.facts}>{m.plan.buy.renews(price(plan))}</p>
      )}
    </>
  );
}
