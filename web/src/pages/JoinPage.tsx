import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { people } from '../api/people.ts';
import { queries } from '../api/queries.ts';
import { MIN_PASSWORD } from '../core/password.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import css from './Alone.module.css';
import { Alone } from './Alone.tsx';
import { AskToJoin } from './AskToJoin.tsx';
import { NewPassword } from './NewPassword.tsx';

/** Coming in: by an invitation, whose token stands behind the `#`, which no server sees; or by asking. */
export default function JoinPage() {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token'));
  return <Alone>{token ? <Join token={token} /> : <AskToJoin />}</Alone>;
}

function Join({ token }: { token: string }) {
  const m = useMessages();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { locale } = useLocale();
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => people.lookAtInvitation(token),
    retry: false,
  });
  const join = useMutation({
    mutationFn: () =>
      people.acceptInvitation({ token, login: login.trim(), password, name: name.trim(), locale }),
    onSuccess: (me) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'status' });
      client.setQueryData(queries.me.queryKey, me);
      navigate('/', { replace: true });
    },
  });
  if (invitation.isPending) return <Skeleton label={m.common.loading} rows={3} height={40} />;
  if (invitation.error) return <ProblemNotice error={invitation.error} />;
  const { workspace, invited_by, role } = invitation.data;
  const ready = name.trim() !== '' && /^\S+$/.test(login.trim()) && password.length >= MIN_PASSWORD;
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) join.mutate();
      }}
    >
      <div className={css.head}>
        <h1 className={css.title}>{m.people.join.title(workspace)}</h1>
        <p className={css.hint}>{m.people.join.hint(invited_by, m.settings.roles[role])}</p>
      </div>
      <Field
        label={m.setUp.name}
        name="name"
        autoComplete="name"
        maxLength={80}
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label={m.setUp.login}
        name="login"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        required
        hint={m.setUp.loginHint}
        value={login}
        onChange={(event) => setLogin(event.target.value)}
      />
      <NewPassword label={m.setUp.password} login={login.trim()} value={password} onChange={setPassword} />
      {join.error ? <ProblemNotice error={join.error} /> : null}
      <Button look="primary" type="submit" disabled={!ready || join.isPending}>
        {m.people.join.submit}
      </Button>
    </form>
  );
}
