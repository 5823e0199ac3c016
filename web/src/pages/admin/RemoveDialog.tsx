import { useMutation, useQueryClient } from '@tanstack/react-query';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Member } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import page from '../Page.module.css';

/** Asks before a member goes with all that is theirs. */
export function RemoveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => people.removeMember(member.id),
    onSuccess: onClose,
    onSettled: () =>
      Promise.all(
        [queries.members, queries.groups, queries.keys].map(({ queryKey }) =>
          client.invalidateQueries({ queryKey: [...queryKey] }),
        ),
      ),
  });
  const isProgram = member.kind === 'service';
  return (
    <Dialog
      title={m.people.list.removeTitle(member.name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {m.people.list.remove}
          </Button>
        </>
      }
    >
      <p className={page.facts}>{isProgram ? m.admin.programs.removeHint : m.people.list.removeHint}</p>
      {remove.error ? <ProblemNotice error={remove.error} /> : null}
    </Dialog>
  );
}
