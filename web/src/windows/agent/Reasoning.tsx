import { ChevronRight } from 'lucide-react';
import { seconds } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import css from './Reasoning.module.css';

type ReasoningProps = { text: string; millis: number | null; streaming: boolean };

/** What a model thought first, folded; its time stands on the fold. */
export function Reasoning({ text, millis, streaming }: ReasoningProps) {
  const m = useMessages();
  const { locale } = useLocale();
  return (
    <details className={css.fold}>
      <summary className={css.summary}>
        <ChevronRight size={14} aria-hidden="true" className={css.chevron} />
        <span className={streaming && millis === null ? css.live : ''}>
          {millis === null ? m.agent.thinking : m.agent.thought(seconds(locale, millis))}
        </span>
      </summary>
      <div className={css.text}>{text}</div>
    </details>
  );
}
