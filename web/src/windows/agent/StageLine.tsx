import { money } from '../../core/format.ts';
import { never } from '../../core/never.ts';
import { roughly } from '../../core/rough.ts';
import { type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import type { LiveRun } from '../../runs/live.ts';
import { Dots } from '../../ui/Dots.tsx';
import css from './Message.module.css';

/** What the run is doing, until the text itself shows it, and what it costs so far. */
export function StageLine({ live, empty }: { live: LiveRun | null; empty: boolean }) {
  const m = useMessages();
  const { locale } = useLocale();
  const words = stageWords(m, live);
  const cost = live?.fold.cost;
  const quiet = !empty && live?.link !== 'lost';
  return (
    <div className={css.stage}>
      <Dots />
      {quiet ? <span className="visually-hidden">{words}</span> : <span>{words}</span>}
      {cost ? (
        <span className={css.soFar} title={m.agent.footer.soFar}>
          {m.agent.footer.about}
          {money(locale, cost.micros, cost.currency)}
        </span>
      ) : null}
    </div>
  );
}

export function stageWords(m: Messages, live: LiveRun | null): string {
  const said = m.agent.stage;
  if (!live) return said.sent;
  if (live.link === 'lost') return said.lost;
  if (live.link === 'waiting') return said.waiting;
  const { stage } = live.fold;
  switch (stage.type) {
    case 'sent':
      return said.sent;
    case 'queued':
      return said.queued(stage.position, stage.waitMs === null ? null : roughly(stage.waitMs));
    case 'loading':
      return said.loading;
    case 'reading':
      return said.reading;
    case 'thinking':
      return said.thinking;
    case 'acting':
      return said.acting(stage.tool);
    case 'writing':
    case 'done':
      return said.writing;
    default:
      return never(stage);
  }
}
