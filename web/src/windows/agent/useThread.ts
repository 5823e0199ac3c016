import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { api } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { messagesKey, queries } from '../../api/queries.ts';
import { messagesIn, runsIn } from '../../api/threadCache.ts';
import { isLive, type Message, type Run, type Thread } from '../../api/types.ts';
import { pathTo, type Step, startsMidway } from '../../core/tree.ts';
import { liveRuns } from '../../runs/live.ts';

const PAGE = 50;
/** A way shorter than this may leave the window unfilled: older messages are fetched without being scrolled to. */
const FILL = 12;

export type ThreadView = {
  thread: Thread | null;
  messages: readonly Message[];
  runs: ReadonlyMap<string, Run>;
  path: readonly Step[];
  loading: boolean;
  loadingOlder: boolean;
  hasOlder: boolean;
  error: unknown;
  gone: boolean;
  fetchOlder: () => void;
  retry: () => void;
};

/** A thread as one window shows it. A fresh one is not asked for: the server does not know it yet. */
export function useThread(threadId: string, fresh: boolean): ThreadView {
  const thread = useQuery({ ...queries.thread(threadId), enabled: !fresh });
  const pages = useInfiniteQuery({
    queryKey: messagesKey(threadId),
    queryFn: ({ pageParam }) => api.messages(threadId, { before: pageParam, limit: PAGE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: !fresh,
  });

  const messages = useMemo(() => messagesIn(pages.data), [pages.data]);
  const runs = useMemo(() => runsIn(pages.data), [pages.data]);
  const leafId = thread.data?.leaf_id ?? null;
  const path = useMemo(() => pathTo(messages, leafId), [messages, leafId]);

  const hasOlder = pages.hasNextPage && startsMidway(path);
  const leafMissing =
    leafId !== null && messages.length > 0 && !messages.some((message) => message.id === leafId);
  const { fetchNextPage, isFetchingNextPage, isError } = pages;
  const wanted =
    pages.hasNextPage && !isFetchingNextPage && !isError && (leafMissing || (hasOlder && path.length < FILL));

  // Older pages come from the server when the way on show needs them.
  useEffect(() => {
    if (wanted) void fetchNextPage();
  }, [wanted, fetchNextPage]);

  // Runs that are still being written are followed, also after a reload.
  useEffect(() => {
    for (const run of runs.values()) if (isLive(run.state)) liveRuns.follow(run);
  }, [runs]);

  const error = thread.error ?? pages.error;
  return {
    thread: thread.data ?? null,
    messages,
    runs,
    path,
    loading: !fresh && (thread.isPending || pages.isPending),
    loadingOlder: isFetchingNextPage,
    hasOlder,
    error,
    gone: error instanceof Problem && error.code === 'not_found',
    fetchOlder: () => {
      if (hasOlder && !isFetchingNextPage) void fetchNextPage();
    },
    retry: () => {
      void thread.refetch();
      void pages.refetch();
    },
  };
}
