import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { billing } from '../../api/billing.ts';
import { queries } from '../../api/queries.ts';
import type { Member, MemberPlan } from '../../api/types.ts';
import { typedMicros } from '../../core/amount.ts';
import { day } from '../../core/format.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { typedWhole } from '../../core/whole.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Select } from '../../ui/Select.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { useWords } from '../plan/words.ts';
import css from '../settings/Settings.module.css';

const DAY = 24 * 3600 * 1000;

/** What a member holds and has, and what whoever runs the workspace can give them. */
export function MemberPlanDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const m = useMessages();
  const held = useQuery(queries.memberPlan(member.id));
  return (
    <Dialog
      title={m.plan.admin.member.title(member.name)}
      onClose={onClose}
      footer={<Button onClick={onClose}>{m.common.close}</Button>}
    >
      {held.isPending ? <Skeleton label={m.common.loading} rows={3} height={40} /> : null}
      {held.error ? <ProblemNotice error={held.error} onRetry={() => void held.refetch()} /> : null}
      {held.data ? (
        <div className={css.form}>
          <PlanForm member={member} held={held.data} />
          <hr className={css.rule} />
          <WalletForm member={member} held={held.data} />
        </div>
      ) : null}
    </Dialog>
  );
}

type FormProps = { member: Member; held: MemberPlan };

function PlanForm({ member, held }: FormProps) {
  const m = useMessages();
  const said = m.plan.admin.member;
  const client = useQueryClient();
  const { locale } = useLocale();
  const plans = useQuery(queries.plans).data ?? [];
  const [plan, setPlan] = useState(held.subscription?.plan ?? '');
  const [days, setDays] = useState('');
  const chosen = plan === '' ? (plans[0]?.id ?? '') : plan;
  const whole = typedWhole(days);
  const isWrong = days.trim() !== '' && whole === null;
  const assign = useMutation({
    mutationFn: () =>
      billing.setMemberPlan(member.id, {
        plan: chosen,
        ...(whole === null ? {} : { until: new Date(Date.now() + whole * DAY).toISOString() }),
      }),
    onSuccess: (next) => {
      setDays('');
      client.setQueryData(queries.memberPlan(member.id).queryKey, next);
    },
  });
  const name = localized(locale, held.plan.name);
  const end = held.subscription?.period_end;
  return (
    <>
      <div className={page.rowTitle}>{end ? said.heldUntil(name, day(locale, end)) : said.held(name)}</div>
      <Select
        label={said.plan}
        value={chosen}
        options={plans.map((one) => ({ value: one.id, label: localized(locale, one.name) }))}
        hint={said.takes}
        onChange={setPlan}
      />
      <div className={css.inline}>
        <Field
          label={said.until}
          value={days}
          inputMode="numeric"
          maxLength={6}
          error={isWrong ? m.plan.admin.vouchers.whole : null}
          onChange={(event) => setDays(event.target.value)}
        />
        <Button disabled={chosen === '' || isWrong || assign.isPending} onClick={() => assign.mutate()}>
          {said.assign}
        </Button>
      </div>
      {assign.isSuccess ? <Notice tone="done" title={said.moved} /> : null}
      {assign.error ? <ProblemNotice error={assign.error} /> : null}
    </>
  );
}

function WalletForm({ member, held }: FormProps) {
  const m = useMessages();
  const said = m.plan.admin.member;
  const client = useQueryClient();
  const { amount } = useWords();
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  // The same id until it went through: what was paid in, though the answer was lost, is not paid in twice.
  const [id, setId] = useState(uuidv7);
  const micros = typedMicros(text);
  const { currency } = held.wallet;
  const move = useMutation({
    mutationFn: (sum: number) =>
      billing.moveWallet(member.id, { id, amount: { micros: sum, currency }, note: note.trim() }),
    onSuccess: () => {
      setText('');
      setNote('');
      setId(uuidv7());
      return client.invalidateQueries({ queryKey: queries.memberPlan(member.id).queryKey });
    },
  });
  const isWrong = text.trim() !== '' && (micros === null || micros === 0);
  return (
    <>
      <div className={page.rowTitle}>{said.wallet(amount(held.wallet))}</div>
      <Field
        label={said.amount(currency)}
        hint={said.amountHint}
        error={isWrong ? m.plan.admin.vouchers.amountWrong : null}
        value={text}
        inputMode="decimal"
        maxLength={20}
        onChange={(event) => {
          setText(event.target.value);
          setId(uuidv7());
          move.reset();
        }}
      />
      <div className={css.inline}>
        <Field
          label={said.note}
          value={note}
          maxLength={200}
          onChange={(event) => setNote(event.target.value)}
        />
        <Button
          disabled={micros === null || micros === 0 || move.isPending}
          onClick={() => micros && move.mutate(micros)}
        >
          {micros !== null && micros < 0 ? said.take : said.move}
        </Button>
      </div>
      {move.isSuccess ? <Notice tone="done" title={said.moved} /> : null}
      {move.error ? <ProblemNotice error={move.error} /> : null}
    </>
  );
}
