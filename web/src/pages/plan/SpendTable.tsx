import type { Money, SpendRow } from '../../api/types.ts';
import { count, decimalsOf, percent, ratio } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import css from './Spend.module.css';
import { useWords } from './words.ts';

type SpendTableProps = {
  title: string;
  rows: readonly SpendRow[];
  total: Money;
  nameOf: (row: SpendRow) => string;
  hasBars?: boolean;
};

/** What the money went to, the dearest first, each with its share as a bar. */
export function SpendTable({ title, rows, total, nameOf, hasBars = true }: SpendTableProps) {
  const said = useMessages().plan.spend;
  const { locale } = useLocale();
  const { amount } = useWords();
  const decimals = decimalsOf([total.micros, ...rows.map((row) => row.amount.micros)]);
  const most = Math.max(1, ...rows.map((row) => row.amount.micros));
  const sorted = hasBars ? rows.toSorted((a, b) => b.amount.micros - a.amount.micros) : rows;
  return (
    <div className={css.scroll}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">{said.total}</th>
            {hasBars ? (
              <th scope="col" className={css.wide}>
                {said.share}
              </th>
            ) : null}
            <th scope="col">{said.runs}</th>
            <th scope="col" className={css.wide}>
              {said.tokens}
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.key}>
              <th scope="row">
                <span className={css.name}>{nameOf(row)}</span>
                {hasBars ? (
                  <span className={css.track} aria-hidden="true">
                    <span className={css.fill} style={{ width: `${percent(row.amount.micros, most)}%` }} />
                  </span>
                ) : null}
              </th>
              <td>{amount(row.amount, decimals)}</td>
              {hasBars ? (
                <td className={css.wide}>
                  {ratio(locale, total.micros === 0 ? 0 : row.amount.micros / total.micros)}
                </td>
              ) : null}
              <td>{count(locale, row.runs)}</td>
              <td className={css.wide}>{count(locale, row.tokens)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
