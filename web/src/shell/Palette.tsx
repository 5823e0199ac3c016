import { CornerDownLeft, Search } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { useMessages } from '../i18n/index.tsx';
import css from './Palette.module.css';
import { type Entry, usePaletteEntries } from './usePaletteEntries.tsx';

/** Ctrl-K: ask, open an agent, find a thread, run a command. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const m = useMessages();
  const listId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const groups = usePaletteEntries(text);
  const flat = groups.flatMap((group) => group.entries);
  const current = flat[Math.min(at, flat.length - 1)];

  // The DOM has no attribute for "modal": opening is a call.
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);

  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const move = (by: number) => {
    const next = (Math.min(at, flat.length - 1) + by + flat.length) % Math.max(1, flat.length);
    setAt(next);
    const entry = flat[next];
    if (entry) document.getElementById(`${listId}-${entry.key}`)?.scrollIntoView({ block: 'nearest' });
  };

  return (
    <dialog
      ref={dialog}
      className={css.dialog}
      aria-label={m.palette.label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={css.panel}>
        <div className={css.search}>
          <Search size={18} aria-hidden="true" />
          <input
            autoFocus
            className={css.input}
            role="combobox"
            aria-label={m.palette.label}
            aria-expanded={flat.length > 0}
            aria-controls={listId}
            aria-activedescendant={current ? `${listId}-${current.key}` : undefined}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            placeholder={m.palette.placeholder}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setAt(0);
            }}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing || event.keyCode === 229) return;
              if (event.key === 'ArrowDown') move(1);
              else if (event.key === 'ArrowUp') move(-1);
              else if (event.key === 'Enter') run(current);
              else return;
              event.preventDefault();
            }}
          />
        </div>
        <div id={listId} role="listbox" aria-label={m.palette.label} className={css.list}>
          {groups.map((group) => (
            // biome-ignore lint/a11y/useSemanticElements: options of a listbox are grouped by role
            <div key={group.key} role="group" aria-label={group.title}>
              <div className={css.group} aria-hidden="true">
                {group.title}
              </div>
              {group.entries.map((entry) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox handles the keys
                <div
                  key={entry.key}
                  id={`${listId}-${entry.key}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={entry === current}
                  className={css.option}
                  onClick={() => run(entry)}
                  onPointerMove={() => setAt(flat.indexOf(entry))}
                >
                  <span className={css.icon}>{entry.icon}</span>
                  <span className="truncate">{entry.label}</span>
                  {entry.note ? <span className={`${css.note} truncate`}>{entry.note}</span> : null}
                </div>
              ))}
            </div>
          ))}
        </div>
        <div className={css.hints} aria-hidden="true">
          <span>
            <kbd>↑</kbd> <kbd>↓</kbd> {m.palette.hintMove}
          </span>
          <span>
            <kbd>
              <CornerDownLeft size={11} />
            </kbd>{' '}
            {m.palette.hintOpen}
          </span>
        </div>
        <div className="visually-hidden" role="status">
          {m.palette.results(flat.length)}
        </div>
      </div>
    </dialog>
  );
}
