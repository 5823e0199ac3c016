import type { AllowanceUse, Plan } from '../../api/types.ts';
import { moment, percent } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Progress } from '../../ui/Progress.tsx';
import page from '../Page.module.css';
import css from './Plan.module.css';
import { useWords } from './words.ts';

/** From here on a window is shown as nearly empty. */
const LOW = 20;

/** What is left in one window, as a bar that empties, and when it fills again. */
export function Meter({ use, plan }: { use: AllowanceUse; plan: Plan }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { bare, measured, during } = useWords();
  const { currency } = plan.price;
  const label = during(use.window);
  const left = Math.max(0, use.most - use.used);
  const share = percent(left, use.most);
  const at = use.less_at ? moment(locale, use.less_at) : null;
  return (
    <div className={css.meter}>
      <div className={css.legend}>
        <span className={page.rowTitle}>{label}</span>
        <span className={css.figures}>
          {m.plan.leftOf(bare(left, use.measure, currency), measured(use.most, use.measure, currency))}
        </span>
      </div>
      <Progress label={label} value={share} tone={share < LOW ? 'amber' : 'jade'} />
      {left === 0 ? (
        <div className={css.usedUp}>{at ? m.plan.full(at) : m.plan.fullNow}</div>
      ) : at ? (
        <div className={page.facts}>{m.plan.refills(at)}</div>
      ) : null}
    </div>
  );
}
