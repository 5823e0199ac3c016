import { useQuery } from '@tanstack/react-query';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { queries } from '../../api/queries.ts';
import type { Statement, StatementLine } from '../../api/types.ts';
import { count, decimalsOf, moment, money, monthName } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { FileLinks } from './FileLinks.tsx';
import { foldStatement } from './foldStatement.ts';
import css from './Plan.module.css';
import table from './Spend.module.css';
import { UsageTabs } from './UsageTabs.tsx';
import { useWhat } from './WalletPage.tsx';

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
  const said = m.plan.statements;
  const { locale } = useLocale();
  const [most, setMost] = useState(LINES);
  const { opening, closing, sums, covered, aside, lines } = foldStatement(statement);
  const rest = lines.length - most;
  const column = [opening, closing, aside, covered.micros, ...lines.map(({ line }) => line.amount.micros)];
  const decimals = decimalsOf(column);
  const amount = (micros: number) => money(locale, micros, statement.currency, decimals);
  return (
    <>
      <dl className={css.sums}>
        <dt>{said.opening}</dt>
        <dd>{amount(opening)}</dd>
        {sums.map(({ reason, micros }) => (
          <div key={reason} className={css.total}>
            <dt>{reason === 'settlement' ? said.answers : m.plan.wallet.reasons[reason]}</dt>
            <dd>{amount(micros)}</dd>
          </div>
        ))}
        {aside === 0 ? null : (
          <div className={css.total}>
            <dt>{said.aside}</dt>
            <dd>{amount(aside)}</dd>
          </div>
        )}
        <dt className={css.due}>{said.closing}</dt>
        <dd className={css.due}>{amount(closing)}</dd>
        {covered.answers === 0 ? null : (
          <div className={css.beside}>
            <dt>{said.covered(count(locale, covered.answers))}</dt>
            <dd>{amount(covered.micros)}</dd>
          </div>
        )}
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
              {lines.slice(0, most).map(({ line, left }, at) => (
                <Line key={at} line={line} amount={amount(line.amount.micros)} left={amount(left)} />
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

function Line({ line, amount, left }: { line: StatementLine; amount: string; left: string }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { title, facts } = useWhat()(line);
  return (
    <tr>
      <th scope="row">
        {title}
        {/* Where there is no room for the column. */}
        {line.account === 'allowance' ? (
          <span className={[page.facts, table.narrow].join(' ')}> {m.plan.statements.byPlan}</span>
        ) : null}
        <Facts facts={[moment(locale, line.at), ...facts]} />
      </th>
      <td className={table.wide}>{m.plan.statements.accounts[line.account]}</td>
      <td className={line.account === 'allowance' ? table.given : undefined}>{amount}</td>
      <td className={table.wide}>{left}</td>
    </tr>
  );
}
