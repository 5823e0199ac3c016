import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { asProblem } from '../../api/problem.ts';
import { queries } from '../../api/queries.ts';
import type { Group, Member } from '../../api/types.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Checks } from '../../ui/Checks.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import css from '../settings/Settings.module.css';

type GroupDialogProps = { group: Group | null; members: readonly Member[]; onClose: () => void };

/** Makes a group, or says anew what it is called and who is in it. */
export function GroupDialog({ group, members, onClose }: GroupDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  // The same id for every attempt: one that was made, though its answer was lost, is not made twice.
  const [id] = useState(() => group?.id ?? uuidv7());
  const [name, setName] = useState(group?.name ?? '');
  const [chosen, setChosen] = useState<readonly string[]>(group?.member_ids ?? []);
  const save = useMutation({
    mutationFn: async () => {
      const before = group
        ? group.member_ids
        : (await people.createGroup({ id, name: name.trim() })).member_ids;
      if (group && name.trim() !== group.name) await people.renameGroup(id, name.trim());
      for (const member of chosen) if (!before.includes(member)) await people.joinGroup(id, member);
      for (const member of before) if (!chosen.includes(member)) await people.leaveGroup(id, member);
    },
    onSuccess: onClose,
    onSettled: () =>
      Promise.all(
        [queries.groups, queries.members].map(({ queryKey }) =>
          client.invalidateQueries({ queryKey: [...queryKey] }),
        ),
      ),
  });
  const isTaken = save.error !== null && asProblem(save.error).code === 'conflict';
  return (
    <Dialog
      title={group ? m.admin.groups.editTitle : m.admin.groups.make}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button
            look="primary"
            disabled={name.trim() === '' || save.isPending}
            onClick={() => save.mutate()}
          >
            {m.common.save}
          </Button>
        </>
      }
    >
      <div className={css.form}>
        <Field
          label={m.admin.groups.name}
          value={name}
          maxLength={80}
          error={isTaken ? m.admin.groups.taken : null}
          onChange={(event) => setName(event.target.value)}
        />
        <Checks
          legend={m.admin.groups.members}
          options={members.map((member) => ({ value: member.id, label: member.name, note: member.login }))}
          chosen={chosen}
          onChange={setChosen}
        />
        {save.error && !isTaken ? <ProblemNotice error={save.error} /> : null}
      </div>
    </Dialog>
  );
}
