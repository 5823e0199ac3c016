import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries, useAgents } from '../../api/queries.ts';
import type { Me, Role } from '../../api/types.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Select } from '../../ui/Select.tsx';
import css from './Settings.module.css';

/** Makes a link that lets somebody in. Guests are invited to agents. */
export function InviteDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const { agents } = useAgents();
  const [role, setRole] = useState<Role>('member');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const invite = useMutation({
    mutationFn: () =>
      people.invite({ id: uuidv7(), role, ...(role === 'guest' ? { agents: [...chosen] } : {}) }),
    onSuccess: () => client.invalidateQueries({ queryKey: queries.invitations.queryKey }),
  });
  const roles = (['owner', 'admin', 'member', 'guest'] as const)
    .filter((value) => value !== 'owner' || me.member.role === 'owner')
    .map((value) => ({ value, label: m.settings.roles[value] }));
  const toggle = (id: string, on: boolean) =>
    setChosen(on ? [...chosen, id] : chosen.filter((other) => other !== id));
  return (
    <Dialog
      title={m.people.invite.title}
      onClose={onClose}
      footer={
        invite.data ? (
          <Button onClick={onClose}>{m.common.close}</Button>
        ) : (
          <>
            <Button look="quiet" onClick={onClose}>
              {m.common.cancel}
            </Button>
            <Button look="primary" disabled={invite.isPending} onClick={() => invite.mutate()}>
              {m.people.invite.make}
            </Button>
          </>
        )
      }
    >
      {invite.data ? (
        <ShownOnce
          label={m.people.invite.link}
          text={`${location.origin}/join#token=${invite.data.token}`}
          hint={m.people.invite.once}
        />
      ) : (
        <div className={css.form}>
          <Select label={m.people.invite.role} value={role} options={roles} onChange={setRole} />
          {role === 'guest' ? (
            <fieldset>
              <legend>{m.people.invite.agents}</legend>
              <div className={css.checks}>
                {agents.map((agent) => (
                  <label key={agent.id} className={css.check}>
                    <input
                      type="checkbox"
                      checked={chosen.includes(agent.id)}
                      onChange={(event) => toggle(agent.id, event.target.checked)}
                    />
                    {localized(locale, agent.name)}
                  </label>
                ))}
              </div>
            </fieldset>
          ) : null}
          {invite.error ? <ProblemNotice error={invite.error} /> : null}
        </div>
      )}
    </Dialog>
  );
}
