import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { queries } from '../../api/queries.ts';
import type { Me } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { SettingsTabs } from '../Tabs.tsx';
import { KeyDialog } from './KeyDialog.tsx';
import { KeyRow } from './KeyRow.tsx';
import css from './Settings.module.css';

/** What programs sign in with. */
export default function KeysPage({ me }: { me: Me }) {
  const m = useMessages();
  const keys = useQuery(queries.keys);
  const [making, setMaking] = useState(false);
  // The newest first; those that open nothing are of no use to anybody here.
  const own = (keys.data ?? []).filter((key) => key.member_id === me.member.id && key.revoked_at === null);
  return (
    <div className={page.page}>
      <SettingsTabs />
      <header className={css.head}>
        <div>
          <h1 className={page.title}>{m.people.keys.title}</h1>
          <p className={page.lead}>{m.people.keys.hint}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
          {m.people.keys.make}
        </Button>
      </header>
      {keys.isPending ? <Skeleton label={m.common.loading} rows={2} height={64} /> : null}
      {keys.error ? <ProblemNotice error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.data && own.length === 0 ? (
        <Empty icon={<KeyRound size={28} aria-hidden="true" />} title={m.people.keys.empty}>
          {m.people.keys.emptyHint}
        </Empty>
      ) : null}
      {own.length > 0 ? (
        <ul className={page.rows}>
          {own.toReversed().map((key) => (
            <KeyRow key={key.id} row={key} />
          ))}
        </ul>
      ) : null}
      {making ? <KeyDialog onClose={() => setMaking(false)} /> : null}
    </div>
  );
}
