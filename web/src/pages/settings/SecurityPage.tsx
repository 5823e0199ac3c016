import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Me } from '../../api/types.ts';
import { ago } from '../../core/format.ts';
import { MIN_PASSWORD } from '../../core/password.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { NewPassword } from '../NewPassword.tsx';
import page from '../Page.module.css';
import { SettingsTabs } from '../Tabs.tsx';
import { SecondFactor } from './SecondFactor.tsx';
import css from './Settings.module.css';

/** What keeps others out of the account. */
export default function SecurityPage({ me }: { me: Me }) {
  const m = useMessages();
  const factor = useQuery(queries.secondFactor);
  return (
    <div className={page.page}>
      <SettingsTabs />
      <h1 className={page.title}>{m.people.tabs.security}</h1>
      <h2 className={page.subtitle}>{m.people.security.factor}</h2>
      {factor.isPending ? <Skeleton label={m.common.loading} rows={1} height={64} /> : null}
      {factor.error ? <ProblemNotice error={factor.error} onRetry={() => void factor.refetch()} /> : null}
      {factor.data ? <SecondFactor state={factor.data} /> : null}
      <h2 className={page.subtitle}>{m.people.security.password}</h2>
      <PasswordForm login={me.member.login} hasFactor={factor.data?.on ?? false} />
      <Sessions />
    </div>
  );
}

function PasswordForm({ login, hasFactor }: { login: string; hasFactor: boolean }) {
  const m = useMessages();
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [code, setCode] = useState('');
  const change = useMutation({
    mutationFn: () => people.changePassword({ current, new: next, ...(hasFactor ? { code } : {}) }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      setCode('');
      return client.invalidateQueries({ queryKey: queries.sessions.queryKey });
    },
  });
  const ready = current !== '' && next.length >= MIN_PASSWORD && (!hasFactor || code !== '');
  return (
    <form
      className={page.card}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) change.mutate();
      }}
    >
      <Field
        label={m.people.security.current}
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <NewPassword label={m.people.security.new} login={login} value={next} onChange={setNext} />
      {hasFactor ? (
        <Field
          label={m.people.code}
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      ) : null}
      {change.error ? <ProblemNotice error={change.error} /> : null}
      {change.isSuccess && current === '' ? <Notice tone="done" title={m.people.security.changed} /> : null}
      <div className={css.buttons}>
        <Button type="submit" disabled={!ready || change.isPending}>
          {m.people.security.change}
        </Button>
      </div>
    </form>
  );
}

function Sessions() {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const sessions = useQuery(queries.sessions);
  const onSettled = () => client.invalidateQueries({ queryKey: queries.sessions.queryKey });
  const end = useMutation({ mutationFn: people.endSession, onSettled });
  const endOthers = useMutation({ mutationFn: people.endOtherSessions, onSettled });
  const list = sessions.data ?? [];
  const error = sessions.error ?? end.error ?? endOthers.error;
  return (
    <>
      <div className={css.head}>
        <h2 className={page.subtitle}>{m.people.security.sessions}</h2>
        {list.length > 1 ? (
          <Button size="s" disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {m.people.security.endOthers}
          </Button>
        ) : null}
      </div>
      {sessions.isPending ? <Skeleton label={m.common.loading} rows={2} height={56} /> : null}
      {error ? <ProblemNotice error={error} onRetry={() => void sessions.refetch()} /> : null}
      {list.length > 0 ? (
        <ul className={page.rows}>
          {list.map((session) => (
            <li key={session.id} className={page.row}>
              <div className={page.rowText}>
                <div className={page.cardTitle}>
                  {session.current
                    ? m.people.security.thisOne
                    : (session.client ?? m.people.security.unknown)}
                </div>
                <div className={page.facts}>{m.people.security.seen(ago(locale, session.last_seen_at))}</div>
              </div>
              {session.current ? null : (
                <Button size="s" look="quiet" onClick={() => end.mutate(session.id)}>
                  {m.people.security.end}
                </Button>
              )}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
