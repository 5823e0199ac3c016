import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Me } from '../../api/types.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import css from '../settings/Settings.module.css';
import { RoleChoice, type RoleWish, roleBody } from './RoleChoice.tsx';

/** Makes a service account. Its keys come after. */
export function ProgramDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const [id] = useState(uuidv7);
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [wish, setWish] = useState<RoleWish>({ role: 'member', agents: [] });
  const make = useMutation({
    mutationFn: () => people.createProgram({ id, name: name.trim(), login: login.trim(), ...roleBody(wish) }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: queries.members.queryKey }),
  });
  const ready = name.trim() !== '' && /^\S+$/.test(login.trim());
  return (
    <Dialog
      title={m.admin.programs.make}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" disabled={!ready || make.isPending} onClick={() => make.mutate()}>
            {m.admin.programs.create}
          </Button>
        </>
      }
    >
      <div className={css.form}>
        <Field
          label={m.admin.programs.name}
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={m.admin.programs.login}
          hint={m.setUp.loginHint}
          value={login}
          maxLength={64}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setLogin(event.target.value)}
        />
        <RoleChoice label={m.admin.programs.role} value={wish} onChange={setWish} me={me} forProgram />
        {make.error ? <ProblemNotice error={make.error} /> : null}
      </div>
    </Dialog>
  );
}
