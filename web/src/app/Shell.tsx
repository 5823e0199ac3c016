import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { queries } from '../api/queries.ts';
import type { Me } from '../api/types.ts';
import { runsWorkspace } from '../core/roles.ts';
import { useSavedLayout } from '../dock/useSavedLayout.ts';
import { WindowsPage } from '../dock/WindowsPage.tsx';
import { useMessages } from '../i18n/index.tsx';
import { HomePage } from '../pages/HomePage.tsx';
import { liveRuns } from '../runs/live.ts';
import { useRunEndings } from '../runs/useRunEndings.ts';
import { useIsPhone } from '../shared/useIsPhone.ts';
import { AlertLine } from '../shell/AlertLine.tsx';
import { Rail } from '../shell/Rail.tsx';
import { StatusLine } from '../shell/StatusLine.tsx';
import { TopBar } from '../shell/TopBar.tsx';
import { useHotkey } from '../shell/useHotkey.ts';
import css from './Shell.module.css';

const Palette = lazy(() => import('../shell/Palette.tsx'));
const ModelsPage = lazy(() => import('../pages/ModelsPage.tsx'));
const OrdersPage = lazy(() => import('../pages/pay/OrdersPage.tsx'));
const ReturnPage = lazy(() => import('../pages/pay/ReturnPage.tsx'));
const PlanPage = lazy(() => import('../pages/plan/PlanPage.tsx'));
const SpendPage = lazy(() => import('../pages/plan/SpendPage.tsx'));
const StatementPage = lazy(() => import('../pages/plan/StatementPage.tsx'));
const StatementsPage = lazy(() => import('../pages/plan/StatementsPage.tsx'));
const WalletPage = lazy(() => import('../pages/plan/WalletPage.tsx'));
const KeysPage = lazy(() => import('../pages/settings/KeysPage.tsx'));
const GroupsPage = lazy(() => import('../pages/admin/GroupsPage.tsx'));
const AdminSpendPage = lazy(() => import('../pages/admin/AdminSpendPage.tsx'));
const VouchersPage = lazy(() => import('../pages/admin/VouchersPage.tsx'));
const RequestsPage = lazy(() => import('../pages/requests/RequestsPage.tsx'));
const PeoplePage = lazy(() => import('../pages/admin/PeoplePage.tsx'));
const ProgramsPage = lazy(() => import('../pages/admin/ProgramsPage.tsx'));
const SecurityPage = lazy(() => import('../pages/settings/SecurityPage.tsx'));
const SettingsPage = lazy(() => import('../pages/SettingsPage.tsx'));
const WelcomePage = lazy(() => import('../pages/WelcomePage.tsx'));
const NotFoundPage = lazy(() => import('../pages/NotFoundPage.tsx'));
const ThreadLink = lazy(() => import('../pages/ThreadLink.tsx'));

/** The frame around everything a member sees: rail, ask box, view, status line. */
export function Shell({ me }: { me: Me }) {
  const m = useMessages();
  const [path, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const isPhone = useIsPhone();
  const { ready, unsaved } = useSavedLayout();
  const onWindows = path === '/windows';
  const [visited, setVisited] = useState(onWindows);
  if (onWindows && !visited) setVisited(true);

  useRunEndings();
  useFollowActiveRuns();
  useHotkey('k', () => setAsking((open) => !open));

  if (path === '/welcome') {
    return (
      <Suspense fallback={null}>
        <WelcomePage />
      </Suspense>
    );
  }
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#view">
        {m.nav.skip}
      </a>
      <Rail me={me} />
      <TopBar onAsk={() => setAsking(true)} />
      <main id="view" className={css.view} tabIndex={-1}>
        {ready && visited ? (
          <div className={css.layer} data-shown={onWindows ? '' : undefined} inert={!onWindows}>
            <WindowsPage shown={onWindows} onOpenLane={() => navigate('/')} />
          </div>
        ) : null}
        {onWindows ? null : (
          // A page with nothing to press on it is scrolled by keys as well.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
          <div className={css.scroller} tabIndex={0}>
            <Suspense fallback={null}>
              <Switch>
                <Route path="/">
                  <HomePage me={me} />
                </Route>
                <Route path="/threads/:id">{({ id }) => (ready ? <ThreadLink threadId={id} /> : null)}</Route>
                <Route path="/models">
                  <ModelsPage />
                </Route>
                <Route path="/settings">
                  <SettingsPage me={me} />
                </Route>
                <Route path="/pay/return">
                  <ReturnPage />
                </Route>
                <Route path="/settings/security">
                  <SecurityPage me={me} />
                </Route>
                <Route path="/settings/keys">
                  <KeysPage me={me} />
                </Route>
                <Route path="/usage">
                  <PlanPage />
                </Route>
                <Route path="/usage/wallet">
                  <WalletPage />
                </Route>
                <Route path="/usage/spend">
                  <SpendPage />
                </Route>
                <Route path="/usage/statements">
                  <StatementsPage />
                </Route>
                <Route path="/usage/statements/:month">
                  {({ month }) => <StatementPage month={month} />}
                </Route>
                {runsWorkspace(me.member.role) ? (
                  <Route path="/admin/*?">
                    <Switch>
                      <Route path="/admin/people">
                        <PeoplePage me={me} />
                      </Route>
                      <Route path="/admin/groups">
                        <GroupsPage />
                      </Route>
                      <Route path="/admin/programs">
                        <ProgramsPage me={me} />
                      </Route>
                      <Route path="/admin/payments">
                        <OrdersPage />
                      </Route>
                      <Route path="/admin/vouchers">
                        <VouchersPage />
                      </Route>
                      <Route path="/admin/requests">
                        <RequestsPage />
                      </Route>
                      <Route path="/admin/spend">
                        <AdminSpendPage />
                      </Route>
                      <Route path="/admin">
                        <Redirect to="/admin/people" replace />
                      </Route>
                      <Route>
                        <NotFoundPage />
                      </Route>
                    </Switch>
                  </Route>
                ) : null}
                <Route path="/settings/people">
                  <Redirect to="/admin/people" replace />
                </Route>
                <Route path="/setup">
                  <Redirect to="/" replace />
                </Route>
                <Route>
                  <NotFoundPage />
                </Route>
              </Switch>
            </Suspense>
          </div>
        )}
      </main>
      {isPhone ? (
        <div className={css.note}>
          <AlertLine />
        </div>
      ) : (
        <StatusLine unsaved={unsaved} />
      )}
      {asking ? (
        <Suspense fallback={null}>
          <Palette onClose={() => setAsking(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

/** Answers that are being written in threads of this member are followed, window or no window. */
function useFollowActiveRuns(): void {
  const threads = useQuery(queries.recentThreads);
  useEffect(() => {
    for (const thread of threads.data ?? []) {
      if (thread.active_run_id && !liveRuns.get(thread.active_run_id))
        liveRuns.discover(thread.active_run_id);
    }
  }, [threads.data]);
}
