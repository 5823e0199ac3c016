import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Me, Member, Role, SignUpPolicy } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Select } from '../../ui/Select.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { Invitations } from './Invitations.tsx';
import { InviteDialog } from './InviteDialog.tsx';
import css from './Settings.module.css';
import { Tabs } from './Tabs.tsx';

/** Who is in the workspace, who may come in, and what they may do. */
export default function PeoplePage({ me }: { me: Me }) {
  const m = useMessages();
  const members = useQuery(queries.members);
  const [inviting, setInviting] = useState(false);
  return (
    <div className={page.page}>
      <Tabs me={me} />
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
      {members.isPending ? <Skeleton label={m.common.loading} rows={3} height={64} /> : null}
      {members.error ? <ProblemNotice error={members.error} onRetry={() => void members.refetch()} /> : null}
      {members.data ? (
        <ul className={page.rows}>
          {members.data.map((member) => (
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

function MemberRow({ member, me }: { member: Member; me: Me }) {
  const m = useMessages();
  const client = useQueryClient();
  const [asking, setAsking] = useState<'remove' | null>(null);
  const settled = () => client.invalidateQueries({ queryKey: queries.members.queryKey });
  const change = useMutation({
    mutationFn: (body: { role?: Role; suspended?: boolean }) => people.changeMember(member.id, body),
    onSettled: settled,
  });
  const remove = useMutation({ mutationFn: () => people.removeMember(member.id), onSettled: settled });
  const recover = useMutation({ mutationFn: () => people.recoveryLink(member.id) });
  const isMe = member.id === me.member.id;
  const mayChange = me.member.role === 'owner' || member.role !== 'owner';
  const roles = (['owner', 'admin', 'member', 'guest'] as const)
    .filter((role) => role !== 'owner' || (me.member.role === 'owner' && member.kind === 'person'))
    .map((role) => ({ value: role, label: m.settings.roles[role] }));
  const suspended = member.suspended_at !== null;
  const error = change.error ?? remove.error ?? recover.error;
  return (
    <li className={page.row}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {member.name}
          {isMe ? <span className={page.tag}>{m.people.list.you}</span> : null}
          {member.kind === 'service' ? <span className={page.tag}>{m.people.list.service}</span> : null}
          {member.second_factor ? <span className={page.good}>{m.people.list.second}</span> : null}
          {suspended ? <span className={page.busy}>{m.people.list.suspended}</span> : null}
        </div>
        <div className={page.facts}>
          {[member.login, ...(mayChange ? [] : [m.settings.roles[member.role]])].join(' · ')}
        </div>
      </div>
      {mayChange ? (
        <div className={css.buttons}>
          <Select
            quiet
            label={m.people.list.role(member.name)}
            value={member.role}
            options={roles}
            disabled={change.isPending}
            onChange={(role) => change.mutate({ role })}
          />
          {isMe ? null : (
            <Menu
              trigger={
                <IconButton label={m.people.list.more(member.name)}>
                  <Ellipsis size={18} aria-hidden="true" />
                </IconButton>
              }
              items={[
                {
                  type: 'item',
                  key: 'suspend',
                  label: suspended ? m.people.list.restore : m.people.list.suspend,
                  onSelect: () => change.mutate({ suspended: !suspended }),
                },
                ...(member.kind === 'person' && !suspended
                  ? [
                      {
                        type: 'item' as const,
                        key: 'recover',
                        label: m.people.list.recover,
                        onSelect: () => recover.mutate(),
                      },
                    ]
                  : []),
                { type: 'line', key: 'line' },
                {
                  type: 'item',
                  key: 'remove',
                  label: m.people.list.remove,
                  danger: true,
                  onSelect: () => setAsking('remove'),
                },
              ]}
            />
          )}
        </div>
      ) : null}
      {error ? <ProblemNotice error={error} /> : null}
      {recover.data ? (
        <Dialog
          title={m.people.list.recover}
          onClose={() => recover.reset()}
          footer={<Button onClick={() => recover.reset()}>{m.common.close}</Button>}
        >
          <ShownOnce
            label={m.people.invite.link}
            text={`${location.origin}/recover#token=${recover.data.token}`}
            hint={m.people.invite.recoverOnce}
          />
        </Dialog>
      ) : null}
      {asking === 'remove' ? (
        <Dialog
          title={m.people.list.removeTitle(member.name)}
          onClose={() => setAsking(null)}
          footer={
            <>
              <Button look="quiet" onClick={() => setAsking(null)}>
                {m.common.cancel}
              </Button>
              <Button
                look="danger"
                onClick={() => {
                  setAsking(null);
                  remove.mutate();
                }}
              >
                {m.people.list.remove}
              </Button>
            </>
          }
        >
          <p className={page.lead}>{m.people.list.removeHint}</p>
        </Dialog>
      ) : null}
    </li>
  );
}

function SignUp() {
  const m = useMessages();
  const client = useQueryClient();
  const { queryKey } = queries.signUp;
  const signUp = useQuery(queries.signUp);
  const set = useMutation({
    mutationFn: people.setSignUp,
    onSuccess: (policy) => client.setQueryData(queryKey, policy),
  });
  const options: readonly { value: SignUpPolicy; label: string }[] = (
    ['closed', 'invite', 'open'] as const
  ).map((value) => ({ value, label: m.people.signUp[value] }));
  if (!signUp.data) return null;
  return (
    <div className={page.rows}>
      <div className={page.row}>
        <div className={page.rowTitle}>{m.people.signUp.title}</div>
        <Segmented
          legend={m.people.signUp.title}
          value={set.isPending ? set.variables : signUp.data.policy}
          options={options}
          onChange={(policy) => set.mutate(policy)}
        />
        {set.error ? <ProblemNotice error={set.error} /> : null}
      </div>
    </div>
  );
}
