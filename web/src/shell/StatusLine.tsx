import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { useAnswerer } from '../api/answerer.ts';
import { Problem } from '../api/problem.ts';
import { type Engine, queries, useEngine } from '../api/queries.ts';
import { count, percent, rate } from '../core/format.ts';
import { never } from '../core/never.ts';
import { type Messages, useLocale, useMessages } from '../i18n/index.tsx';
import { useLastSpeed } from '../runs/lastSpeed.ts';
import { liveRuns } from '../runs/live.ts';
import { AlertLine } from './AlertLine.tsx';
import css from './StatusLine.module.css';

/** What the machine is doing, in one quiet line. */
export function StatusLine({ unsaved }: { unsaved: boolean }) {
  const m = useMessages();
  const { locale } = useLocale();
  const engine = useEngine();
  const answerer = useAnswerer();
  const standIn = answerer.type === 'ready' && answerer.standsIn ? answerer : null;
  const models = useQuery(queries.models);
  const lastSpeed = useLastSpeed();
  const answering = useSyncExternalStore(liveRuns.subscribe, () => liveRuns.active);
  const offline = models.error instanceof Problem && models.error.code === 'offline';

  return (
    <section className={css.line} aria-label={m.status.label}>
      <span className={css.group}>
        <span className="truncate">{standIn?.name ?? engine.model?.name ?? m.status.noModel}</span>
        <span>{standIn?.provider ?? m.status.local}</span>
        {standIn && engine.model?.state.type !== 'pulling' ? (
          answering > 0 ? (
            <span className={css.live}>{m.status.answering(answering)}</span>
          ) : null
        ) : (
          <State engine={engine} answering={answering} m={m} locale={locale} />
        )}
      </span>
      <div className={css.right}>
        <span className={css.group}>
          {unsaved ? <span className={css.warn}>{m.windows.layoutLost}</span> : null}
          {offline ? (
            <span className={css.warn} role="status">
              {m.status.offline}
            </span>
          ) : lastSpeed === null ? null : (
            <span>{m.status.lastSpeed(rate(locale, lastSpeed))}</span>
          )}
        </span>
        <AlertLine />
      </div>
    </section>
  );
}

type StateProps = { engine: Engine; answering: number; m: Messages; locale: 'en' | 'zh-CN' };

function State({ engine, answering, m, locale }: StateProps) {
  if (!engine.model) return null;
  const { state, residency } = engine.model;
  switch (state.type) {
    case 'absent':
      return <span className={css.warn}>{m.models.absent}</span>;
    case 'failed':
      return <span className={css.warn}>{m.status.failed}</span>;
    case 'pulling':
      return (
        <span className={css.warn}>
          {m.status.pulling(count(locale, Math.floor(percent(state.done_bytes, state.total_bytes))))}
        </span>
      );
    case 'installed':
      if (answering > 0) return <span className={css.live}>{m.status.answering(answering)}</span>;
      if (residency.type === 'loading') return <span className={css.warn}>{m.status.loading}</span>;
      return <span>{residency.type === 'ready' ? m.status.inMemory : m.status.idle}</span>;
    default:
      return never(state);
  }
}
