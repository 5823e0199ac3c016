import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Plus, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Group, Member } from '../../api/types.ts';
import { count } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import css from '../settings/Settings.module.css';
import { AdminTabs } from './AdminTabs.tsx';
import { GroupDialog } from './GroupDialog.tsx';

/** Members under a name, for invitations and budgets. */
export default function GroupsPage() {
  const m = useMessages();
  const groups = useQuery(queries.groups);
  const members = useQuery(queries.members);
  const [making, setMaking] = useState(false);
  const error = groups.error ?? members.error;
  return (
    <div className={page.page}>
      <AdminTabs />
      <header className={css.head}>
        <div>
          <h1 className={page.title}>{m.admin.groups.title}</h1>
          <p className={page.lead}>{m.admin.groups.hint}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
          {m.admin.groups.make}
        </Button>
      </header>
      {groups.isPending ? <Skeleton label={m.common.loading} rows={2} height={64} /> : null}
      {error ? (
        <ProblemNotice
          error={error}
          onRetry={() => {
            void groups.refetch();
            void members.refetch();
          }}
        />
      ) : null}
      {groups.data?.length === 0 ? (
        <Empty icon={<UsersRound size={28} aria-hidden="true" />} title={m.admin.groups.empty}>
          {m.admin.groups.emptyHint}
        </Empty>
      ) : null}
      {groups.data && groups.data.length > 0 ? (
        <ul className={page.rows}>
          {groups.data.map((group) => (
            <GroupRow key={group.id} group={group} members={members.data ?? []} />
          ))}
        </ul>
      ) : null}
      {making ? (
        <GroupDialog group={null} members={members.data ?? []} onClose={() => setMaking(false)} />
      ) : null}
    </div>
  );
}

function GroupRow({ group, members }: { group: Group; members: readonly Member[] }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const [asking, setAsking] = useState<'edit' | 'remove' | null>(null);
  const remove = useMutation({
    mutationFn: () => people.removeGroup(group.id),
    onSuccess: () => setAsking(null),
    onSettled: () =>
      Promise.all(
        [queries.groups, queries.members].map(({ queryKey }) =>
          client.invalidateQueries({ queryKey: [...queryKey] }),
        ),
      ),
  });
  const names = group.member_ids.flatMap((id) => members.find((member) => member.id === id)?.name ?? []);
  return (
    <li className={page.row}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {group.name}
          <span className={page.tag}>{m.admin.groups.count(count(locale, group.member_ids.length))}</span>
        </div>
        <div className={page.facts}>
          {names.length === 0 ? m.admin.groups.nobody : names.join(m.admin.groups.and)}
        </div>
      </div>
      <div className={css.controls}>
        <Button size="s" onClick={() => setAsking('edit')}>
          {m.admin.groups.edit}
        </Button>
        <Menu
          trigger={
            <IconButton label={m.people.list.more(group.name)}>
              <Ellipsis size={18} aria-hidden="true" />
            </IconButton>
          }
          items={[
            {
              type: 'item',
              key: 'remove',
              label: m.admin.groups.remove,
              danger: true,
              onSelect: () => setAsking('remove'),
            },
          ]}
        />
      </div>
      {asking === 'edit' ? (
        <GroupDialog group={group} members={members} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'remove' ? (
        <Dialog
          title={m.admin.groups.removeTitle(group.name)}
          onClose={() => setAsking(null)}
          footer={
            <>
              <Button look="quiet" onClick={() => setAsking(null)}>
                {m.common.cancel}
              </Button>
              <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
                {m.admin.groups.remove}
              </Button>
            </>
          }
        >
          <p className={page.facts}>{m.admin.groups.removeHint}</p>
          {remove.error ? <ProblemNotice error={remove.error} /> : null}
        </Dialog>
      ) : null}
    </li>
  );
}
