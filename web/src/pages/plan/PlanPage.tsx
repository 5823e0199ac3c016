import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { queries } from '../../api/queries.ts';
import type { MyPlan } from '../../api/types.ts';
import { day, money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { AlertList } from '../../shared/AlertList.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { useAlerts } from '../../shared/useAlerts.ts';
import { Notice } from '../../ui/Notice.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { Held } from './Held.tsx';
import { Meter } from './Meter.tsx';
import { Offers } from './Offers.tsx';
import css from './Plan.module.css';
import { UsageTabs } from './UsageTabs.tsx';
import { useWords } from './words.ts';

/** What the member holds, what is left of it, and what else there is. */
export default function PlanPage() {
  const m = useMessages();
  const mine = useQuery(queries.myPlan);
  const alerts = useAlerts();
  return (
    <div className={page.page}>
      <UsageTabs />
      <header>
        <h1 className={page.title}>{m.plan.title}</h1>
        <p className={page.lead}>{m.plan.hint}</p>
      </header>
      <AlertList alerts={alerts.mine} putAway={alerts.putAway} />
      {mine.error ? <ProblemNotice error={mine.error} onRetry={() => void mine.refetch()} /> : null}
      {mine.isPending ? <Skeleton label={m.common.loading} rows={3} height={72} /> : null}
      {mine.data ? <Mine mine={mine.data} /> : null}
    </div>
  );
}

function Mine({ mine }: { mine: MyPlan }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { planName } = useWords();
  const [changedTo, setChangedTo] = useState<string | null>(null);
  const { plan, allowances, wallet_micros, ended } = mine;
  return (
    <>
      {changedTo === plan.id ? (
        <Notice tone="done" title={m.plan.buy.done(localized(locale, plan.name))} />
      ) : null}
      {ended && changedTo === null ? (
        <Notice
          tone={ended.because === 'unpaid' ? 'waiting' : 'quiet'}
          title={m.plan.ended[ended.because](planName(ended.plan), day(locale, ended.at))}
        />
      ) : null}
      <Held mine={mine} />
      <section className={css.section} aria-labelledby="left-title">
        <h2 id="left-title" className={page.subtitle}>
          {m.plan.left}
        </h2>
        <div className={page.rows}>
          {allowances.map((use) => (
            <Meter key={`${use.window} ${use.measure}`} use={use} plan={plan} />
          ))}
          {allowances.length === 0 ? (
            <div className={page.row}>
              <span className={page.facts}>{m.plan.unlimited}</span>
            </div>
          ) : null}
          <Link href="/usage/wallet" className={[page.row, css.door].join(' ')}>
            <span className={page.rowText}>
              <span className={css.block}>{m.plan.wallet.title}</span>
              <span className={[page.facts, css.rowHint].join(' ')}>{m.plan.wallet.hint}</span>
            </span>
            <span className={css.into}>
              <span className={css.amount}>{money(locale, wallet_micros, plan.price.currency)}</span>
              <ChevronRight size={16} aria-hidden="true" />
            </span>
          </Link>
        </div>
      </section>
      <Offers mine={mine} onChanged={setChangedTo} />
    </>
  );
}
