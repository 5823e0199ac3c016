import { useQuery } from '@tanstack/react-query';
import { Bot, Plus } from 'lucide-react';
import { useState } from 'react';
import { queries } from '../../api/queries.ts';
import type { Me } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import css from '../settings/Settings.module.css';
import { AdminTabs } from './AdminTabs.tsx';
import { ProgramCard } from './ProgramCard.tsx';
import { ProgramDialog } from './ProgramDialog.tsx';

/** Members that are programs, with their keys. */
export default function ProgramsPage({ me }: { me: Me }) {
  const m = useMessages();
  const members = useQuery(queries.members);
  const keys = useQuery(queries.keys);
  const [making, setMaking] = useState(false);
  const programs = (members.data ?? []).filter(({ kind }) => kind === 'service');
  const error = members.error ?? keys.error;
  const isPending = members.isPending || keys.isPending;
  return (
    <div className={page.page}>
      <AdminTabs />
      <header className={css.head}>
        <div>
          <h1 className={page.title}>{m.admin.programs.title}</h1>
          <p className={page.lead}>{m.admin.programs.hint}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
          {m.admin.programs.make}
        </Button>
      </header>
      {isPending && !error ? <Skeleton label={m.common.loading} rows={2} height={120} /> : null}
      {error ? (
        <ProblemNotice
          error={error}
          onRetry={() => {
            void members.refetch();
            void keys.refetch();
          }}
        />
      ) : null}
      {!isPending && !error && programs.length === 0 ? (
        <Empty icon={<Bot size={28} aria-hidden="true" />} title={m.admin.programs.empty}>
          {m.admin.programs.emptyHint}
        </Empty>
      ) : null}
      {keys.data
        ? programs.map((program) => (
            <ProgramCard
              key={program.id}
              program={program}
              keys={keys.data.filter((key) => key.member_id === program.id && key.revoked_at === null)}
            />
          ))
        : null}
      {making ? <ProgramDialog me={me} onClose={() => setMaking(false)} /> : null}
    </div>
  );
}
