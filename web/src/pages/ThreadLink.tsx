import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { queries } from '../api/queries.ts';
import { useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { useOpen } from '../shared/useOpen.ts';
import css from './Page.module.css';

/** A link to a thread opens its window. */
export default function ThreadLink({ threadId }: { threadId: string }) {
  const m = useMessages();
  const thread = useQuery(queries.thread(threadId));
  const { openThread } = useOpen();
  const found = thread.data;

  // Arriving at the address is the event: there is no press to answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per thread
  useEffect(() => {
    if (found) openThread(found);
  }, [found?.id]);

  return thread.error ? (
    <div className={css.page}>
      <ProblemNotice error={thread.error} action={<Link href="/">{m.palette.goHome}</Link>} />
    </div>
  ) : null;
}
