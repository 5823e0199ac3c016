import { Ellipsis, History, Pencil, SquarePen, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Agent, Thread } from '../../api/types.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { Avatar } from '../../ui/Avatar.tsx';
import { IconButton } from '../../ui/Button.tsx';
import { Menu } from '../../ui/Menu.tsx';
import css from './AgentHeader.module.css';
import { DeleteDialog, HistoryDialog, RenameDialog } from './ThreadDialogs.tsx';

type AgentHeaderProps = {
  agent: Agent;
  thread: Thread | null;
  modelName: string | null;
  /** Shows another thread in this window; null starts a new one. */
  onShow: (threadId: string | null) => void;
};

type Open = 'nothing' | 'rename' | 'history' | 'delete';

/** The top of an agent window: who, which thread, which model, and a menu. */
export function AgentHeader({ agent, thread, modelName, onShow }: AgentHeaderProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const [open, setOpen] = useState<Open>('nothing');
  const close = () => setOpen('nothing');

  const ofThread = thread
    ? [
        {
          type: 'item',
          key: 'rename',
          label: m.agent.rename,
          icon: <Pencil size={14} />,
          onSelect: () => setOpen('rename'),
        } as const,
        { type: 'line', key: 'line' } as const,
        {
          type: 'item',
          key: 'delete',
          label: m.agent.delete,
          icon: <Trash2 size={14} />,
          danger: true,
          onSelect: () => setOpen('delete'),
        } as const,
      ]
    : [];

  return (
    <header className={css.header}>
      <Avatar glyph={agent.glyph} color={agent.color} size={28} />
      <div className={css.names}>
        <h2 className={`${css.name} truncate`}>{localized(locale, agent.name)}</h2>
        {thread?.title ? <div className={`${css.title} truncate`}>{thread.title}</div> : null}
      </div>
      {modelName ? (
        <span className={`${css.pill} truncate`} title={m.agent.model(modelName)}>
          {modelName}
        </span>
      ) : null}
      {thread ? (
        <IconButton label={m.agent.newThread} onClick={() => onShow(null)}>
          <SquarePen size={16} aria-hidden="true" />
        </IconButton>
      ) : null}
      <Menu
        trigger={
          <IconButton label={m.agent.menu}>
            <Ellipsis size={16} aria-hidden="true" />
          </IconButton>
        }
        items={[
          {
            type: 'item',
            key: 'new',
            label: m.agent.newThread,
            icon: <SquarePen size={14} />,
            onSelect: () => onShow(null),
          },
          {
            type: 'item',
            key: 'history',
            label: m.agent.history,
            icon: <History size={14} />,
            onSelect: () => setOpen('history'),
          },
          ...ofThread,
        ]}
      />
      {open === 'rename' && thread ? <RenameDialog thread={thread} onClose={close} /> : null}
      {open === 'delete' && thread ? (
        <DeleteDialog
          thread={thread}
          onClose={close}
          onDeleted={() => {
            close();
            onShow(null);
          }}
        />
      ) : null}
      {open === 'history' ? (
        <HistoryDialog
          agent={agent}
          current={thread?.id ?? null}
          onClose={close}
          onChoose={(id) => {
            close();
            onShow(id);
          }}
        />
      ) : null}
    </header>
  );
}
