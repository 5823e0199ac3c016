import { useMutation, useQueryClient } from '@tanstack/react-query';
import { billing } from '../../api/billing.ts';
import { queries } from '../../api/queries.ts';
import type { MyPlan, PlanNext } from '../../api/types.ts';
import { day } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { useWords } from './words.ts';

type LaterDialogProps = { mine: MyPlan; next: PlanNext; at: string; onClose: () => void };

/** Asks before a lower plan, or none, follows at the end of the period. */
export function LaterDialog({ mine, next, at, onClose }: LaterDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const { planName, basicName } = useWords();
  const change = useMutation({
    mutationFn: () => billing.nextPlan(next),
    onSuccess: (changed) => {
      client.setQueryData(queries.myPlan.queryKey, changed);
      onClose();
    },
  });
  const ends = next.then === 'end';
  const held = localized(locale, mine.plan.name);
  const date = day(locale, at);
  const other = next.plan ? planName(next.plan) : basicName;
  return (
    <Dialog
      title={ends ? m.plan.down.endTitle(held) : m.plan.down.title(other)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.plan.down.notNow}
          </Button>
          <Button
            look={ends ? 'danger' : 'primary'}
            disabled={change.isPending}
            onClick={() => change.mutate()}
          >
            {ends ? m.plan.down.endConfirm : m.plan.down.confirm(date)}
          </Button>
        </>
      }
    >
      <p>{ends ? m.plan.down.endHint(held, date, other) : m.plan.down.hint(held, date, other)}</p>
      {change.error ? <ProblemNotice error={change.error} /> : null}
    </Dialog>
  );
}
