import type { Model } from '../../api/types.ts';
import { bytes, percent } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import css from './MemoryBar.module.css';
import { shares } from './room.ts';

type MemoryBarProps = {
  models: readonly Model[];
  /** Bytes; null when the system does not say. */
  free: number | null;
};

/** What models hold of the memory they can have, one piece for each. */
export function MemoryBar({ models, free }: MemoryBarProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const parts = shares(models);
  const inMemory = parts.filter(({ kind }) => kind === 'ready');
  const held = inMemory.reduce((sum, part) => sum + part.bytes, 0);
  const all = parts.reduce((sum, part) => sum + part.bytes, 0);
  const said = m.models.memory.held(inMemory.length, bytes(locale, held));
  const coming = all > held ? ` · ${m.models.memory.coming(bytes(locale, all - held))}` : '';
  // What is being loaded is taken out of what is free bit by bit.
  const whole = Math.max(held + (free ?? 0), all);
  return (
    <section className={css.memory} aria-label={m.models.memory.label}>
      {free === null ? null : (
        <div className={css.bar} aria-hidden="true">
          {parts.map(({ id, name, bytes: size, kind }) => (
            <div
              key={id}
              className={[css.part, css[kind]].join(' ')}
              style={{ width: `${percent(size, whole)}%` }}
              title={`${name} · ${bytes(locale, size)}`}
            />
          ))}
        </div>
      )}
      <div className={css.legend}>
        <span>{`${said}${coming}`}</span>
        {free === null ? null : <span>{m.models.memory.free(bytes(locale, free))}</span>}
      </div>
    </section>
  );
}
