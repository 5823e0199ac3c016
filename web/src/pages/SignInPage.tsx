import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { queries } from '../api/queries.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import css from './Alone.module.css';
import { Alone } from './Alone.tsx';

export default function SignInPage() {
  const m = useMessages();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { setLocale } = useLocale();
  const signUp = useQuery(queries.signUp);
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [asksCode, setAsksCode] = useState(false);
  const signIn = useMutation({
    mutationFn: () => api.signIn({ login: login.trim(), password, ...(asksCode ? { code } : {}) }),
    onError: (error) => {
      if (asProblem(error).code === 'second_factor_required') setAsksCode(true);
    },
    onSuccess: (me) => {
      setLocale(me.member.locale);
      client.setQueryData(queries.me.queryKey, me);
      navigate('/', { replace: true });
    },
  });
  return (
    <Alone>
      <h1 className={css.title}>{m.signIn.title}</h1>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        <Field
          label={m.signIn.login}
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          value={login}
          onChange={(event) => setLogin(event.target.value)}
        />
        <Field
          label={m.signIn.password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {asksCode ? (
          <Field
            label={m.people.code}
            name="code"
            autoComplete="one-time-code"
            autoFocus
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        ) : null}
        {signIn.error && asProblem(signIn.error).code !== 'second_factor_required' ? (
          <ProblemNotice error={signIn.error} />
        ) : null}
        <Button
          look="primary"
          type="submit"
          disabled={signIn.isPending || login.trim() === '' || password === '' || (asksCode && code === '')}
        >
          {signIn.isPending ? m.signIn.working : m.signIn.submit}
        </Button>
      </form>
      <div className={css.below}>
        {signUp.data?.policy === 'open' ? <Link href="/join">{m.signIn.askToJoin}</Link> : null}
        <p className={css.hint}>{m.signIn.forgot}</p>
      </div>
    </Alone>
  );
}
