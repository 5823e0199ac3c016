import { X } from 'lucide-react';
import { useAgents } from '../api/queries.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { AGENT_DRAG_TYPE } from './drag.ts';
import css from './LanePanel.module.css';
import { windows } from './windows.ts';

/** The lane beside the windows: press a door to open it, or drag it to its place. */
export function LanePanel({ onClose }: { onClose: () => void }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { agents } = useAgents();
  return (
    <aside className={css.panel} aria-label={m.home.lane}>
      <div className={css.head}>
        <h2 className={css.title}>{m.home.lane}</h2>
        <IconButton size="s" label={m.common.close} onClick={onClose}>
          <X size={14} aria-hidden="true" />
        </IconButton>
      </div>
      <ul className={css.list}>
        {agents.map((agent) => (
          <li key={agent.id}>
            <button
              type="button"
              className={css.door}
              draggable
              onDragStart={(event) => {
                event.dataTransfer.setData(AGENT_DRAG_TYPE, agent.id);
                event.dataTransfer.effectAllowed = 'copyMove';
              }}
              onClick={() => windows.open(agent.id)}
            >
              <Avatar glyph={agent.glyph} color={agent.color} size={28} />
              <span className="truncate">{localized(locale, agent.name)}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className={css.hint}>{m.windows.dragHint}</p>
    </aside>
  );
}
