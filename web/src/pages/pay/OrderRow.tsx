import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { pay } from '../../api/pay.ts';
import type { Order } from '../../api/types.ts';
import { moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Facts } from '../../ui/Facts.tsx';
import page from '../Page.module.css';
import { useWords } from '../plan/words.ts';
import { CreditExtra } from './CreditExtra.tsx';
import css from './Pay.module.css';
import { RefundDialog } from './RefundDialog.tsx';
import { useGatewayName } from './words.ts';

/** An order as whoever runs the workspace sees it, with what they can do. */
export function OrderRow({ order, name }: { order: Order; name: string }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const nameOf = useGatewayName();
  const { planName } = useWords();
  const [asking, setAsking] = useState<'confirm' | 'refund' | null>(null);
  const settled = () => client.invalidateQueries({ queryKey: ['orders'] });
  const act = useMutation({
    mutationFn: (call: (id: string) => Promise<Order>) => call(order.id),
    onSettled: settled,
  });
  const words = m.pay.orders;
  const amount = money(locale, order.price.micros, order.price.currency);
  const byHand = order.gateway === 'manual' && (order.status === 'open' || order.status === 'closed');
  const left = order.payments.filter((payment) => payment.left && payment.left.micros > 0);
  const plan = order.product.product === 'plan' ? planName(order.product.plan) : null;
  const product = plan === null ? words.product.top_up : words.product.plan(plan);
  const became = order.delivery ? [words.delivery[order.delivery.delivery]] : [];
  const isGood = order.status === 'paid';
  return (
    <li className={css.order}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {name}
          <span className={isGood ? page.good : page.tag}>{m.pay.statuses[order.status]}</span>
        </div>
        <Facts facts={[product, ...became, nameOf(order.gateway), moment(locale, order.placed_at)]} />
        {order.flags.length > 0 ? (
          <ul className={css.flags}>
            {order.flags.map((flag) => (
              <li key={`${flag.flag} ${flag.payment ?? ''}`}>
                {words.flags[flag.flag](
                  flag.money ? money(locale, flag.money.micros, flag.money.currency) : '',
                )}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <div className={css.amount}>{amount}</div>
      <div className={css.buttons}>
        {byHand && order.status === 'open' ? (
          <Button size="s" look="quiet" disabled={act.isPending} onClick={() => act.mutate(pay.decline)}>
            {words.decline}
          </Button>
        ) : null}
        {byHand ? (
          <Button size="s" onClick={() => setAsking('confirm')}>
            {words.confirm}
          </Button>
        ) : null}
        {left.length > 0 ? (
          <Button size="s" look="quiet" onClick={() => setAsking('refund')}>
            {words.refund}
          </Button>
        ) : null}
        <CreditExtra order={order} name={name} />
        {order.flags.length > 0 && !order.seen ? (
          <Button size="s" disabled={act.isPending} onClick={() => act.mutate(pay.markSeen)}>
            {words.seen}
          </Button>
        ) : null}
      </div>
      {act.error ? (
        <div className={css.problem}>
          <ProblemNotice error={act.error} />
        </div>
      ) : null}
      {asking === 'confirm' ? (
        <Dialog
          title={words.confirmTitle(amount, name)}
          onClose={() => setAsking(null)}
          footer={
            <>
              <Button look="quiet" onClick={() => setAsking(null)}>
                {m.common.cancel}
              </Button>
              <Button
                look="primary"
                disabled={act.isPending}
                onClick={() => act.mutate(pay.confirm, { onSuccess: () => setAsking(null) })}
              >
                {words.confirm}
              </Button>
            </>
          }
        >
          <p className={css.hint}>{plan === null ? words.confirmHint : words.confirmPlanHint(plan)}</p>
        </Dialog>
      ) : null}
      {asking === 'refund' ? (
        <RefundDialog order={order} name={name} onClose={() => setAsking(null)} />
      ) : null}
    </li>
  );
}
