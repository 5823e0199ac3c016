import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { pay } from '../../api/pay.ts';
import type { Order } from '../../api/types.ts';
import { readAmount, typedAmount } from '../../core/amount.ts';
import { money } from '../../core/format.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Select } from '../../ui/Select.tsx';
import css from './Pay.module.css';

/** Gives back what was paid, or a part of it. */
export function RefundDialog({ order, name, onClose }: { order: Order; name: string; onClose: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const words = m.pay.orders;
  const left = order.payments.filter((payment) => payment.left && payment.left.micros > 0);
  const [payment, setPayment] = useState(left[0]?.payment ?? '');
  const most = left.find((one) => one.payment === payment)?.left ?? order.price;
  const [typed, setTyped] = useState(typedAmount(most.micros));
  // The same wish keeps its id, so that trying again never gives back twice.
  const [wish, setWish] = useState({ key: '', id: '' });
  const refund = useMutation({
    mutationFn: (body: { id: string; payment: string; micros: number }) => pay.refund(order.id, body),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['orders'] }),
  });
  const micros = readAmount(typed);
  const isRight = micros !== null && micros > 0 && micros <= most.micros;
  const go = () => {
    if (!isRight || refund.isPending) return;
    const key = `${payment} ${micros}`;
    const id = wish.key === key ? wish.id : uuidv7();
    setWish({ key, id });
    refund.mutate({ id, payment, micros });
  };
  const show = ({ micros: amount, currency }: Order['price']) => money(locale, amount, currency);
  return (
    <Dialog
      title={words.refundTitle(name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="danger" disabled={!isRight || refund.isPending} onClick={go}>
            {words.refund}
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
        <p className={css.hint}>{order.gateway === 'manual' ? words.refundByHand : words.refundHint}</p>
        {order.product.product === 'plan' ? <p className={css.hint}>{words.refundPlanHint}</p> : null}
        {left.length > 1 ? (
          <Select
            label={m.pay.way}
            value={payment}
            options={left.map((one) => ({
              value: one.payment,
              label: `${one.payment} · ${show(one.left ?? order.price)}`,
            }))}
            onChange={setPayment}
          />
        ) : null}
        <Field
          label={`${words.refundAmount} (${most.currency})`}
          inputMode="decimal"
          value={typed}
          error={isRight ? null : words.refundWrong(show(most))}
          onChange={(event) => setTyped(event.target.value)}
        />
        {refund.error ? <ProblemNotice error={refund.error} onRetry={go} /> : null}
      </form>
    </Dialog>
  );
}
