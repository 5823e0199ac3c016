import type { Model } from '../../api/types.ts';
import { bytes, count } from '../../core/format.ts';
import { never } from '../../core/never.ts';
import { type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import { Pull } from '../../shared/Pull.tsx';
import css from '../Page.module.css';
import { Memory, type Room } from './Memory.tsx';

/** A model: what it is, whether it is on the disk, and how it stands with the memory. */
export function ModelCard({ model, room }: { model: Model; room: Room }) {
  const m = useMessages();
  const { locale } = useLocale();
  const facts = [
    model.parameters,
    model.quant,
    bytes(locale, model.bytes),
    m.models.context(count(locale, model.context_tokens)),
    model.licence,
  ];
  return (
    <article className={css.card} aria-label={model.name}>
      <div className={css.cardHead}>
        <div className={css.cardText}>
          <h2 className={css.cardTitle}>
            {model.name}
            {model.default ? <span className={css.tag}>{m.models.default}</span> : null}
            {model.kind === 'chat' ? null : <span className={css.tag}>{m.models.kind[model.kind]}</span>}
          </h2>
          <p className={css.facts}>{facts.join(' · ')}</p>
        </div>
        <State model={model} m={m} />
      </div>
      <Pull model={model} />
      {model.state.type === 'installed' ? <Memory model={model} room={room} /> : null}
    </article>
  );
}

function State({ model: { state, residency }, m }: { model: Model; m: Messages }) {
  if (state.type !== 'installed') return null;
  switch (residency.type) {
    case 'ready':
      return <span className={css.good}>{m.models.loaded}</span>;
    case 'loading':
      return (
        <span className={css.busy} role="status">
          {m.models.loading}
        </span>
      );
    case 'unloading':
      return (
        <span className={css.tag} role="status">
          {m.models.unloading}
        </span>
      );
    case 'absent':
    case 'failed':
      return <span className={css.tag}>{m.models.installed}</span>;
    default:
      return never(residency);
  }
}
