import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { ApiKey, Member, Role } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Menu } from '../../ui/Menu.tsx';
import page from '../Page.module.css';
import { KeyDialog } from '../settings/KeyDialog.tsx';
import { KeyRow } from '../settings/KeyRow.tsx';
import css from '../settings/Settings.module.css';
import { MemberPlanDialog } from './MemberPlanDialog.tsx';
import { RemoveDialog } from './RemoveDialog.tsx';

type ProgramCardProps = { program: Member; keys: readonly ApiKey[] };

/** A service account: what it may do, and the keys it does it by. */
export function ProgramCard({ program, keys }: ProgramCardProps) {
  const m = useMessages();
  const client = useQueryClient();
  const [asking, setAsking] = useState<'key' | 'plan' | 'remove' | null>(null);
  const change = useMutation({
    mutationFn: (body: { role?: Role; suspended?: boolean }) => people.changeMember(program.id, body),
    onSettled: () => client.invalidateQueries({ queryKey: queries.members.queryKey }),
  });
  const suspended = program.suspended_at !== null;
  return (
    <section className={page.rows} aria-label={program.name}>
      <div className={page.row}>
        <div className={page.rowText}>
          <div className={page.cardTitle}>
            {program.name}
            <span className={page.tag}>{m.settings.roles[program.role]}</span>
            {suspended ? <span className={page.busy}>{m.people.list.suspended}</span> : null}
          </div>
          <div className={page.facts}>
            {[
              program.login,
              ...(program.agents ? [m.people.list.agentCount(program.agents.length)] : []),
            ].join(' · ')}
          </div>
        </div>
        <div className={css.controls}>
          <Button
            size="s"
            icon={<Plus size={14} aria-hidden="true" />}
            disabled={suspended}
            onClick={() => setAsking('key')}
          >
            {m.people.keys.make}
          </Button>
          <Menu
            trigger={
              <IconButton label={m.people.list.more(program.name)}>
                <Ellipsis size={18} aria-hidden="true" />
              </IconButton>
            }
            items={[
              {
                type: 'item',
                key: 'plan',
                label: m.plan.admin.member.item,
                onSelect: () => setAsking('plan'),
              },
              {
                type: 'item',
                key: 'suspend',
                label: suspended ? m.people.list.restore : m.people.list.suspend,
                onSelect: () => change.mutate({ suspended: !suspended }),
              },
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
        </div>
        {change.error ? <ProblemNotice error={change.error} /> : null}
      </div>
      {keys.length === 0 ? (
        <div className={page.row}>
          <span className={page.facts}>{m.admin.programs.noKeys}</span>
        </div>
      ) : (
        <ul className={css.inner}>
          {keys.map((key) => (
            <KeyRow key={key.id} row={key} />
          ))}
        </ul>
      )}
      {asking === 'key' ? <KeyDialog account={program} onClose={() => setAsking(null)} /> : null}
      {asking === 'plan' ? <MemberPlanDialog member={program} onClose={() => setAsking(null)} /> : null}
      {asking === 'remove' ? <RemoveDialog member={program} onClose={() => setAsking(null)} /> : null}
    </section>
  );
}
