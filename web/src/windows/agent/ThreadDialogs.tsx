import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { messagesKey, queries } from '../../api/queries.ts';
import type { Agent, Thread } from '../../api/types.ts';
import { ago } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import css from './ThreadDialogs.module.css';

type ThreadDialogProps = { thread: Thread; onClose: () => void };

export function RenameDialog({ thread, onClose }: ThreadDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  const [title, setTitle] = useState(thread.title ?? '');
  const rename = useMutation({
    mutationFn: () => api.changeThread(thread.id, { title: title.trim() }),
    onSuccess: (changed) => {
      client.setQueryData(queries.thread(thread.id).queryKey, changed);
      void client.invalidateQueries({ queryKey: ['threads'] });
      onClose();
    },
  });
  return (
    <Dialog title={m.agent.renameTitle} onClose={onClose}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim() !== '') rename.mutate();
        }}
      >
        <Field
          label={m.agent.renameLabel}
          value={title}
          maxLength={200}
          onChange={(event) => setTitle(event.target.value)}
        />
        {rename.error ? <ProblemNotice error={rename.error} /> : null}
        <div className={css.buttons}>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" type="submit" disabled={title.trim() === '' || rename.isPending}>
            {m.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function DeleteDialog({ thread, onClose, onDeleted }: ThreadDialogProps & { onDeleted: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.deleteThread(thread.id),
    onSuccess: () => {
      onDeleted();
      client.removeQueries({ queryKey: messagesKey(thread.id) });
      client.removeQueries({ queryKey: queries.thread(thread.id).queryKey });
      void client.invalidateQueries({ queryKey: ['threads'] });
    },
  });
  return (
    <Dialog
      title={m.agent.deleteTitle}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {m.common.delete}
          </Button>
        </>
      }
    >
      {thread.title ? <p className={css.quote}>{thread.title}</p> : null}
      <p className={css.text}>{m.agent.deleteHint}</p>
      {remove.error ? <ProblemNotice error={remove.error} /> : null}
    </Dialog>
  );
}

type HistoryDialogProps = {
  agent: Agent;
  current: string | null;
  onClose: () => void;
  onChoose: (threadId: string) => void;
};

export function HistoryDialog({ agent, current, onClose, onChoose }: HistoryDialogProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const threads = useQuery(queries.threadsOf(agent.id));
  return (
    <Dialog
      title={m.agent.history}
      onClose={onClose}
      footer={
        <Button look="quiet" onClick={onClose}>
          {m.common.close}
        </Button>
      }
    >
      {threads.isPending ? <Skeleton label={m.common.loading} rows={4} height={32} /> : null}
      {threads.error ? <ProblemNotice error={threads.error} onRetry={() => void threads.refetch()} /> : null}
      {threads.data?.length === 0 ? <p className={css.text}>{m.agent.historyEmpty}</p> : null}
      <ul className={css.history}>
        {threads.data?.map((thread) => (
          <li key={thread.id}>
            <button
              type="button"
              className={css.row}
              aria-current={thread.id === current ? 'true' : undefined}
              onClick={() => onChoose(thread.id)}
            >
              <span className="truncate">{thread.title ?? m.home.untitled}</span>
              <time dateTime={thread.updated_at} className={css.time}>
                {ago(locale, thread.updated_at)}
              </time>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
