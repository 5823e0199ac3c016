import type { ReactNode } from 'react';
import { asProblem, type Remedy } from '../api/problem.ts';
import { moment, money } from '../core/format.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';

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
  const problem = asProblem(error);
  const said = m.errors.byCode[problem.code];
  const help = useHelp();
  const words = [title ? said : null, kept, ...problem.remedies.map(help)].filter(Boolean).join(' ');
  const request =
    problem.code === 'internal' && problem.requestId ? m.common.requestId(problem.requestId) : null;
  return (
    <Notice
      tone={problem.code === 'offline' ? 'waiting' : 'error'}
      alert
      title={title ?? said}
      action={
        action ??
        (onRetry ? (
          <Button size="s" onClick={onRetry}>
            {m.common.retry}
          </Button>
        ) : null)
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

/** Says what helps against a refusal. */
export function useHelp(): (remedy: Remedy) => string {
  const said = useMessages().errors.remedies;
  const { locale } = useLocale();
  return (remedy) => {
    switch (remedy.kind) {
      case 'wait_until':
        return said.waitUntil(moment(locale, remedy.at));
      case 'upgrade':
        return said.upgrade(remedy.plan);
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
