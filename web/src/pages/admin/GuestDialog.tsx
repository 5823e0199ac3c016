import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries, useAgents } from '../../api/queries.ts';
import type { Member } from '../../api/types.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Checks } from '../../ui/Checks.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import css from '../settings/Settings.module.css';

/** Whom a guest may talk to; whoever is none yet becomes one. */
export function GuestDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const { agents } = useAgents();
  const [chosen, setChosen] = useState<readonly string[]>(member.agents ?? []);
  const save = useMutation({
    mutationFn: () => people.changeMember(member.id, { role: 'guest', agents: [...chosen] }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: queries.members.queryKey }),
  });
  return (
    <Dialog
      title={m.people.list.agentsTitle(member.name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" disabled={save.isPending} onClick={() => save.mutate()}>
            {m.common.save}
          </Button>
        </>
      }
    >
      <div className={css.form}>
        <Checks
          legend={m.people.invite.agents}
          options={agents.map((agent) => ({ value: agent.id, label: localized(locale, agent.name) }))}
          chosen={chosen}
          onChange={setChosen}
        />
        {save.error ? <ProblemNotice error={save.error} /> : null}
      </div>
    </Dialog>
  );
}
