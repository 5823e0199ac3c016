import { useQuery } from '@tanstack/react-query';
import { Radio } from 'lucide-react';
import { useState } from 'react';
import { type Overview, type RequestSpan, requestQueries } from '../../api/requests.ts';
import { count, moment } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { AdminTabs } from '../admin/AdminTabs.tsx';
import page from '../Page.module.css';
import settings from '../settings/Settings.module.css';
import { Figures } from './Figures.tsx';
import { RequestChart } from './RequestChart.tsx';
import { RequestList } from './RequestList.tsx';
import { Savings } from './Savings.tsx';
import { Slices } from './Slices.tsx';

const SPANS = ['hour', 'day', 'week'] as const;

/** What is asked of models, as it happens: how much, how fast, what it costs, what goes wrong, and each of them. */
export default function RequestsPage() {
  const m = useMessages();
  const said = m.requests;
  const [span, setSpan] = useState<RequestSpan>('hour');
  const overview = useQuery({ ...requestQueries.overview(span), placeholderData: (before) => before });
  return (
    <div className={page.page}>
      <AdminTabs />
      <header className={settings.head}>
        <div>
          <h1 className={page.title}>{said.title}</h1>
          <p className={page.lead}>{said.hint}</p>
        </div>
        <Segmented
          legend={said.span}
          value={span}
          options={SPANS.map((value) => ({ value, label: said.spans[value] }))}
          onChange={setSpan}
        />
      </header>
      {overview.error ? (
        <ProblemNotice error={overview.error} onRetry={() => void overview.refetch()} />
      ) : null}
      {overview.isPending ? <Skeleton label={m.common.loading} rows={3} height={80} /> : null}
      {overview.data ? <Seen overview={overview.data} isStale={overview.isPlaceholderData} /> : null}
    </div>
  );
}

function Seen({ overview, isStale }: { overview: Overview; isStale: boolean }) {
  const said = useMessages().requests;
  const { locale } = useLocale();
  if (overview.log === 'none' && overview.total.requests === 0) {
    return (
      <Notice tone="quiet" title={said.off}>
        {said.offHint}
      </Notice>
    );
  }
  const isCut = overview.points[0] !== undefined && overview.since > overview.points[0].at;
  const days = count(locale, overview.keep_days);
  return (
    <>
      {isCut ? <Notice tone="waiting" title={said.since(moment(locale, overview.since))} /> : null}
      <Figures overview={overview} isStale={isStale} />
      {overview.total.requests > 0 ? (
        <>
          <RequestChart overview={overview} isStale={isStale} />
          <Slices overview={overview} />
        </>
      ) : null}
      <Savings />
      <RequestList
        overview={overview}
        none={
          <Empty icon={<Radio size={28} aria-hidden="true" />} title={said.empty}>
            {said.emptyHint}
          </Empty>
        }
      />
      <p className={page.facts}>{overview.log === 'full' ? said.keptFull(days) : said.kept(days)}</p>
    </>
  );
}
