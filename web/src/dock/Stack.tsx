import { Plus, X } from 'lucide-react';
import { useEffect } from 'react';
import { useMessages } from '../i18n/index.tsx';
import { IconButton } from '../ui/Button.tsx';
import css from './Stack.module.css';
import { WindowTitle } from './WindowTitle.tsx';
import { WindowView } from './WindowView.tsx';
import { useWindows, windows } from './windows.ts';

type StackProps = { shown: boolean; onAdd: () => void };

/** On a phone: one window at a time, with a switcher above it. */
export function Stack({ shown, onAdd }: StackProps) {
  const m = useMessages();
  const state = useWindows();
  const active = state.windows.find((window) => window.id === state.active) ?? state.windows[0];
  const activeId = active?.id ?? null;

  // A window nobody can see collects unread marks.
  useEffect(() => {
    windows.setVisible(shown && activeId ? [activeId] : []);
    return () => windows.setVisible([]);
  }, [shown, activeId]);

  if (!active) return null;
  return (
    <div className={css.stack}>
      <nav className={css.switcher} aria-label={m.windows.switcher}>
        <ul className={css.tabs}>
          {state.windows.map((window) => (
            <li key={window.id} className={css.tab} data-active={window.id === active.id ? '' : undefined}>
              <button
                type="button"
                className={css.name}
                aria-current={window.id === active.id ? 'true' : undefined}
                onClick={() => windows.activate(window.id)}
              >
                <WindowTitle id={window.id} />
              </button>
              {window.id === active.id ? (
                <IconButton size="s" label={m.windows.dock.close} onClick={() => windows.close(window.id)}>
                  <X size={14} aria-hidden="true" />
                </IconButton>
              ) : null}
            </li>
          ))}
        </ul>
        <IconButton label={m.windows.add} onClick={onAdd}>
          <Plus size={16} aria-hidden="true" />
        </IconButton>
      </nav>
      <div className={css.window}>
        <WindowView key={active.id} id={active.id} />
      </div>
    </div>
  );
}
