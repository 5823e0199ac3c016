import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { billing } from '../../api/billing.ts';
import { queries } from '../../api/queries.ts';
import type { MyPlan, PlanNext } from '../../api/types.ts';
import { day } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import page from '../Page.module.css';
import { LaterDialog } from './LaterDialog.tsx';
import css from './Plan.module.css';
import { canCancel, canKeep } from './steps.ts';
import { useWords } from './words.ts';

/** The plan that is held, what becomes of it, and the way out or back. */
export function Held({ mine }: { mine: MyPlan }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const { price } = useWords();
  const next = useNextWords(mine);
  const [cancelling, setCancelling] = useState(false);
  const keep = useMutation({
    mutationFn: () => billing.nextPlan({ then: 'renew' }),
    onSuccess: (changed) => client.setQueryData(queries.myPlan.queryKey, changed),
  });
  const name = localized(locale, mine.plan.name);
  const end = mine.subscription?.period_end;
  const toFree: PlanNext = { then: 'end' };
  return (
    <section className={css.held} aria-label={m.plan.yours}>
      <div className={css.heldText}>
        <div className={page.facts}>{m.plan.yours}</div>
        <div className={css.heldName}>
          {name}
          {mine.subscription?.is_trial ? <span className={page.busy}>{m.plan.trialTag}</span> : null}
        </div>
        <div className={css.heldPrice}>{price(mine.plan)}</div>
        {next ? <p className={page.facts}>{next}</p> : null}
      </div>
      {canKeep(mine) ? (
        <Button disabled={keep.isPending} onClick={() => keep.mutate()}>
          {m.plan.keep(name)}
        </Button>
      ) : null}
      {canCancel(mine) ? (
        <Button look="quiet" onClick={() => setCancelling(true)}>
          {m.plan.cancel}
        </Button>
      ) : null}
      {keep.error ? <ProblemNotice error={keep.error} /> : null}
      {cancelling && end ? (
        <LaterDialog mine={mine} next={toFree} at={end} onClose={() => setCancelling(false)} />
      ) : null}
    </section>
  );
}

/** What becomes of the plan when its period is over. */
function useNextWords({ subscription }: MyPlan): string | null {
  const said = useMessages().plan.next;
  const { locale } = useLocale();
  const { planName, basicName, amount } = useWords();
  if (!subscription) return null;
  const { is_trial, is_paid, period_end, next, renewal } = subscription;
  if (!period_end) return said.forGood;
  const date = day(locale, period_end);
  switch (next.then) {
    case 'change':
      return said.changes(date, planName(next.plan ?? ''), amount(renewal));
    case 'end':
      return is_trial || is_paid ? said.ends(date, basicName) : said.given(date);
    case 'renew':
      if (is_trial) return said.trialRenews(date, amount(renewal));
      return renewal.micros === 0 ? said.renewsFree(date) : said.renews(date, amount(renewal));
  }
}
