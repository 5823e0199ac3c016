import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { inOrder, payQueries } from '../../api/pay.ts';
import type { Order, WaysToPay } from '../../api/types.ts';
import { enoughFor, readAmount, typedAmount } from '../../core/amount.ts';
import { money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { OrderProgress } from './OrderProgress.tsx';
import css from './Pay.module.css';
import { usePlaceOrder } from './usePlaceOrder.ts';
import { useGatewayName } from './words.ts';

/** Pays into the wallet: how much and by which way, then the wait until it is there. */
export function TopUpDialog({ onClose, need }: { onClose: () => void; need?: number | undefined }) {
  const m = useMessages();
  const ways = useQuery(payQueries.ways);
  const [order, setOrder] = useState<Order | null>(null);
  if (order) {
    return (
      <Dialog title={m.pay.title} onClose={onClose}>
        <OrderProgress placed={order} onClose={onClose} onAgain={() => setOrder(null)} />
      </Dialog>
    );
  }
  if (ways.data && ways.data.gateways.length > 0) {
    return <Choice ways={ways.data} need={need} onClose={onClose} onPlaced={setOrder} />;
  }
  return (
    <Dialog
      title={m.pay.title}
      onClose={onClose}
      footer={<Button onClick={onClose}>{m.common.close}</Button>}
    >
      {ways.isPending ? <Skeleton label={m.common.loading} rows={3} height={40} /> : null}
      {ways.error ? <ProblemNotice error={ways.error} onRetry={() => void ways.refetch()} /> : null}
      {ways.data ? (
        <Notice tone="quiet" title={m.pay.noWay}>
          {m.pay.noWayHint}
        </Notice>
      ) : null}
    </Dialog>
  );
}

type ChoiceProps = {
  ways: WaysToPay;
  /** What is needed, if that is known. */
  need: number | undefined;
  onClose: () => void;
  onPlaced: (order: Order) => void;
};

function Choice({ ways, need, onClose, onPlaced }: ChoiceProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const nameOf = useGatewayName();
  const first = need === undefined ? undefined : enoughFor(need, ways.least_micros, ways.most_micros);
  const isOffered = first === undefined || ways.offers.includes(first);
  const [offer, setOffer] = useState(String(isOffered ? (first ?? ways.offers[0] ?? 'other') : 'other'));
  const [typed, setTyped] = useState(isOffered ? '' : typedAmount(first));
  const gateways = inOrder(ways);
  const [gateway, setGateway] = useState(gateways[0] ?? 'manual');
  const place = usePlaceOrder(onPlaced);
  const show = (micros: number) => money(locale, micros, ways.currency);
  const micros = offer === 'other' ? readAmount(typed) : Number(offer);
  const isRight = micros !== null && micros >= ways.least_micros && micros <= ways.most_micros;
  const [least, most] = [show(ways.least_micros), show(ways.most_micros)];
  const go = () => {
    if (isRight) place.order({ product: 'top_up', micros }, gateway);
  };
  const offers = [
    ...ways.offers.map((value) => ({ value: String(value), label: show(value).replace(/\.00$/, '') })),
    { value: 'other', label: m.pay.other },
  ];
  return (
    <Dialog
      title={m.pay.title}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" disabled={!isRight || place.isPending} onClick={go}>
            {isRight ? m.pay.go(show(micros)) : m.pay.topUp}
          </Button>
        </>
      }
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <div className={css.choice}>
          <div className={css.label}>{m.pay.amount}</div>
          <Segmented legend={m.pay.amount} value={offer} options={offers} onChange={setOffer} />
        </div>
        {offer === 'other' ? (
          <Field
            label={m.pay.other}
            inputMode="decimal"
            autoFocus
            value={typed}
            hint={m.pay.otherHint(least, most)}
            error={typed !== '' && !isRight ? m.pay.otherWrong(least, most) : null}
            onChange={(event) => setTyped(event.target.value)}
          />
        ) : null}
        <div className={css.choice}>
          <div className={css.label}>{m.pay.way}</div>
          <Segmented
            legend={m.pay.way}
            value={gateway}
            options={gateways.map((value) => ({ value, label: nameOf(value) }))}
            onChange={setGateway}
          />
        </div>
        {place.error ? <ProblemNotice error={place.error} onRetry={go} /> : null}
      </form>
    </Dialog>
  );
}
