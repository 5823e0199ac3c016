import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { billing } from '../../api/billing.ts';
import { asProblem } from '../../api/problem.ts';
import { queries } from '../../api/queries.ts';
import type { VoucherWorth } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import page from '../Page.module.css';
import css from './Plan.module.css';
import { useWords } from './words.ts';

/** What a code can be wrong about; said beside the field, where it is put right. */
const ABOUT_THE_CODE = [
  'voucher_unknown',
  'voucher_expired',
  'voucher_used_up',
  'voucher_yours',
  'not_found',
];

/** Redeems a voucher. */
export function VoucherForm() {
  const m = useMessages();
  const client = useQueryClient();
  const [code, setCode] = useState('');
  const redeem = useMutation({
    mutationFn: () => billing.redeem(code.trim()),
    onSuccess: () => {
      setCode('');
      return Promise.all(
        [['wallet'], queries.myPlan.queryKey].map((queryKey) => client.invalidateQueries({ queryKey })),
      );
    },
  });
  const problem = redeem.error ? asProblem(redeem.error) : null;
  const isAboutCode = problem !== null && ABOUT_THE_CODE.includes(problem.code);
  return (
    <form
      className={page.card}
      onSubmit={(event) => {
        event.preventDefault();
        if (code.trim() !== '') redeem.mutate();
      }}
    >
      <div className={css.voucher}>
        <Field
          label={m.plan.voucher.label}
          hint={m.plan.voucher.hint}
          error={problem && isAboutCode ? m.errors.byCode[problem.code] : null}
          value={code}
          maxLength={64}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          onChange={(event) => {
            if (!redeem.isIdle) redeem.reset();
            setCode(event.target.value);
          }}
        />
        <Button type="submit" disabled={code.trim() === '' || redeem.isPending}>
          {m.plan.voucher.redeem}
        </Button>
      </div>
      {problem && !isAboutCode ? <ProblemNotice error={problem} /> : null}
      {redeem.data ? <Given worth={redeem.data.worth} /> : null}
    </form>
  );
}

function Given({ worth }: { worth: VoucherWorth }) {
  const said = useMessages().plan.voucher;
  const { amount, planName } = useWords();
  return (
    <Notice
      tone="done"
      title={
        worth.kind === 'credit'
          ? said.credit(amount(worth.amount))
          : said.plan(planName(worth.plan), worth.days)
      }
    />
  );
}
