import { useQuery } from '@tanstack/react-query';
import { ChartColumn } from 'lucide-react';
import { useState } from 'react';
import { type queries, useAgents } from '../../api/queries.ts';
import type { Spend, SpendBy, SpendRow } from '../../api/types.ts';
import { count } from '../../core/format.ts';
import { lastDays, type Span } from '../../core/span.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { DayChart } from './DayChart.tsx';
import css from './Spend.module.css';
import { SpendTable } from './SpendTable.tsx';
import { useWords } from './words.ts';

const SPANS = ['7', '30', '90'] as const;

type SpendViewProps = { ask: typeof queries.mySpend; ways: readonly SpendBy[] };

/** Spending over a span of days, broken down: a chart of days, or a table of what it went to. */
export function SpendView({ ask, ways }: SpendViewProps) {
  const m = useMessages();
  const [by, setBy] = useState<SpendBy>('day');
  const [days, setDays] = useState<(typeof SPANS)[number]>('30');
  const span = lastDays(Number(days));
  const spend = useQuery({ ...ask(span, by), placeholderData: (before) => before });
  return (
    <>
      <div className={css.choices}>
        <Segmented
          legend={m.plan.spend.by}
          value={by}
          options={ways.map((value) => ({ value, label: m.plan.spend.bys[value] }))}
          onChange={setBy}
        />
        <Segmented
          legend={m.plan.spend.span}
          value={days}
          options={SPANS.map((value) => ({ value, label: m.plan.spend.days(Number(value)) }))}
          onChange={setDays}
        />
      </div>
      {spend.error ? <ProblemNotice error={spend.error} onRetry={() => void spend.refetch()} /> : null}
      {spend.isPending ? <Skeleton label={m.common.loading} rows={3} height={80} /> : null}
      {spend.data && !spend.error ? (
        <>
          <Figures spend={spend.data} />
          {spend.data.total.runs === 0 ? (
            <Empty icon={<ChartColumn size={28} aria-hidden="true" />} title={m.plan.spend.empty}>
              {m.plan.spend.emptyHint}
            </Empty>
          ) : (
            <Broken by={by} span={span} spend={spend.data} isStale={spend.isPlaceholderData} />
          )}
        </>
      ) : null}
    </>
  );
}

function Figures({ spend: { total, reference } }: { spend: Spend }) {
  const said = useMessages().plan.spend;
  const { locale } = useLocale();
  const { amount } = useWords();
  return (
    <dl className={css.figures}>
      <Figure name={said.total} value={amount(total.amount)} />
      <Figure name={said.runs} value={count(locale, total.runs)} />
      <Figure name={said.tokens} value={count(locale, total.tokens)} />
      {total.runs > 0 && total.saved && reference ? (
        <Figure name={said.saved} value={amount(total.saved)} hint={said.savedHint(reference.model)} />
      ) : null}
    </dl>
  );
}

function Figure({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div className={css.figure}>
      <dt className={page.facts}>{name}</dt>
      <dd className={css.value}>{value}</dd>
      {hint ? <dd className={page.facts}>{hint}</dd> : null}
    </div>
  );
}

type BrokenProps = { by: SpendBy; span: Span; spend: Spend; isStale: boolean };

function Broken({ by, span, spend, isStale }: BrokenProps) {
  const said = useMessages().plan.spend;
  const { locale } = useLocale();
  const { byId } = useAgents();
  const nameOf = ({ key, name }: SpendRow): string => {
    if (by === 'agent') {
      const agent = byId(key);
      return agent ? localized(locale, agent.name) : key === '' ? said.direct : (name ?? key);
    }
    return name ?? key;
  };
  return (
    <div className={isStale ? css.stale : undefined}>
      {by === 'day' ? (
        <DayChart span={span} rows={spend.rows} currency={spend.total.amount.currency} />
      ) : (
        <SpendTable title={said.bys[by]} rows={spend.rows} total={spend.total.amount} nameOf={nameOf} />
      )}
    </div>
  );
}
