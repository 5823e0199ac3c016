import { useAgents } from '../../api/queries.ts';
import type { Me, Role } from '../../api/types.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { Checks } from '../../ui/Checks.tsx';
import { Select } from '../../ui/Select.tsx';

export type RoleWish = { role: Role; agents: readonly string[] };

/** As the API wants it: agents are for guests. */
export const roleBody = ({ role, agents }: RoleWish): { role: Role; agents?: string[] } =>
  role === 'guest' ? { role, agents: [...agents] } : { role };

type RoleChoiceProps = {
  label: string;
  value: RoleWish;
  onChange: (value: RoleWish) => void;
  me: Me;
  /** Programs own nothing. */
  forProgram?: boolean;
};

/** What somebody may do, and of a guest, with whom. */
export function RoleChoice({ label, value, onChange, me, forProgram = false }: RoleChoiceProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { agents } = useAgents();
  const roles = (['owner', 'admin', 'member', 'guest'] as const)
    .filter((role) => role !== 'owner' || (me.member.role === 'owner' && !forProgram))
    .map((role) => ({ value: role, label: m.settings.roles[role] }));
  return (
    <>
      <Select
        label={label}
        value={value.role}
        options={roles}
        hint={m.admin.mayDo[value.role]}
        onChange={(role) => onChange({ ...value, role })}
      />
      {value.role === 'guest' ? (
        <Checks
          legend={m.people.invite.agents}
          options={agents.map((agent) => ({ value: agent.id, label: localized(locale, agent.name) }))}
          chosen={value.agents}
          onChange={(chosen) => onChange({ ...value, agents: chosen })}
        />
      ) : null}
    </>
  );
}
