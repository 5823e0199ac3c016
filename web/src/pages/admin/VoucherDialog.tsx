import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { billing } from '../../api/billing.ts';
import { queries } from '../../api/queries.ts';
import type { VoucherWorth } from '../../api/types.ts';
import { typedMicros } from '../../core/amount.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { typedWhole } from '../../core/whole.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Select } from '../../ui/Select.tsx';
import css from '../settings/Settings.module.css';

const DAY = 24 * 3600 * 1000;
const EMPTY = { amount: '', plan: '', days: '30', most: '1', expires: '', note: '' };

/** Makes a voucher and shows its code. */
export function VoucherDialog({ onClose }: { onClose: () => void }) {
  const m = useMessages();
  const said = m.plan.admin.vouchers;
  const client = useQueryClient();
  const { locale } = useLocale();
  // What everybody has needs no voucher.
  const plans = (useQuery(queries.plans).data ?? []).filter(({ price }) => price.micros > 0);
  const currency = useQuery(queries.myPlan).data?.plan.price.currency ?? plans[0]?.price.currency ?? 'CNY';
  const [id] = useState(uuidv7);
  const [kind, setKind] = useState<VoucherWorth['kind']>('credit');
  const [wish, setWish] = useState(EMPTY);
  const micros = typedMicros(wish.amount);
  const days = typedWhole(wish.days);
  const most = typedWhole(wish.most);
  const expires = wish.expires.trim() === '' ? null : typedWhole(wish.expires);
  const plan = wish.plan === '' ? (plans[0]?.id ?? '') : wish.plan;
  const worth: VoucherWorth | null =
    kind === 'credit'
      ? micros !== null && micros > 0
        ? { kind, amount: { micros, currency } }
        : null
      : days !== null && plan !== ''
        ? { kind, plan, days }
        : null;
  const ready = worth !== null && most !== null && (wish.expires.trim() === '' || expires !== null);
  const make = useMutation({
    mutationFn: (worth: VoucherWorth) =>
      billing.makeVoucher({
        id,
        worth,
        most_members: most ?? 1,
        expires_at: expires === null ? null : new Date(Date.now() + expires * DAY).toISOString(),
        note: wish.note.trim(),
      }),
    onSettled: () => client.invalidateQueries({ queryKey: queries.vouchers.queryKey }),
  });
  const field = (key: keyof typeof EMPTY, label: string, wrong: string | null = null) => (
    <Field
      label={label}
      value={wish[key]}
      maxLength={key === 'note' ? 200 : 20}
      inputMode={key === 'note' ? 'text' : key === 'amount' ? 'decimal' : 'numeric'}
      error={wish[key].trim() === '' ? null : wrong}
      onChange={(event) => setWish({ ...wish, [key]: event.target.value })}
    />
  );
  return (
    <Dialog
      title={said.make}
      onClose={onClose}
      footer={
        make.data ? (
          <Button onClick={onClose}>{m.common.close}</Button>
        ) : (
          <>
            <Button look="quiet" onClick={onClose}>
              {m.common.cancel}
            </Button>
            <Button
              look="primary"
              disabled={!ready || make.isPending}
              onClick={() => worth && make.mutate(worth)}
            >
              {said.create}
            </Button>
          </>
        )
      }
    >
      {make.data ? (
        <ShownOnce label={said.code} text={make.data.code ?? ''} hint={said.madeHint} />
      ) : (
        <div className={css.form}>
          <Segmented
            legend={said.kind}
            value={kind}
            options={(['credit', 'plan'] as const).map((value) => ({ value, label: said.kinds[value] }))}
            onChange={setKind}
          />
          {kind === 'credit' ? (
            field('amount', said.amount(currency), micros === null || micros <= 0 ? said.amountWrong : null)
          ) : (
            <>
              <Select
                label={said.plan}
                value={plan}
                options={plans.map((one) => ({ value: one.id, label: localized(locale, one.name) }))}
                onChange={(chosen) => setWish({ ...wish, plan: chosen })}
              />
              {field('days', said.days, days === null ? said.whole : null)}
            </>
          )}
          {field('most', said.most, most === null ? said.whole : null)}
          {field('expires', said.expires, expires === null ? said.whole : null)}
          {field('note', said.note)}
          {make.error ? <ProblemNotice error={make.error} /> : null}
        </div>
      )}
    </Dialog>
  );
}
