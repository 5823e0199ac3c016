import { useState } from 'react';
import type { Overview, RequestPoint } from '../../api/requests.ts';
import { count, millis, moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import page from '../Page.module.css';
import css from './Requests.module.css';

const METRICS = ['requests', 'first_token', 'spent'] as const;
type Metric = (typeof METRICS)[number];

/** Each piece of the time as a bar. Behind it stands the same as a table. */
export function RequestChart({ overview, isStale }: { overview: Overview; isStale: boolean }) {
  const said = useMessages().requests;
  const { locale } = useLocale();
  const [metric, setMetric] = useState<Metric>('requests');
  const [pointed, setPointed] = useState<number | null>(null);
  const { points, total } = overview;
  const heights = points.map((point) => heightOf(point, metric));
  const most = Math.max(1, ...heights);
  const worded = (value: number): string => {
    if (metric === 'spent') return money(locale, value, total.cost.currency);
    return metric === 'first_token' ? millis(locale, value) : count(locale, value);
  };
  const shown = pointed === null ? undefined : points[pointed];
  const failed = (point: RequestPoint) =>
    point.failed > 0 ? ` · ${said.failed} ${count(locale, point.failed)}` : '';
  const width = 100 / Math.max(1, points.length);
  return (
    <figure className={[css.chart, isStale ? css.stale : ''].join(' ')}>
      <Segmented
        legend={said.chart}
        value={metric}
        options={METRICS.map((value) => ({ value, label: said.metrics[value] }))}
        onChange={setMetric}
      />
      <figcaption className={css.caption} aria-hidden="true">
        <span>
          {shown
            ? `${moment(locale, shown.at)} · ${worded(heightOf(shown, metric))}${failed(shown)}`
            : said.chartOf[metric]}
        </span>
        <span className={page.facts}>{worded(most)}</span>
      </figcaption>
      <svg
        className={css.bars}
        role="img"
        aria-label={said.chartOf[metric]}
        onPointerLeave={() => setPointed(null)}
      >
        <line x1="0" x2="100%" y1="0.5" y2="0.5" className={css.grid} />
        <line x1="0" x2="100%" y1="50%" y2="50%" className={css.grid} />
        {points.map((point, at) => (
          // The whole height can be pointed at, also where a bar is low.
          <g key={point.at} onPointerEnter={() => setPointed(at)}>
            <rect x={`${at * width}%`} y="0" width={`${width}%`} height="100%" className={css.column} />
            <Bar x={at * width} width={width} from={0} to={share(heights[at] ?? 0, most)} look={css.bar} />
            {metric === 'requests' ? (
              <Bar
                x={at * width}
                width={width}
                from={share(point.requests - point.failed, most)}
                to={share(point.requests, most)}
                look={css.wrong}
              />
            ) : null}
          </g>
        ))}
        <line x1="0" x2="100%" y1="100%" y2="100%" className={css.ground} />
      </svg>
      <div className={css.axis} aria-hidden="true">
        <span>{points[0] ? moment(locale, points[0].at) : ''}</span>
        <span>{moment(locale, points.at(-1)?.at ?? overview.since)}</span>
      </div>
      <details className={css.behind}>
        <summary>{said.behind}</summary>
        <Table overview={overview} />
      </details>
    </figure>
  );
}

function Table({ overview }: { overview: Overview }) {
  const said = useMessages().requests;
  const { locale } = useLocale();
  const busy = overview.points.filter((point) => point.requests > 0).toReversed();
  return (
    <div className={css.scroll}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{said.at}</th>
            <th scope="col">{said.total}</th>
            <th scope="col">{said.failed}</th>
            <th scope="col">{said.firstToken}</th>
            <th scope="col">{said.spent}</th>
          </tr>
        </thead>
        <tbody>
          {busy.map((point) => (
            <tr key={point.at}>
              <th scope="row">{moment(locale, point.at)}</th>
              <td>{count(locale, point.requests)}</td>
              <td>{count(locale, point.failed)}</td>
              <td>{point.first_token_ms ? millis(locale, point.first_token_ms.p95) : '—'}</td>
              <td>{money(locale, point.cost.micros, point.cost.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function heightOf(point: RequestPoint, metric: Metric): number {
  if (metric === 'spent') return point.cost.micros;
  return metric === 'first_token' ? (point.first_token_ms?.p95 ?? 0) : point.requests;
}

/** Percent of the height; what is there at all can be seen. */
const share = (value: number, most: number): number => (value <= 0 ? 0 : Math.max(1.5, (value / most) * 100));

type BarProps = { x: number; width: number; from: number; to: number; look: string | undefined };

function Bar({ x, width, from, to, look }: BarProps) {
  if (to <= from) return null;
  return (
    <rect
      x={`${x + width * 0.14}%`}
      y={`${100 - to}%`}
      width={`${width * 0.72}%`}
      height={`${to - from}%`}
      rx="1.5"
      className={look}
    />
  );
}
