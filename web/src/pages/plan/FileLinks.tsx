import { billing } from '../../api/billing.ts';
import { useMessages } from '../../i18n/index.tsx';
import css from './Plan.module.css';

/** A statement as a file, and as a page to be printed. */
export function FileLinks({ month }: { month: string }) {
  const m = useMessages();
  return (
    <span className={css.files}>
      <a href={billing.statementFile(month, 'csv')} download={`hutong-${month}.csv`}>
        {m.plan.statements.csv}
      </a>
      <a href={billing.statementFile(month, 'html')} target="_blank" rel="noreferrer">
        {m.plan.statements.print}
      </a>
    </span>
  );
}
