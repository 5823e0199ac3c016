import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { people } from '../api/people.ts';
import { MIN_PASSWORD } from '../core/password.ts';
import { useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import css from './Alone.module.css';
import { Alone } from './Alone.tsx';
import { NewPassword } from './NewPassword.tsx';

/** A new password by a link that an admin made. */
export default function RecoverPage() {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  return (
    <Alone>
      <Recover token={token} />
    </Alone>
  );
}

function Recover({ token }: { token: string }) {
  const m = useMessages();
  const [password, setPassword] = useState('');
  const link = useQuery({
    queryKey: ['recovery', token],
    queryFn: () => people.lookAtRecovery(token),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const recover = useMutation({ mutationFn: () => people.recover(token, password) });
  if (recover.isSuccess) {
    return (
      <>
        <Notice tone="done" title={m.people.recover.done} />
        <Link href="/signin" className={css.center}>
          {m.setUp.toSignIn}
        </Link>
      </>
    );
  }
  if (link.isPending) return <Skeleton label={m.common.loading} rows={2} height={40} />;
  if (link.error) return <ProblemNotice error={link.error} />;
  const { login, drops_second_factor } = link.data;
  const ready = password.length >= MIN_PASSWORD;
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) recover.mutate();
      }}
    >
      <div className={css.head}>
        <h1 className={css.title}>{m.people.recover.title}</h1>
        <p className={css.hint}>
          {m.people.recover.hint(login)} {drops_second_factor ? m.people.recover.drops : null}
        </p>
      </div>
      <NewPassword label={m.people.security.new} login={login} value={password} onChange={setPassword} />
      {recover.error ? <ProblemNotice error={recover.error} /> : null}
      <Button look="primary" type="submit" disabled={!ready || recover.isPending}>
        {m.people.recover.submit}
      </Button>
    </form>
  );
}
