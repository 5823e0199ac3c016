import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { queries } from '../../api/queries.ts';
import type { Me } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import css from '../settings/Settings.module.css';
import { AdminTabs } from './AdminTabs.tsx';
import { Invitations } from './Invitations.tsx';
import { InviteDialog } from './InviteDialog.tsx';
import { JoinRequests } from './JoinRequests.tsx';
import { MemberRow } from './MemberRow.tsx';
import { SignUp } from './SignUp.tsx';

/** Who is in the workspace, who may come in, and what they may do. Programs have a page of their own. */
export default function PeoplePage({ me }: { me: Me }) {
  const m = useMessages();
  const members = useQuery(queries.members);
  const [inviting, setInviting] = useState(false);
  const persons = (members.data ?? []).filter(({ kind }) => kind === 'person');
  return (
    <div className={page.page}>
      <AdminTabs />
      <header className={css.head}>
        <div>
          <h1 className={page.title}>{m.people.list.title}</h1>
          <p className={page.lead}>{m.people.list.hint}</p>
        </div>
        <Button
          look="primary"
          icon={<UserPlus size={16} aria-hidden="true" />}
          onClick={() => setInviting(true)}
        >
          {m.people.invite.button}
        </Button>
      </header>
      <JoinRequests me={me} />
      {members.isPending ? <Skeleton label={m.common.loading} rows={3} height={64} /> : null}
      {members.error ? <ProblemNotice error={members.error} onRetry={() => void members.refetch()} /> : null}
      {members.data ? (
        <ul className={page.rows}>
          {persons.map((member) => (
            <MemberRow key={member.id} member={member} me={me} />
          ))}
        </ul>
      ) : null}
      <SignUp />
      <Invitations />
      {inviting ? <InviteDialog me={me} onClose={() => setInviting(false)} /> : null}
    </div>
  );
}
