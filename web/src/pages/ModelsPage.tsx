import { useQuery } from '@tanstack/react-query';
import { Box } from 'lucide-react';
import { queries } from '../api/queries.ts';
import type { Model } from '../api/types.ts';
import { bytes, count } from '../core/format.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Pull } from '../shared/Pull.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import css from './Page.module.css';

export default function ModelsPage() {
  const m = useMessages();
  const models = useQuery(queries.models);
  return (
    <div className={css.page}>
      <header>
        <h1 className={css.title}>{m.models.title}</h1>
        <p className={css.lead}>{m.models.hint}</p>
      </header>
      {models.isPending ? <Skeleton label={m.common.loading} rows={3} height={72} /> : null}
      {models.error ? <ProblemNotice error={models.error} onRetry={() => void models.refetch()} /> : null}
      {models.data?.length === 0 ? (
        <Empty icon={<Box size={28} aria-hidden="true" />} title={m.models.empty}>
          {m.models.emptyHint}
        </Empty>
      ) : null}
      <ul className={css.cards}>
        {models.data?.map((model) => (
          <li key={model.id}>
            <ModelCard model={model} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function ModelCard({ model }: { model: Model }) {
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
          </h2>
          <p className={css.facts}>{facts.join(' · ')}</p>
        </div>
        {model.state.type === 'installed' ? (
          <span className={css.good}>{model.loaded ? m.models.loaded : m.models.installed}</span>
        ) : null}
      </div>
      <Pull model={model} />
    </article>
  );
}
