import { useQuery } from '@tanstack/react-query';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { queries } from '../../api/queries.ts';
import type { Statement, StatementLine } from '../../api/types.ts';
import { count, moment, monthName } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { FileLinks } from './FileLinks.tsx';
import css from './Plan.module.css';
import table from './Spend.module.css';
import { UsageTabs } from './UsageTabs.tsx';
import { useWhat } from './WalletPage.tsx';
import { useWords } from './words.ts';

/** Lines that are on show at once. */
const LINES = 100;

/** One month: what was there, what moved, what was left. */
export default function StatementPage({ month }: { month: string }) {
  const m = useMessages();
  const { locale } = useLocale();
  const statement = useQuery(queries.statement(month));
  return (
    <div className={page.page}>
      <UsageTabs />
      <header className={css.head}>
        <div>
          <Link href="/usage/statements" className={css.back}>
            <ChevronLeft size={16} aria-hidden="true" />
            {m.plan.statements.back}
          </Link>
          <h1 className={page.title}>{m.plan.statements.of(monthName(locale, month))}</h1>
        </div>
        <FileLinks month={month} />
      </header>
      {statement.error ? (
        <ProblemNotice error={statement.error} onRetry={() => void statement.refetch()} />
      ) : null}
      {statement.isPending ? <Skeleton label={m.common.loading} rows={4} height={48} /> : null}
      {statement.data ? <Whole statement={statement.data} /> : null}
    </div>
  );
}

function Whole({ statement }: { statement: Statement }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { amount } = useWords();
  const [most, setMost] = useState(LINES);
  const { opening, closing, totals, lines } = statement;
  const rest = lines.length - most;
  return (
    <>
      <dl className={css.sums}>
        <dt>{m.plan.statements.opening}</dt>
        <dd>{amount(opening)}</dd>
        {totals.map((total) => (
          <div key={total.reason} className={css.total}>
            <dt>{m.plan.wallet.reasons[total.reason]}</dt>
            <dd>{amount(total.amount)}</dd>
          </div>
        ))}
        <dt className={css.due}>{m.plan.statements.closing}</dt>
        <dd className={css.due}>{amount(closing)}</dd>
      </dl>
      <h2 className={page.subtitle}>{m.plan.statements.lines}</h2>
      {lines.length === 0 ? (
        <p className={page.facts}>{m.plan.statements.none}</p>
      ) : (
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">{m.plan.statements.what}</th>
                <th scope="col" className={table.wide}>
                  {m.plan.statements.account}
                </th>
                <th scope="col">{m.plan.statements.amount}</th>
                <th scope="col" className={table.wide}>
                  {m.plan.statements.balance}
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.slice(0, most).map((line, at) => (
                <Line key={at} line={line} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rest > 0 ? (
        <div>
          <Button onClick={() => setMost(most + LINES)}>
            {m.plan.statements.more(count(locale, Math.min(rest, LINES)))}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Line({ line }: { line: StatementLine }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { amount } = useWords();
  const { title, facts } = useWhat()(line);
  return (
    <tr>
      <th scope="row">
        {title}
        <div className={page.facts}>{[moment(locale, line.at), ...facts].join(' · ')}</div>
      </th>
      <td className={table.wide}>{m.plan.statements.accounts[line.account]}</td>
      <td>{amount(line.amount)}</td>
      <td className={table.wide}>{amount(line.balance)}</td>
    </tr>
  );
}
