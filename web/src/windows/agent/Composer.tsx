import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { readDraft, writeDraft } from '../../core/drafts.ts';
import { useMessages } from '../../i18n/index.tsx';
import { IconButton } from '../../ui/Button.tsx';
import css from './Composer.module.css';
import { isSendKey } from './keys.ts';

type ComposerProps = {
  threadId: string;
  agentName: string;
  /** True while an answer is being written. */
  busy: boolean;
  /** Why nothing can be sent now; null when it can. */
  blocked: string | null;
  onSend: (text: string) => Promise<boolean>;
  onStop: () => Promise<void>;
  note?: ReactNode;
  /** What else can be set for the next message: under the text. */
  tools?: ReactNode;
};

/** Where a message is written. The text is kept until the server has it. */
export function Composer({ threadId, agentName, busy, blocked, onSend, onStop, note, tools }: ComposerProps) {
  const m = useMessages();
  const [text, setText] = useState(() => readDraft(threadId));
  const [hint, setHint] = useState<string | null>(null);
  const [stopping, setStopping] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);

  const change = (next: string) => {
    setText(next);
    setHint(null);
    writeDraft(threadId, next);
  };

  // The height follows the text; only the browser knows how it wraps.
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew for each text
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  const send = async () => {
    const asked = text.trim();
    if (asked === '') return;
    if (blocked !== null) return setHint(blocked);
    if (busy) return setHint(m.agent.composer.busy);
    setText('');
    setHint(null);
    // The draft stays in storage until the server has it: a reload in between must not lose it.
    if (await onSend(asked)) {
      if (readDraft(threadId) === text) writeDraft(threadId, '');
      return;
    }
    setText((typed) => {
      const both = typed === '' ? text : `${text}\n${typed}`;
      writeDraft(threadId, both);
      return both;
    });
    area.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!isSendKey(event.nativeEvent)) return;
    event.preventDefault();
    void send();
  };

  const stop = async () => {
    setStopping(true);
    await onStop();
    setStopping(false);
    area.current?.focus();
  };

  return (
    <div className={css.composer}>
      {note}
      {hint ? (
        <p className={css.hint} role="status">
          {hint}
        </p>
      ) : null}
      <div className={css.box}>
        <textarea
          ref={area}
          className={css.area}
          rows={1}
          value={text}
          aria-label={m.agent.composer.label(agentName)}
          placeholder={m.agent.composer.placeholder(agentName)}
          title={m.agent.composer.hint}
          enterKeyHint="send"
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <div className={css.foot}>
          <div className={css.tools}>{tools}</div>
          {busy ? (
            <IconButton
              label={stopping ? m.agent.composer.stopping : m.agent.composer.stop}
              tone="ink"
              disabled={stopping}
              onClick={() => void stop()}
            >
              <Square size={12} fill="currentColor" aria-hidden="true" />
            </IconButton>
          ) : (
            <IconButton
              label={m.agent.composer.send}
              tone="door"
              disabled={text.trim() === '' || blocked !== null}
              onClick={() => void send()}
            >
              <ArrowUp size={18} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      </div>
    </div>
  );
}
