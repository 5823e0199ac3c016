import { useMessages } from '../i18n/index.tsx';
import css from './Alone.module.css';

/** Where the first run stands: 0 language, 1 account, 2 model. */
export function Steps({ at }: { at: 0 | 1 | 2 }) {
  const m = useMessages();
  return (
    <ol className={css.steps} aria-label={m.setUp.step(at + 1, m.setUp.steps.length)}>
      {m.setUp.steps.map((name, index) => (
        <li
          key={name}
          className={css.step}
          data-done={index < at ? '' : undefined}
          data-now={index === at ? '' : undefined}
          aria-current={index === at ? 'step' : undefined}
        >
          {name}
        </li>
      ))}
    </ol>
  );
}
