import { X } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { count } from '../core/format.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { useAlerts, useAlertWords } from '../shared/useAlerts.ts';
import css from './AlertLine.module.css';

const MINE = '/usage';
const OTHERS = '/admin/spend';

/** One limit that comes near, one's own first; it leads to the others, and is put away. */
export function AlertLine() {
  const m = useMessages();
  const { locale } = useLocale();
  const [path] = useLocation();
  const { mine, others, putAway } = useAlerts();
  const words = useAlertWords();
  const [alert, ...rest] = [...mine, ...others];
  if (!alert) return null;
  const to = mine.includes(alert) ? MINE : OTHERS;
  // There it stands in full.
  if (path === to) return null;
  const { title } = words(alert);
  return (
    <div className={css.line} role="status">
      <Link href={to} className={[css.way, alert.percent >= 100 ? css.full : ''].join(' ')}>
        <span className="truncate">{title}</span>
        {rest.length > 0 ? (
          <span className={css.rest}>{m.alerts.rest(count(locale, rest.length))}</span>
        ) : null}
      </Link>
      <button
        type="button"
        className={css.away}
        aria-label={m.alerts.putAway}
        title={m.alerts.putAway}
        onClick={() => putAway(alert)}
      >
        <X size={14} aria-hidden="true" />
      </button>
    </div>
  );
}
