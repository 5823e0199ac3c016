import type { Overview } from '../../api/requests.ts';
import { count, millis, money, rate, ratio } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import css from './Requests.module.css';

/** What it all comes to: how much, how much of it failed, how fast it was, what it cost. */
export function Figures({ overview, isStale }: { overview: Overview; isStale: boolean }) {
  const said = useMessages().requests;
  const { locale } = useLocale();
  const { requests, failed, cost, first_token_ms: first, took_ms: took } = overview.total;
  const minutes = Math.max(1, (overview.points.length * overview.step_seconds) / 60);
  const quick = (span: typeof first) => (span ? millis(locale, span.p50) : '—');
  const slow = (span: typeof first) => (span ? said.p95(millis(locale, span.p95)) : said.median);
  return (
    <dl className={[css.figures, isStale ? css.stale : ''].join(' ')}>
      <Figure
        name={said.total}
        value={count(locale, requests)}
        hint={said.perMinute(rate(locale, requests / minutes))}
      />
      <Figure
        name={said.failed}
        value={count(locale, failed)}
        hint={ratio(locale, requests === 0 ? 0 : failed / requests)}
        isBad={failed > 0}
      />
      <Figure name={said.firstToken} value={quick(first)} hint={slow(first)} />
      <Figure name={said.took} value={quick(took)} hint={slow(took)} />
      <Figure name={said.spent} value={money(locale, cost.micros, cost.currency)} />
    </dl>
  );
}

type FigureProps = { name: string; value: string; hint?: string; isBad?: boolean };

function Figure({ name, value, hint, isBad = false }: FigureProps) {
  return (
    <div className={css.figure}>
      <dt className={page.facts}>{name}</dt>
      <dd className={[css.value, isBad ? css.bad : ''].join(' ')}>{value}</dd>
      {hint ? <dd className={page.facts}>{hint}</dd> : null}
    </div>
  );
}
