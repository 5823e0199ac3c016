import { Copy, Pencil } from 'lucide-react';
import { useState } from 'react';
import type { Message } from '../../api/types.ts';
import { textOf } from '../../core/fold.ts';
import { useMessages } from '../../i18n/index.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Branches } from './Branches.tsx';
import { copyText } from './copyText.ts';
import { isSendKey } from './keys.ts';
import css from './Message.module.css';

type UserMessageProps = {
  message: Message;
  siblings: readonly string[];
  onChoose: (id: string) => void;
  /** Null while an answer is being written. */
  onResend: ((text: string) => Promise<boolean>) | null;
};

export function UserMessage({ message, siblings, onChoose, onResend }: UserMessageProps) {
  const m = useMessages();
  const [draft, setDraft] = useState<string | null>(null);
  const text = textOf(message.parts);

  if (draft !== null) {
    const submit = async () => {
      if (draft.trim() === '' || !onResend) return;
      if (await onResend(draft.trim())) setDraft(null);
    };
    return (
      <article className={css.user} aria-label={m.agent.you}>
        <div className={css.editor}>
          <textarea
            // biome-ignore lint/a11y/noAutofocus: the member has just asked to edit
            autoFocus
            className={css.editArea}
            aria-label={m.agent.editLabel}
            value={draft}
            rows={Math.min(8, draft.split('\n').length + 1)}
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setDraft(null);
              if (isSendKey(event.nativeEvent)) {
                event.preventDefault();
                void submit();
              }
            }}
          />
          <div className={css.editButtons}>
            <Button size="s" look="quiet" onClick={() => setDraft(null)}>
              {m.common.cancel}
            </Button>
            <Button
              size="s"
              look="primary"
              disabled={!onResend || draft.trim() === ''}
              onClick={() => void submit()}
            >
              {m.agent.resend}
            </Button>
          </div>
        </div>
      </article>
    );
  }

  return (
    <article className={css.user} aria-label={m.agent.you}>
      <div className={css.said}>
        <div className={css.bubble}>{text}</div>
        <div className={css.tools}>
          <IconButton size="s" label={m.agent.copyAsk} onClick={() => void copyText(text)}>
            <Copy size={14} aria-hidden="true" />
          </IconButton>
          <IconButton size="s" label={m.agent.edit} disabled={!onResend} onClick={() => setDraft(text)}>
            <Pencil size={14} aria-hidden="true" />
          </IconButton>
        </div>
      </div>
      <Branches id={message.id} siblings={siblings} onChoose={onChoose} />
    </article>
  );
}
