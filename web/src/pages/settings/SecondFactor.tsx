import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { SecondFactor as State } from '../../api/types.ts';
import { count } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import page from '../Page.module.css';
import { QrCode } from './QrCode.tsx';
import css from './Settings.module.css';

/** A code beside the password: off, being set up, its recovery codes shown, on. */
export function SecondFactor({ state }: { state: State }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const settled = () => {
    setPassword('');
    setCode('');
    return client.invalidateQueries({ queryKey: queries.secondFactor.queryKey });
  };
  const begin = useMutation({ mutationFn: () => people.beginSecondFactor(password) });
  const confirm = useMutation({ mutationFn: () => people.confirmSecondFactor(code), onSuccess: settled });
  const remove = useMutation({
    mutationFn: () => people.removeSecondFactor(password, code),
    onSuccess: settled,
  });
  const codes = confirm.data?.recovery_codes;
  if (codes) {
    return (
      <div className={page.card}>
        <p>{m.people.security.codes}</p>
        <ul className={css.codes}>
          {codes.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <div className={css.buttons}>
          <Button
            look="primary"
            onClick={() => {
              confirm.reset();
              begin.reset();
            }}
          >
            {m.people.security.kept}
          </Button>
        </div>
      </div>
    );
  }
  const error = begin.error ?? confirm.error ?? remove.error;
  const passwordField = (
    <Field
      label={m.people.security.current}
      type="password"
      autoComplete="current-password"
      value={password}
      onChange={(event) => setPassword(event.target.value)}
    />
  );
  const codeField = (label: string) => (
    <Field
      label={label}
      autoComplete="one-time-code"
      value={code}
      onChange={(event) => setCode(event.target.value)}
    />
  );
  const submit = state.on ? remove : begin.data ? confirm : begin;
  const words = state.on
    ? m.people.security.remove
    : begin.data
      ? m.people.security.confirm
      : m.people.security.begin;
  const ready = state.on ? password !== '' && code !== '' : begin.data ? code !== '' : password !== '';
  return (
    <form
      className={page.card}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) submit.mutate();
      }}
    >
      <p className={page.facts}>
        {state.on ? m.people.security.on(count(locale, state.recovery_codes_left)) : m.people.security.off}
      </p>
      {!state.on && begin.data ? (
        <>
          <p>{m.people.security.scan}</p>
          <QrCode text={begin.data.uri} label={m.people.security.secret} />
          <ShownOnce label={m.people.security.secret} text={begin.data.secret} />
          {codeField(m.people.security.first)}
        </>
      ) : (
        passwordField
      )}
      {state.on ? codeField(m.people.code) : null}
      {error ? <ProblemNotice error={error} /> : null}
      <div className={css.buttons}>
        <Button type="submit" disabled={!ready || submit.isPending}>
          {words}
        </Button>
      </div>
    </form>
  );
}
