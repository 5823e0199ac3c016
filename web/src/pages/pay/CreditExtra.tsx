import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { pay, toCredit } from '../../api/pay.ts';
import type { Order } from '../../api/types.ts';
import { money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import css from './Pay.module.css';

/** Credits a payment of an order that is not what the order asks for; nothing stands here when there is none. */
export function CreditExtra({ order, name }: { order: Order; name: string }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const words = m.pay.orders.putAway;
  const [asking, setAsking] = useState<string | null>(null);
  const credit = useMutation({
    mutationFn: (payment: string) => pay.credit(order.id, payment),
    onSuccess: () => setAsking(null),
    onSettled: () => client.invalidateQueries({ queryKey: ['orders'] }),
  });
  const extra = toCredit(order);
  const close = () => setAsking(null);
  return (
    <>
      {extra ? (
        <Button size="s" onClick={() => setAsking(extra.payment)}>
          {words.credit}
        </Button>
      ) : null}
      {asking !== null && extra?.left ? (
        <Dialog
          title={words.creditExtraTitle(money(locale, extra.left.micros, extra.left.currency), name)}
          onClose={close}
          footer={
            <>
              <Button look="quiet" onClick={close}>
                {m.common.cancel}
              </Button>
              <Button look="primary" disabled={credit.isPending} onClick={() => credit.mutate(asking)}>
                {words.credit}
              </Button>
            </>
          }
        >
          <p className={css.payment}>{asking}</p>
          <p className={css.hint}>{words.creditExtraHint}</p>
          {credit.error ? <ProblemNotice error={credit.error} onRetry={() => credit.mutate(asking)} /> : null}
        </Dialog>
      ) : null}
    </>
  );
}
