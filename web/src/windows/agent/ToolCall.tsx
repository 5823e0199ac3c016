import { Check, ChevronRight, CircleAlert, CircleHelp, Hand, PenLine, Search, Wallet } from 'lucide-react';
import type { ToolUse, Verdict } from '../../api/types.ts';
import { seconds } from '../../core/format.ts';
import { never } from '../../core/never.ts';
import { type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import { Dots } from '../../ui/Dots.tsx';
import { Approval } from './Approval.tsx';
import { Details, gist } from './CallDetails.tsx';
import css from './ToolCall.module.css';

type ToolCallProps = {
  call: ToolUse;
  /** True while the run that makes it goes on. */
  running: boolean;
  /** Takes the member's word; null where nobody waits for it. */
  onDecide: ((verdict: Verdict | null) => void) | null;
  /** What the member chose, while others wait for a word still. */
  chosen: Verdict | null;
};

/** A call of a tool: one line that opens, or the question whether it may be made. */
export function ToolCall({ call, running, onDecide, chosen }: ToolCallProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { state } = call;
  if (state.is === 'asking' && onDecide) return <Approval call={call} chosen={chosen} onDecide={onDecide} />;
  const busy = running && (state.is === 'underway' || state.is === 'waiting');
  const took = state.is === 'answered' || state.is === 'failed' ? state.millis : 0;
  return (
    <details className={css.call}>
      <summary className={css.summary}>
        <ClassIcon toolClass={call.class} />
        <span className={css.title}>{call.title}</span>
        <span className={css.gist}>{gist(call)}</span>
        <span className={css.state}>
          {busy ? <Dots /> : <StateIcon call={call} running={running} />}
          <span className={state.is === 'answered' ? 'visually-hidden' : ''}>
            {stateWords(m, call, running)}
          </span>
          {took >= 1000 ? <span>{seconds(locale, took)}</span> : null}
        </span>
        <ChevronRight size={14} aria-hidden="true" className={css.chevron} />
      </summary>
      <Details call={call} />
    </details>
  );
}

function ClassIcon({ toolClass }: { toolClass: ToolUse['class'] }) {
  switch (toolClass) {
    case 'read':
      return <Search size={14} aria-hidden="true" className={css.kind} />;
    case 'write':
      return <PenLine size={14} aria-hidden="true" className={css.kind} />;
    case 'spend':
      return <Wallet size={14} aria-hidden="true" className={css.kind} />;
    default:
      return never(toolClass);
  }
}

function StateIcon({ call, running }: { call: ToolUse; running: boolean }) {
  switch (call.state.is) {
    case 'answered':
      return <Check size={14} aria-hidden="true" className={css.done} />;
    case 'failed':
    case 'unknown':
      return <CircleAlert size={14} aria-hidden="true" className={css.wrong} />;
    case 'asking':
      return <CircleHelp size={14} aria-hidden="true" className={css.waits} />;
    case 'refused':
      return <Hand size={14} aria-hidden="true" />;
    case 'allowed':
      return <Check size={14} aria-hidden="true" />;
    case 'waiting':
    case 'underway':
      return running ? null : <CircleAlert size={14} aria-hidden="true" className={css.waits} />;
    default:
      return never(call.state);
  }
}

function stateWords(m: Messages, { state }: ToolUse, running: boolean): string {
  const said = m.tools.state;
  switch (state.is) {
    case 'refused':
      return m.tools.refused[state.by];
    case 'waiting':
    case 'underway':
      return running ? said[state.is] : said.cut;
    default:
      return said[state.is];
  }
}
