import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { useEffect } from 'react';
import { isWaiting, pay, payQueries } from '../../api/pay.ts';
import { queries } from '../../api/queries.ts';
import type { Order } from '../../api/types.ts';
import { moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dots } from '../../ui/Dots.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { useWords } from '../plan/words.ts';
import { QrCode } from '../settings/QrCode.tsx';
import css from './Pay.module.css';

type OrderProgressProps = {
  placed: Order;
  onClose: () => void;
  onAgain?: () => void;
  /** What leads away when there is nothing to wait for. */
  leave?: string;
};

/** An order from the moment it is placed until it is known what became of it. */
export function OrderProgress({ placed, onClose, onAgain, leave }: OrderProgressProps) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const asked = useQuery({ ...payQueries.myOrder(placed.id), initialData: placed });
  const order = asked.data;
  const cancel = useMutation({
    mutationFn: () => pay.cancel(order.id),
    onSuccess: (closed) => client.setQueryData(payQueries.myOrder(order.id).queryKey, closed),
  });
  const waits = isWaiting(order);
  // What is in the wallet is cached elsewhere; it is known to be another amount when the wait is over.
  useEffect(() => {
    if (waits) return;
    void client.invalidateQueries({ queryKey: queries.myPlan.queryKey });
    void client.invalidateQueries({ queryKey: ['orders', 'mine'] });
    void client.invalidateQueries({ queryKey: ['wallet'] });
  }, [waits, client]);
  const amount = money(locale, order.price.micros, order.price.currency);
  return (
    <div className={css.progress}>
      <div className={css.sum}>{amount}</div>
      {order.status === 'open' ? <Next order={order} /> : null}
      <div aria-live="polite">
        {order.status === 'open' && order.next?.next !== 'wait' ? (
          <p className={css.waiting}>
            <Dots /> {m.pay.waiting}
          </p>
        ) : null}
        {order.status === 'pending' ? <Notice tone="waiting" title={m.pay.pending} /> : null}
        {order.status === 'paid' || order.status === 'partly_refunded' ? (
          <Delivered order={order} amount={amount} />
        ) : null}
        {order.status === 'refunded' ? <GivenBack order={order} /> : null}
        {order.status === 'closed' ? <Notice tone="quiet" title={m.pay.closed} /> : null}
      </div>
      {asked.error ? <ProblemNotice error={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {cancel.error ? <ProblemNotice error={cancel.error} /> : null}
      <div className={css.buttons}>
        {order.status === 'open' ? (
          <Button look="quiet" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            {m.pay.giveUp}
          </Button>
        ) : null}
        {order.status === 'closed' && onAgain ? <Button onClick={onAgain}>{m.pay.again}</Button> : null}
        <Button look={waits ? 'plain' : 'primary'} onClick={onClose}>
          {leave ?? (waits ? m.pay.later : m.common.close)}
        </Button>
      </div>
    </div>
  );
}

/** What the member has for their money. */
function Delivered({ order, amount }: { order: Order; amount: string }) {
  const words = useMessages().pay;
  const { planName } = useWords();
  const { product, delivery } = order;
  if (product.product !== 'plan' || !delivery) return <Notice tone="done" title={words.done(amount)} />;
  const plan = planName(product.plan);
  switch (delivery.delivery) {
    case 'begun':
      return <Notice tone="done" title={words.plan.begun(plan)} />;
    case 'credited':
      return (
        <Notice tone="waiting" title={words.plan.credited(amount, plan)}>
          {words.plan.because[delivery.because]}
        </Notice>
      );
    case 'ended':
      return <GivenBack order={order} />;
  }
}

function GivenBack({ order }: { order: Order }) {
  const words = useMessages().pay;
  const { planName } = useWords();
  const { product, delivery } = order;
  const isEnded = product.product === 'plan' && delivery?.delivery === 'ended';
  return <Notice tone="quiet" title={isEnded ? words.plan.ended(planName(product.plan)) : words.refunded} />;
}

/** What the payer does next. */
function Next({ order }: { order: Order }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { next, gateway, expires_at, product } = order;
  if (!next) return null;
  const until = <p className={css.hint}>{m.pay.until(moment(locale, expires_at))}</p>;
  switch (next.next) {
    case 'wait':
      return <p className={css.lead}>{product.product === 'plan' ? m.pay.waitPlan : m.pay.wait}</p>;
    case 'scan': {
      const words = gateway === 'alipay' || gateway === 'wechat' ? m.pay.scan[gateway] : m.pay.scan.other;
      return (
        <>
          <QrCode text={next.text} label={words} />
          <p className={css.lead}>{words}</p>
          {until}
        </>
      );
    }
    case 'visit':
      return (
        <>
          <a className={css.visit} href={next.url} target="_blank" rel="noopener noreferrer">
            {m.pay.visit}
            <ExternalLink size={16} aria-hidden="true" />
          </a>
          <p className={css.hint}>{m.pay.visitHint}</p>
          {until}
        </>
      );
  }
}
