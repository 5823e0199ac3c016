import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries.ts';
import type { AllowanceUse, MyPlan, Plan } from '../../api/types.ts';
import { moment, money, percent } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Progress } from '../../ui/Progress.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { TopUpButton } from '../pay/TopUpButton.tsx';
import { Offers } from './Offers.tsx';
import css from './Plan.module.css';
import { useWords } from './words.ts';

/** What the member holds, how much of it is used, and what else there is. */
export function PlanSection() {
  const m = useMessages();
  const mine = useQuery(queries.myPlan);
  return (
    <section className={css.section} aria-labelledby="plan-title">
      <h2 id="plan-title" className={page.subtitle}>
        {m.plan.title}
      </h2>
      {mine.data ? <Mine mine={mine.data} /> : null}
      {mine.error ? <ProblemNotice error={mine.error} onRetry={() => void mine.refetch()} /> : null}
      {mine.isPending ? <Skeleton label={m.common.loading} rows={3} height={20} /> : null}
    </section>
  );
}

function Mine({ mine }: { mine: MyPlan }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { plan, allowances, wallet_micros } = mine;
  const { price } = useWords();
  return (
    <>
      <div className={page.rows}>
        <div className={page.row}>
          <div className={page.rowText}>
            <div className={page.rowTitle}>{nameOf(plan, locale)}</div>
            <div className={page.facts}>{price(plan)}</div>
          </div>
          <span className={page.tag}>{m.plan.yours}</span>
        </div>
        {allowances.map((use) => (
          <Meter key={`${use.window} ${use.measure}`} use={use} plan={plan} />
        ))}
        {allowances.length === 0 ? (
          <div className={page.row}>
            <span className={page.facts}>{m.plan.unlimited}</span>
          </div>
        ) : null}
        {plan.at_end.action === 'wallet' || wallet_micros !== 0 ? (
          <div className={page.row}>
            <div className={page.rowText}>
              <div className={page.rowTitle}>{m.plan.wallet}</div>
              <div className={page.facts}>{m.plan.walletHint}</div>
            </div>
            <span className={css.amount}>{money(locale, wallet_micros, plan.price.currency)}</span>
            <TopUpButton />
          </div>
        ) : null}
      </div>
      <Offers mine={plan} />
    </>
  );
}

function Meter({ use, plan }: { use: AllowanceUse; plan: Plan }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { bare, measured, during } = useWords();
  const currency = plan.price.currency;
  const label = during(use.window);
  const isFull = use.used >= use.most;
  return (
    <div className={css.meter}>
      <div className={css.legend}>
        <span className={page.rowTitle}>{label}</span>
        <span className={css.figures}>
          {m.plan.used(bare(use.used, use.measure, currency), measured(use.most, use.measure, currency))}
        </span>
      </div>
      <Progress label={label} value={percent(use.used, use.most)} paused={isFull} />
      {isFull && use.less_at ? (
        <div className={page.facts}>{m.plan.full(moment(locale, use.less_at))}</div>
      ) : null}
    </div>
  );
}

const nameOf = (plan: Plan, locale: string): string => (locale === 'en' ? plan.name.en : plan.name.zh);
