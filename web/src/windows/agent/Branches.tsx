import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useMessages } from '../../i18n/index.tsx';
import { IconButton } from '../../ui/Button.tsx';
import css from './Message.module.css';

type BranchesProps = { id: string; siblings: readonly string[]; onChoose: (id: string) => void };

/** ‹ 2 / 3 ›: the versions of a message. Nothing while there is only one. */
export function Branches({ id, siblings, onChoose }: BranchesProps) {
  const m = useMessages();
  const at = siblings.indexOf(id);
  const step = (by: number) => {
    const next = siblings[at + by];
    if (next) onChoose(next);
  };
  if (siblings.length < 2) return null;
  return (
    <span className={css.branches}>
      <IconButton size="s" label={m.agent.previous} disabled={at <= 0} onClick={() => step(-1)}>
        <ChevronLeft size={14} aria-hidden="true" />
      </IconButton>
      <span className={css.branchCount} role="img" aria-label={m.agent.branch(at + 1, siblings.length)}>
        {at + 1} / {siblings.length}
      </span>
      <IconButton size="s" label={m.agent.next} disabled={at >= siblings.length - 1} onClick={() => step(1)}>
        <ChevronRight size={14} aria-hidden="true" />
      </IconButton>
    </span>
  );
}
