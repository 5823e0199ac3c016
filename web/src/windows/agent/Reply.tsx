import { Check, Copy, RefreshCw } from 'lucide-react';
import { lazy, memo, Suspense, useState } from 'react';
import type { CallDecision, Message, Part, Run } from '../../api/types.ts';
import { isLive } from '../../api/types.ts';
import { textOf } from '../../core/fold.ts';
import { useMessages } from '../../i18n/index.tsx';
import type { LiveRun } from '../../runs/live.ts';
import { useLiveRun } from '../../runs/useLiveRun.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Branches } from './Branches.tsx';
import { copyText } from './copyText.ts';
import { Figures } from './Figures.tsx';
import css from './Message.module.css';
import { Outcome } from './Outcome.tsx';
import { Reasoning } from './Reasoning.tsx';
import { RouteNote } from './RouteNote.tsx';
import { StageLine } from './StageLine.tsx';
import { ToolCall } from './ToolCall.tsx';
import { type Decisions, useDecisions } from './useDecisions.ts';

const loadAnswer = () => import('./Answer.tsx');
const Answer = lazy(loadAnswer);
// On its way before the first answer is.
void loadAnswer();

type ReplyProps = {
  message: Message;
  run: Run | null;
  siblings: readonly string[];
  agentName: string;
  isLast: boolean;
  onChoose: (id: string) => void;
  /** Null while an answer is being written. */
  onAgain: (() => void) | null;
  onContinue: (() => void) | null;
  /** Goes on with what waits or was cut off; null where nothing can be asked. */
  onGoOn: ((decisions: CallDecision[]) => void) | null;
};

/** An agent's message: being written, or written. */
export const Reply = memo(function Reply(props: ReplyProps) {
  const { message, run, siblings, agentName, isLast, onChoose, onAgain, onContinue, onGoOn } = props;
  const m = useMessages();
  const live = useLiveRun(message.run_id);
  const parts = partsOnShow(message, run, live);
  const writing =
    run === null ? message.parts.length === 0 : isLive(run.state) && live?.fold.finished == null;
  const text = textOf(parts);
  const decisions = useDecisions(parts, isLast && !writing ? onGoOn : null);
  const cutOff = isLast && run?.state === 'interrupted' && parts.some(isOpen);

  return (
    <article className={css.reply} aria-label={agentName} aria-busy={writing}>
      {parts.map((part, at) => (
        <PartView
          key={at}
          part={part}
          writing={writing}
          streaming={writing && at === parts.length - 1}
          decisions={decisions}
        />
      ))}
      {writing ? <StageLine live={live} empty={parts.length === 0} /> : null}
      {!writing && run ? (
        <Outcome
          run={run}
          empty={text === ''}
          onAgain={onAgain}
          onContinue={isLast ? onContinue : null}
          onGoOn={cutOff && onGoOn ? () => onGoOn([]) : null}
        />
      ) : null}
      {writing ? null : (
        <footer className={[css.footer, isLast ? css.lastFooter : ''].join(' ')}>
          <div className={css.footerTools}>
            <Branches id={message.id} siblings={siblings} onChoose={onChoose} />
            {text === '' ? null : <CopyButton label={m.agent.copy} text={text} />}
            <IconButton size="s" label={m.agent.regenerate} disabled={!onAgain} onClick={() => onAgain?.()}>
              <RefreshCw size={14} aria-hidden="true" />
            </IconButton>
          </div>
          {run ? <Figures run={run} /> : null}
          {run?.route ? <RouteNote route={run.route} /> : null}
        </footer>
      )}
    </article>
  );
});

type PartViewProps = { part: Part; writing: boolean; streaming: boolean; decisions: Decisions | null };

function PartView({ part, writing, streaming, decisions }: PartViewProps) {
  switch (part.type) {
    case 'text':
      return (
        <Suspense fallback={<div className={css.plain}>{part.text}</div>}>
          <Answer text={part.text} streaming={streaming} />
        </Suspense>
      );
    case 'reasoning':
      return <Reasoning text={part.text} millis={part.millis} streaming={streaming} />;
    case 'tool': {
      const { call } = part;
      return (
        <ToolCall
          call={call}
          running={writing}
          chosen={decisions?.chosen(call.call_id) ?? null}
          onDecide={decisions && ((verdict) => decisions.decide(call.call_id, verdict))}
        />
      );
    }
    default:
      // A part of a newer server: shown as soon as this page is newer too.
      part satisfies never;
      return null;
  }
}

/** A call that a server's end cut off. */
const isOpen = (part: Part): boolean =>
  part.type === 'tool' && (part.call.state.is === 'waiting' || part.call.state.is === 'underway');

/** While a run is being followed its events are ahead of the stored message; afterwards they are the same. */
function partsOnShow(message: Message, run: Run | null, live: LiveRun | null): readonly Part[] {
  if (live && run && isLive(run.state)) return live.fold.parts;
  return message.parts.length > 0 ? message.parts : (live?.fold.parts ?? []);
}

function CopyButton({ label, text }: { label: string; text: string }) {
  const m = useMessages();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (!(await copyText(text))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <IconButton size="s" label={copied ? m.common.copied : label} onClick={() => void copy()}>
      {copied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
    </IconButton>
  );
}
