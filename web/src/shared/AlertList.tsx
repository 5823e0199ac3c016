import { Gauge, X } from 'lucide-react';
import type { Alert } from '../api/types.ts';
import { useMessages } from '../i18n/index.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Facts } from '../ui/Facts.tsx';
import css from './Alerts.module.css';
import { type Alerts, useAlertWords } from './useAlerts.ts';

type AlertListProps = { alerts: readonly Alert[]; putAway: Alerts['putAway'] };

/** Limits that come near, each with what was used of it; nothing where there are none. */
export function AlertList({ alerts, putAway }: AlertListProps) {
  const m = useMessages();
  const words = useAlertWords();
  if (alerts.length === 0) return null;
  return (
    <ul className={css.list} aria-label={m.alerts.label}>
      {alerts.map((alert) => {
        const { title, facts } = words(alert);
        return (
          <li key={alert.id} className={css.alert}>
            <Gauge size={16} aria-hidden="true" className={alert.percent >= 100 ? css.full : css.icon} />
            <div className={css.text}>
              <div className={css.title}>{title}</div>
              <Facts facts={facts} />
            </div>
            <IconButton size="s" label={m.alerts.putAway} onClick={() => putAway(alert)}>
              <X size={14} aria-hidden="true" />
            </IconButton>
          </li>
        );
      })}
    </ul>
  );
}
