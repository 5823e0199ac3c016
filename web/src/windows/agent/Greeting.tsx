import { CornerDownLeft } from 'lucide-react';
import type { Agent } from '../../api/types.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { Avatar } from '../../ui/Avatar.tsx';
import { Notice } from '../../ui/Notice.tsx';
import css from './Greeting.module.css';

type GreetingProps = { agent: Agent; onOpening: ((text: string) => void) | null };

/** An empty thread: who is behind this door, what it cannot do yet, and ways to begin. */
export function Greeting({ agent, onOpening }: GreetingProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const openings = localized(locale, agent.openings);
  return (
    <div className={css.scroller}>
      <div className={css.greeting}>
        <Avatar glyph={agent.glyph} color={agent.color} size={48} />
        <h2 className={css.name}>{localized(locale, agent.name)}</h2>
        <p className={css.text}>{localized(locale, agent.greeting)}</p>
        {agent.not_yet ? (
          <div className={css.notYet}>
            <Notice tone="quiet" title={m.agent.notYet}>
              {localized(locale, agent.not_yet)}
            </Notice>
          </div>
        ) : null}
        {openings.length > 0 ? (
          <ul className={css.openings} aria-label={m.agent.openings}>
            {openings.map((opening) => (
              <li key={opening}>
                <button
                  type="button"
                  className={css.opening}
                  disabled={!onOpening}
                  onClick={() => onOpening?.(opening)}
                >
                  <span>{opening}</span>
                  <CornerDownLeft size={14} aria-hidden="true" />
                </button>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </div>
  );
}
