import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { whenSignedOut } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { queries } from '../api/queries.ts';
import { firstLocale, useLocale, useMessages } from '../i18n/index.tsx';
import { liveRuns } from '../runs/live.ts';
import { ErrorBoundary } from '../shared/ErrorBoundary.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import css from './App.module.css';
import { Shell } from './Shell.tsx';

const JoinPage = lazy(() => import('../pages/JoinPage.tsx'));
const RecoverPage = lazy(() => import('../pages/RecoverPage.tsx'));
const SetUpPage = lazy(() => import('../pages/SetUpPage.tsx'));
const SignInPage = lazy(() => import('../pages/SignInPage.tsx'));

export function App() {
  const m = useMessages();
  return (
    <ErrorBoundary
      fallback={() => (
        <Empty
          title={m.errors.title}
          action={<Button onClick={() => location.reload()}>{m.errors.reload}</Button>}
        >
          {m.errors.boundary}
        </Empty>
      )}
    >
      <Gate />
    </ErrorBoundary>
  );
}

/** Who may see what: first run, signed out, signed in. */
function Gate() {
  const m = useMessages();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { locale, suggestLocale } = useLocale();
  const status = useQuery(queries.status);
  const me = useQuery({ ...queries.me, enabled: status.data?.setup_required === false });

  // Any request may find that the session is over.
  useEffect(() => {
    whenSignedOut(() => {
      if (client.getQueryData(queries.me.queryKey) === undefined) return;
      liveRuns.clear();
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'status' });
      navigate('/signin');
    });
  }, [client, navigate]);

  // Chosen here before member's own before the browser's before the server's: the last two come late, if at all.
  const ownLocale = me.data?.member.locale;
  const defaultLocale = status.data?.default_locale;
  useEffect(() => {
    const { source } = firstLocale();
    if (source === 'chosen') return;
    const suggested = ownLocale ?? (source === 'guess' ? defaultLocale : undefined);
    if (suggested) suggestLocale(suggested);
  }, [ownLocale, defaultLocale, suggestLocale]);

  // The title of the page is outside React's root.
  useEffect(() => {
    document.title = locale === 'en' ? 'Hutong' : '胡同 Hutong';
  }, [locale]);

  const signedOut = me.error instanceof Problem && me.error.status === 401;
  const error = status.error ?? (signedOut ? null : me.error);
  if (error) {
    return (
      <main className={css.alone}>
        <ProblemNotice
          error={error}
          onRetry={() => {
            void status.refetch();
            if (me.isError) void me.refetch();
          }}
        />
      </main>
    );
  }
  if (!status.data) return null;

  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/setup">
          <SetUpPage setUpRequired={status.data.setup_required} />
        </Route>
        {status.data.setup_required ? <Redirect to="/setup" replace /> : null}
        <Route path="/join">
          <JoinPage />
        </Route>
        <Route path="/recover">
          <RecoverPage />
        </Route>
        <Route path="/signin">{me.data ? <Redirect to="/" replace /> : <SignInPage />}</Route>
        <Route>
          {me.data ? (
            <Shell me={me.data} />
          ) : signedOut ? (
            <Redirect to="/signin" replace />
          ) : (
            <span title={m.common.loading} />
          )}
        </Route>
      </Switch>
    </Suspense>
  );
}
