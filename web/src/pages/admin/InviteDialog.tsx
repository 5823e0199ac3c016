import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Me } from '../../api/types.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Checks } from '../../ui/Checks.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import css from '../settings/Settings.module.css';
import { RoleChoice, type RoleWish, roleBody } from './RoleChoice.tsx';

const MOST_USES = 100;
const uses = (text: string): number | null =>
  /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_USES ? Number(text) : null;

/** Makes a link that lets somebody in. Guests are invited to agents. */
export function InviteDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const groups = useQuery(queries.groups).data ?? [];
  const [wish, setWish] = useState<RoleWish>({ role: 'member', agents: [] });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [many, setMany] = useState('1');
  const most = uses(many);
  const invite = useMutation({
    mutationFn: () =>
      people.invite({
        id: uuidv7(),
        ...roleBody(wish),
        ...(chosen.length > 0 ? { group_ids: [...chosen] } : {}),
        ...(most !== null && most > 1 ? { most_uses: most } : {}),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: queries.invitations.queryKey }),
  });
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
            <Button
              look="primary"
              disabled={most === null || invite.isPending}
              onClick={() => invite.mutate()}
            >
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
          hint={m.people.invite.once(invite.data.invitation.most_uses)}
        />
      ) : (
        <div className={css.form}>
          <RoleChoice label={m.people.invite.role} value={wish} onChange={setWish} me={me} />
          {groups.length > 0 ? (
            <Checks
              legend={m.people.invite.groups}
              options={groups.map((group) => ({ value: group.id, label: group.name }))}
              chosen={chosen}
              onChange={setChosen}
            />
          ) : null}
          <Field
            label={m.people.invite.most}
            value={many}
            inputMode="numeric"
            maxLength={3}
            error={most === null ? m.people.invite.mostWrong(MOST_USES) : null}
            onChange={(event) => setMany(event.target.value)}
          />
          {invite.error ? <ProblemNotice error={invite.error} /> : null}
        </div>
      )}
    </Dialog>
  );
}
