import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { billing } from '../../api/billing.ts';
import { inOrder, payQueries } from '../../api/pay.ts';
import { queries } from '../../api/queries.ts';
import type { MyPlan, Order, Plan } from '../../api/types.ts';
import { money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { OrderProgress } from '../pay/OrderProgress.tsx';
import { usePlaceOrder } from '../pay/usePlaceOrder.ts';
import { useGatewayName } from '../pay/words.ts';
import { GatewaySum, WalletSum } from './BuySum.tsx';
import css from './Plan.module.css';
import { useWords } from './words.ts';

type BuyDialogProps = {
  mine: MyPlan;
  plan: Plan;
  terms: 'buy' | 'try';
  onClose: () => void;
  onBought: () => void;
};

/** Stands for the wallet beside the names of the gateways. */
const WALLET = 'wallet';

/** Asks before a plan begins. Paid through a gateway it waits here until it is known what became of the payment. */
export function BuyDialog(props: BuyDialogProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const [order, setOrder] = useState<Order | null>(null);
  if (!order) return <Choice {...props} onPlaced={setOrder} />;
  return (
    <Dialog title={m.plan.buy.title(localized(locale, props.plan.name))} onClose={props.onClose}>
      <OrderProgress placed={order} onClose={props.onClose} onAgain={() => setOrder(null)} />
    </Dialog>
  );
}

type ChoiceProps = BuyDialogProps & { onPlaced: (order: Order) => void };

/** What it costs to the last bit, and from where it is paid. */
function Choice({ mine, plan, terms, onClose, onBought, onPlaced }: ChoiceProps) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const { price } = useWords();
  const [way, setWay] = useState(WALLET);
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
  const place = usePlaceOrder(onPlaced);
  const isWallet = way === WALLET;
  const name = localized(locale, plan.name);
  const credit = isWallet ? (quote.data?.credit.micros ?? 0) : 0;
  const due = quote.data ? quote.data.charge.micros - credit : null;
  const isShort = isWallet && (quote.data?.missing.micros ?? 0) > 0;
  const words = isTrial
    ? m.plan.buy.begin
    : due !== null && due > 0
      ? m.plan.buy.confirm(money(locale, due, plan.price.currency))
      : m.plan.buy.confirmFree;
  const go = () => (isWallet ? buy.mutate() : place.order({ product: 'plan', plan: plan.id }, way));
  const isBusy = buy.isPending || place.isPending;
  return (
    <Dialog
      title={isTrial ? m.plan.buy.trialTitle(name) : m.plan.buy.title(name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" disabled={isBusy || (!isTrial && (due === null || isShort))} onClick={go}>
            {words}
          </Button>
        </>
      }
    >
      {isTrial ? <p>{m.plan.buy.trialHintPlain(plan.trial_days, price(plan))}</p> : null}
      {!isTrial && quote.isPending ? <Skeleton label={m.common.loading} rows={4} height={24} /> : null}
      {quote.data ? (
        <>
          <Ways way={way} onChange={setWay} />
          {isWallet ? (
            <WalletSum quote={quote.data} mine={mine} plan={plan} />
          ) : (
            <GatewaySum quote={quote.data} mine={mine} plan={plan} />
          )}
        </>
      ) : null}
      {quote.error ? <ProblemNotice error={quote.error} onRetry={() => void quote.refetch()} /> : null}
      {buy.error && isWallet ? <ProblemNotice error={buy.error} /> : null}
      {place.error && !isWallet ? <ProblemNotice error={place.error} onRetry={go} /> : null}
    </Dialog>
  );
}

/** The wallet and every gateway that is set up; nothing to choose where there is none. */
function Ways({ way, onChange }: { way: string; onChange: (way: string) => void }) {
  const m = useMessages();
  const nameOf = useGatewayName();
  const ways = useQuery(payQueries.ways);
  const gateways = ways.data ? inOrder(ways.data) : [];
  if (gateways.length === 0) return null;
  const options = [
    { value: WALLET, label: m.plan.buy.wallet },
    ...gateways.map((value) => ({ value, label: nameOf(value) })),
  ];
  return (
    <div className={css.choice}>
      <div className={css.per}>{m.plan.buy.way}</div>
      <Segmented legend={m.plan.buy.way} value={way} options={options} onChange={onChange} />
    </div>
  );
}
