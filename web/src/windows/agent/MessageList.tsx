import { ArrowDown } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { Virtualizer } from 'virtua';
import { useMessages } from '../../i18n/index.tsx';
import css from './MessageList.module.css';
import { useStickToEnd } from './useStickToEnd.ts';

type MessageListProps = {
  /** One keyed element per message, oldest first. */
  children: readonly ReactNode[];
  firstId: string | null;
  onNearStart: () => void;
  loadingOlder: boolean;
};

const NEAR_START_PX = 480;

/** The messages of a thread: only those in sight are in the document, and the end stays in sight while it grows. */
export function MessageList({ children, firstId, onNearStart, loadingOlder }: MessageListProps) {
  const m = useMessages();
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { away, toEnd, onScroll } = useStickToEnd(scroller, content);

  // Older messages put above must not move what is being read: the list keeps its distance to the end for that change.
  const [start, setStart] = useState({ firstId, count: children.length });
  const older = start.firstId !== null && start.firstId !== firstId && children.length > start.count;
  if (start.firstId !== firstId || start.count !== children.length) {
    setStart({ firstId, count: children.length });
  }
  const [shift, setShift] = useState(false);
  if (older && !shift) setShift(true);

  return (
    <div className={css.frame}>
      <section
        ref={scroller}
        className={css.scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller must be reachable by keyboard
        tabIndex={0}
        aria-label={m.agent.messages}
        onScroll={() => {
          onScroll();
          if ((scroller.current?.scrollTop ?? 0) < NEAR_START_PX) onNearStart();
        }}
      >
        <div ref={content} className={css.content}>
          {loadingOlder ? <div className={css.older}>{m.agent.older}</div> : null}
          <Virtualizer
            scrollRef={scroller}
            shift={shift}
            onScrollEnd={() => setShift(false)}
            bufferSize={600}
          >
            {children}
          </Virtualizer>
        </div>
      </section>
      {away ? (
        <button
          type="button"
          className={css.toEnd}
          aria-label={m.agent.toEnd}
          title={m.agent.toEnd}
          onClick={toEnd}
        >
          <ArrowDown size={16} aria-hidden="true" />
        </button>
      ) : null}
    </div>
  );
}
