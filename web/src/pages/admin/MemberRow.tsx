import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Me, Member, Role } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Menu, type MenuItem } from '../../ui/Menu.tsx';
import { Select } from '../../ui/Select.tsx';
import page from '../Page.module.css';
import css from '../settings/Settings.module.css';
import { GuestDialog } from './GuestDialog.tsx';
import { MemberPlanDialog } from './MemberPlanDialog.tsx';
import { RemoveDialog } from './RemoveDialog.tsx';

/** A member, and what can be done about them. */
export function MemberRow({ member, me }: { member: Member; me: Me }) {
  const m = useMessages();
  const client = useQueryClient();
  const groups = useQuery(queries.groups);
  const [asking, setAsking] = useState<'remove' | 'agents' | 'plan' | null>(null);
  const change = useMutation({
    mutationFn: (body: { role?: Role; suspended?: boolean }) => people.changeMember(member.id, body),
    onSettled: () => client.invalidateQueries({ queryKey: queries.members.queryKey }),
  });
  const recover = useMutation({ mutationFn: () => people.recoveryLink(member.id) });
  const isMe = member.id === me.member.id;
  const mayChange = me.member.role === 'owner' || member.role !== 'owner';
  const roles = (['owner', 'admin', 'member', 'guest'] as const)
    .filter((role) => role !== 'owner' || me.member.role === 'owner')
    .map((role) => ({ value: role, label: m.settings.roles[role] }));
  const suspended = member.suspended_at !== null;
  const error = change.error ?? recover.error;
  const item = (key: string, label: string, onSelect: () => void, danger = false): MenuItem => ({
    type: 'item',
    key,
    label,
    danger,
    onSelect,
  });
  const plan = item('plan', m.plan.admin.member.item, () => setAsking('plan'));
  const others: MenuItem[] = [
    plan,
    ...(member.role === 'guest' ? [item('agents', m.people.list.agents, () => setAsking('agents'))] : []),
    ...(suspended ? [] : [item('recover', m.people.list.recover, () => recover.mutate())]),
    item('suspend', suspended ? m.people.list.restore : m.people.list.suspend, () =>
      change.mutate({ suspended: !suspended }),
    ),
    { type: 'line', key: 'line' },
    item('remove', m.people.list.remove, () => setAsking('remove'), true),
  ];
  // Nobody shuts themselves out.
  const items = isMe ? [plan] : others;
  const facts = [
    member.login,
    ...(mayChange ? [] : [m.settings.roles[member.role]]),
    ...(member.agents ? [m.people.list.agentCount(member.agents.length)] : []),
    ...member.group_ids.flatMap((id) => groups.data?.find((group) => group.id === id)?.name ?? []),
  ];
  return (
    <li className={page.row}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {member.name}
          {isMe ? <span className={page.tag}>{m.people.list.you}</span> : null}
          {member.second_factor ? <span className={page.good}>{m.people.list.second}</span> : null}
          {suspended ? <span className={page.busy}>{m.people.list.suspended}</span> : null}
        </div>
        <div className={page.facts}>{facts.join(' · ')}</div>
      </div>
      {mayChange ? (
        <div className={css.controls}>
          <Select
            quiet
            label={m.people.list.role(member.name)}
            value={member.role}
            options={roles}
            disabled={change.isPending}
            // Somebody becomes a guest of some agents, which are asked for first.
            onChange={(role) => (role === 'guest' ? setAsking('agents') : change.mutate({ role }))}
          />
          <Menu
            trigger={
              <IconButton label={m.people.list.more(member.name)}>
                <Ellipsis size={18} aria-hidden="true" />
              </IconButton>
            }
            items={items}
          />
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
      {asking === 'agents' ? <GuestDialog member={member} onClose={() => setAsking(null)} /> : null}
      {asking === 'plan' ? <MemberPlanDialog member={member} onClose={() => setAsking(null)} /> : null}
      {asking === 'remove' ? <RemoveDialog member={member} onClose={() => setAsking(null)} /> : null}
    </li>
  );
}
