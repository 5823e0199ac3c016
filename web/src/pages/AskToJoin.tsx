import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { people } from '../api/people.ts';
import { queries } from '../api/queries.ts';
import { MIN_PASSWORD } from '../core/password.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import css from './Alone.module.css';
import { NewPassword } from './NewPassword.tsx';

/** Asking to be let in, where the workspace allows it. */
export function AskToJoin() {
  const m = useMessages();
  const signUp = useQuery(queries.signUp);
  if (signUp.isPending) return <Skeleton label={m.common.loading} rows={3} height={40} />;
  if (signUp.error) return <ProblemNotice error={signUp.error} onRetry={() => void signUp.refetch()} />;
  if (signUp.data.policy !== 'open') return <Notice tone="waiting" title={m.people.join.noToken} />;
  return <AskForm />;
}

function AskForm() {
  const m = useMessages();
  const { locale } = useLocale();
  const [wish, setWish] = useState({ name: '', login: '', password: '', note: '' });
  const { name, login, password, note } = wish;
  const ask = useMutation({
    mutationFn: () =>
      people.askToJoin({ login: login.trim(), password, name: name.trim(), locale, note: note.trim() }),
  });
  if (ask.isSuccess) {
    return (
      <>
        <div className={css.head}>
          <h1 className={css.title}>{m.people.join.asked}</h1>
        </div>
        <Notice tone="done" title={m.people.join.askedHint} />
        <Link href="/signin">{m.signIn.title}</Link>
      </>
    );
  }
  const ready = name.trim() !== '' && /^\S+$/.test(login.trim()) && password.length >= MIN_PASSWORD;
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) ask.mutate();
      }}
    >
      <div className={css.head}>
        <h1 className={css.title}>{m.people.join.askTitle}</h1>
        <p className={css.hint}>{m.people.join.askHint}</p>
      </div>
      <Field
        label={m.setUp.name}
        name="name"
        autoComplete="name"
        maxLength={80}
        required
        value={name}
        onChange={(event) => setWish({ ...wish, name: event.target.value })}
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
        onChange={(event) => setWish({ ...wish, login: event.target.value })}
      />
      <NewPassword
        label={m.setUp.password}
        login={login.trim()}
        value={password}
        onChange={(next) => setWish({ ...wish, password: next })}
      />
      <Field
        label={m.people.join.note}
        placeholder={m.people.join.notePlaceholder}
        maxLength={500}
        value={note}
        onChange={(event) => setWish({ ...wish, note: event.target.value })}
      />
      {ask.error ? <ProblemNotice error={ask.error} /> : null}
      <Button look="primary" type="submit" disabled={!ready || ask.isPending}>
        {m.people.join.ask}
      </Button>
      <div className={css.below}>
        <Link href="/signin">{m.people.join.haveAccount}</Link>
      </div>
    </form>
  );
}
