import { useQuery } from '@tanstack/react-query';
import { ReceiptText } from 'lucide-react';
import { Link } from 'wouter';
import { queries } from '../../api/queries.ts';
import { monthName } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { FileLinks } from './FileLinks.tsx';
import css from './Plan.module.css';
import { UsageTabs } from './UsageTabs.tsx';

/** The months there are statements of, the newest first. */
export default function StatementsPage() {
  const m = useMessages();
  const { locale } = useLocale();
  const months = useQuery(queries.statements);
  return (
    <div className={page.page}>
      <UsageTabs />
      <header>
        <h1 className={page.title}>{m.plan.statements.title}</h1>
        <p className={page.lead}>{m.plan.statements.hint}</p>
      </header>
      {months.error ? <ProblemNotice error={months.error} onRetry={() => void months.refetch()} /> : null}
      {months.isPending ? <Skeleton label={m.common.loading} rows={3} height={56} /> : null}
      {months.data?.length === 0 ? (
        <Empty icon={<ReceiptText size={28} aria-hidden="true" />} title={m.plan.statements.empty}>
          {m.plan.statements.emptyHint}
        </Empty>
      ) : null}
      {months.data && months.data.length > 0 ? (
        <ul className={page.rows}>
          {months.data.map((month) => (
            <li key={month} className={css.line}>
              <Link href={`/usage/statements/${month}`} className={css.month}>
                {monthName(locale, month)}
              </Link>
              <FileLinks month={month} />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
