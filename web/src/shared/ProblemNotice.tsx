import type { ReactNode } from 'react';
import { asProblem } from '../api/problem.ts';
import { useMessages } from '../i18n/index.tsx';
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
  const words = [title ? said : null, kept].filter(Boolean).join(' ');
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
