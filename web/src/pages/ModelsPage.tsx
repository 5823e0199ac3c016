import { useQuery } from '@tanstack/react-query';
import { Box } from 'lucide-react';
import { queries } from '../api/queries.ts';
import { useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { MemoryBar } from './models/MemoryBar.tsx';
import { ModelCard } from './models/ModelCard.tsx';
import { Providers } from './models/Providers.tsx';
import { reclaimable } from './models/room.ts';
import css from './Page.module.css';

export default function ModelsPage() {
  const m = useMessages();
  const models = useQuery(queries.models);
  const items = models.data?.items ?? [];
  const free = models.data?.free_bytes ?? null;
  return (
    <div className={css.page}>
      <header>
        <h1 className={css.title}>{m.models.title}</h1>
        <p className={css.lead}>{m.models.hint}</p>
      </header>
      {models.isPending ? <Skeleton label={m.common.loading} rows={3} height={72} /> : null}
      {models.error ? <ProblemNotice error={models.error} onRetry={() => void models.refetch()} /> : null}
      {items.length > 0 ? <MemoryBar models={items} free={free} /> : null}
      {models.data && items.length === 0 ? (
        <Empty icon={<Box size={28} aria-hidden="true" />} title={m.models.empty}>
          {m.models.emptyHint}
        </Empty>
      ) : null}
      <ul className={css.cards}>
        {items.map((model) => (
          <li key={model.id}>
            <ModelCard model={model} room={{ free, reclaimable: reclaimable(items, model.id) }} />
          </li>
        ))}
      </ul>
      {models.data ? <Providers models={models.data.remote} /> : null}
    </div>
  );
}
