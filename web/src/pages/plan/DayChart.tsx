import { useState } from 'react';
import type { SpendRow } from '../../api/types.ts';
import { count, day, money } from '../../core/format.ts';
import { daysOf, type Span } from '../../core/span.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import css from './Spend.module.css';
import { SpendTable } from './SpendTable.tsx';

/** Bars of days; those on which nothing was asked are there as well. Behind it stands the same as a table. */
export function DayChart({
  span,
  rows,
  currency,
}: {
  span: Span;
  rows: readonly SpendRow[];
  currency: string;
}) {
  const said = useMessages().plan.spend;
  const { locale } = useLocale();
  const [pointed, setPointed] = useState<string | null>(null);
  const byDay = new Map(rows.map((row) => [row.key, row]));
  const days = daysOf(span);
  const most = Math.max(1, ...rows.map((row) => row.amount.micros));
  const width = 100 / days.length;
  const label = (key: string) => day(locale, `${key}T12:00:00`);
  const shown = pointed ? byDay.get(pointed) : undefined;
  const spent = rows.filter((row) => row.runs > 0).toReversed();
  const total = { micros: rows.reduce((sum, row) => sum + row.amount.micros, 0), currency };
  return (
    <figure className={css.chart}>
      <figcaption className={css.caption} aria-hidden="true">
        <span>
          {pointed
            ? [
                label(pointed),
                money(locale, shown?.amount.micros ?? 0, currency),
                `${said.runs} ${count(locale, shown?.runs ?? 0)}`,
              ].join(' · ')
            : said.chart}
        </span>
        <span className={page.facts}>{money(locale, most, currency)}</span>
      </figcaption>
      <svg className={css.bars} role="img" aria-label={said.chart} onPointerLeave={() => setPointed(null)}>
        <line x1="0" x2="100%" y1="0.5" y2="0.5" className={css.grid} />
        <line x1="0" x2="100%" y1="50%" y2="50%" className={css.grid} />
        {days.map((key, at) => {
          const micros = byDay.get(key)?.amount.micros ?? 0;
          const height = micros === 0 ? 0 : Math.max(1.5, (micros / most) * 100);
          return (
            // The whole height can be pointed at, also where a bar is low.
            <g key={key} onPointerEnter={() => setPointed(key)}>
              <rect x={`${at * width}%`} y="0" width={`${width}%`} height="100%" className={css.column} />
              <rect
                x={`${at * width + width * 0.14}%`}
                y={`${100 - height}%`}
                width={`${width * 0.72}%`}
                height={`${height}%`}
                rx="2"
                className={css.bar}
              />
            </g>
          );
        })}
        <line x1="0" x2="100%" y1="100%" y2="100%" className={css.ground} />
      </svg>
      <div className={css.axis} aria-hidden="true">
        <span>{label(span.from)}</span>
        <span>{label(span.until)}</span>
      </div>
      <details className={css.behind}>
        <summary>{said.table}</summary>
        <SpendTable
          title={said.bys.day}
          rows={spent}
          total={total}
          nameOf={({ key }) => label(key)}
          hasBars={false}
        />
      </details>
    </figure>
  );
}
