import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { pay } from '../../api/pay.ts';
import { asProblem } from '../../api/problem.ts';
import { queries } from '../../api/queries.ts';
import { money } from '../../core/format.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Select } from '../../ui/Select.tsx';
import css from './Pay.module.css';
import type { StrayPayment } from './strayPayments.ts';

type PutAwayDialogProps = { stray: StrayPayment; how: 'credit' | 'settle'; onClose: () => void };

/** Puts away a payment that is for no order: as a member's credit, or because somebody has seen to it. */
export function PutAwayDialog({ stray, how, onClose }: PutAwayDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const words = m.pay.orders.putAway;
  const members = useQuery(queries.members);
  const [member, setMember] = useState('');
  const [note, setNote] = useState('');
  // The same wish keeps its id, so that trying again never credits twice.
  const [id] = useState(uuidv7);
  const { gateway, payment, paid } = stray;
  const act = useMutation({
    mutationFn: async (): Promise<unknown> =>
      how === 'credit'
        ? pay.creditStray({ id, gateway, payment, member_id: member })
        : pay.settleStray({ gateway, payment, note: note.trim() }),
    onSuccess: onClose,
    onSettled: () =>
      Promise.all(
        ['payments', 'orders', 'wallet'].map((key) => client.invalidateQueries({ queryKey: [key] })),
      ),
  });
  const isGone = act.error !== null && asProblem(act.error).code === 'conflict';
  const isRight = !isGone && (how === 'settle' || member !== '');
  const go = () => {
    if (isRight && !act.isPending) act.mutate();
  };
  const amount = paid ? money(locale, paid.micros, paid.currency) : '';
  const people = members.data?.map((one) => ({ value: one.id, label: one.name })) ?? [];
  return (
    <Dialog
      title={how === 'credit' ? words.creditTitle(amount) : words.settleTitle}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {isGone ? m.common.close : m.common.cancel}
          </Button>
          {isGone ? null : (
            <Button look="primary" disabled={!isRight || act.isPending} onClick={go}>
              {how === 'credit' ? words.credit : m.pay.orders.seen}
            </Button>
          )}
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
        <p className={css.payment}>{payment}</p>
        <p className={css.hint}>{how === 'credit' ? words.creditHint : words.settleHint}</p>
        {how === 'credit' ? (
          <Select
            label={words.member}
            value={member}
            options={[{ value: '', label: words.choose }, ...people]}
            onChange={setMember}
          />
        ) : (
          <Field
            label={words.note}
            value={note}
            maxLength={200}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
        {isGone ? <Notice tone="waiting" alert title={words.gone} /> : null}
        {act.error && !isGone ? <ProblemNotice error={act.error} onRetry={go} /> : null}
      </form>
    </Dialog>
  );
}
