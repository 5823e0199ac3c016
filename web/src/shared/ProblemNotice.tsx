import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { asProblem, type Problem, type Remedy } from '../api/problem.ts';
import { queries } from '../api/queries.ts';
import { moment, money } from '../core/format.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import css from './ProblemNotice.module.css';

type ProblemNoticeProps = {
  error: unknown;
  /** What was being tried, when the problem alone would not say. */
  title?: string;
  /** What was kept. */
  kept?: string;
  onRetry?: () => void;
  action?: ReactNode;
};

/** A problem in the reader's language: what happened, what was kept, and the one thing to do. */
export function ProblemNotice({ error, title, kept, onRetry, action }: ProblemNoticeProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const problem = asProblem(error);
  const said = m.errors.byCode[problem.code];
  const help = useHelp(problem.remedies);
  const way = useWay(problem);
  const words = [title ? said : null, kept, ...problem.remedies.map(help)]
    .filter(Boolean)
    // Chinese sentences follow each other without a space.
    .join(locale === 'en' ? ' ' : '');
  const request =
    problem.code === 'internal' && problem.requestId ? m.common.requestId(problem.requestId) : null;
  return (
    <Notice
      tone={problem.code === 'offline' ? 'waiting' : 'error'}
      alert
      title={title ?? said}
      action={
        <>
          {way}
          {action ??
            (onRetry ? (
              <Button size="s" onClick={onRetry}>
                {m.common.retry}
              </Button>
            ) : null)}
        </>
      }
    >
      {words !== '' || request ? (
        <>
          {words}
          {request ? <div>{request}</div> : null}
        </>
      ) : null}
    </Notice>
  );
}

/** Leads to where a refusal can be helped: the plans, the wallet, what is left. */
function useWay({ code, remedies }: Problem): ReactNode {
  const m = useMessages().errors;
  const [path] = useLocation();
  const upgrade = remedies.find((remedy) => remedy.kind === 'upgrade');
  const way = (to: string, label: string) =>
    // Whoever is there already needs no way.
    path === to.split('?')[0] ? null : (
      <Link href={to} className={css.way}>
        {label}
      </Link>
    );
  // What lacks money is helped by money; a plan is paid from the same wallet.
  const topUp = remedies.find((remedy) => remedy.kind === 'top_up');
  if (topUp) return way(`/usage/wallet?need=${topUp.micros}`, m.toWallet);
  if (upgrade) return way(`/usage?plan=${encodeURIComponent(upgrade.plan)}`, m.seePlan);
  switch (code) {
    case 'plan_required':
      return way('/usage', m.seePlan);
    case 'wallet_empty':
      return way('/usage/wallet', m.toWallet);
    case 'quota_exceeded':
      return way('/usage', m.seeUsage);
    default:
      return null;
  }
}

/** Says what helps against a refusal. */
function useHelp(remedies: readonly Remedy[]): (remedy: Remedy) => string {
  const said = useMessages().errors.remedies;
  const { locale } = useLocale();
  const isAboutPlans = remedies.some(({ kind }) => kind === 'upgrade');
  const plans = useQuery({ ...queries.plans, enabled: isAboutPlans });
  const nameOf = (id: string): string => {
    const plan = plans.data?.find((other) => other.id === id);
    return plan ? localized(locale, plan.name) : id;
  };
  return (remedy) => {
    switch (remedy.kind) {
      case 'wait_until':
        return said.waitUntil(moment(locale, remedy.at));
      case 'upgrade':
        return said.upgrade(nameOf(remedy.plan));
      case 'top_up':
        return said.topUp(money(locale, remedy.micros, remedy.currency));
      case 'finish_a_run':
        return said.finishARun;
      case 'ask_for_less':
        return said.askForLess;
      case 'raise_budget':
        return said.raiseBudget;
    }
  };
}
