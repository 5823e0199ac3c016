import { Search } from 'lucide-react';
import { useMessages } from '../i18n/index.tsx';
import css from './TopBar.module.css';

const isMac = /Mac|iP(hone|ad|od)/.test(navigator.userAgent);

/** The one ask box, on every page. */
export function TopBar({ onAsk }: { onAsk: () => void }) {
  const m = useMessages();
  return (
    <header className={css.bar}>
      <button
        type="button"
        className={css.box}
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={onAsk}
      >
        <Search size={16} aria-hidden="true" />
        <span className={`${css.words} truncate`}>{m.palette.placeholder}</span>
        <kbd className={css.kbd}>{isMac ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
    </header>
  );
}
