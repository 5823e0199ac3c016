import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { queries } from '../../api/queries.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { ProviderDialog } from './ProviderDialog.tsx';
import { ProviderRow } from './ProviderRow.tsx';
import css from './Providers.module.css';

/** Which providers are asked, with which keys: for whoever runs the workspace. */
export function ProviderDesk() {
  const m = useMessages();
  const said = m.providers;
  const known = useQuery(queries.providers);
  const [adding, setAdding] = useState(false);
  const all = known.data ?? [];
  const set = all.filter(({ state }) => state !== 'absent');
  return (
    <section className={css.section} aria-labelledby="provider-desk">
      <div className={css.head}>
        <div>
          <h2 id="provider-desk" className={page.subtitle}>
            {said.title}
          </h2>
          <p className={page.lead}>{known.data && set.length === 0 ? said.none : said.hint}</p>
        </div>
        <Button
          icon={<Plus size={16} aria-hidden="true" />}
          disabled={all.length === 0}
          onClick={() => setAdding(true)}
        >
          {said.add}
        </Button>
      </div>
      {known.isPending ? <Skeleton label={m.common.loading} rows={2} height={64} /> : null}
      {known.error ? <ProblemNotice error={known.error} onRetry={() => void known.refetch()} /> : null}
      {set.length > 0 ? (
        <ul className={page.rows}>
          {set.map((provider) => (
            <ProviderRow key={provider.id} provider={provider} />
          ))}
        </ul>
      ) : null}
      {adding ? <ProviderDialog all={all} onClose={() => setAdding(false)} /> : null}
    </section>
  );
}
