import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../api/client.ts';
import { messagesKey, queries } from '../api/queries.ts';
import { type Pages, runsIn, settled, withServerRun } from '../api/threadCache.ts';
import { speed } from '../core/format.ts';
import { windows } from '../dock/windows.ts';
import { setLastSpeed } from './lastSpeed.ts';
import { type LiveRun, liveRuns } from './live.ts';

/** Keeps the cache, the unread marks and the status line in step with runs that end, in whichever window. */
export function useRunEndings(): void {
  const client = useQueryClient();
  // Streams are an outside system.
  useEffect(
    () =>
      liveRuns.onEnd((run: LiveRun) => {
        const { finished, parts } = run.fold;
        if (finished) {
          const ended = { id: run.id, replyId: run.replyId, parts, finished, at: new Date().toISOString() };
          client.setQueryData<Pages>(messagesKey(run.threadId), (pages) => pages && settled(pages, ended));
          windows.answered(run.threadId);
          void followRoute(client, run);
          if (finished.usage && finished.timings) {
            setLastSpeed(speed(finished.usage.output_tokens, finished.timings.decode_ms));
          }
        } else {
          void client.invalidateQueries({ queryKey: messagesKey(run.threadId) });
        }
        client.setQueryData(queries.thread(run.threadId).queryKey, (thread) =>
          thread && thread.active_run_id === run.id ? { ...thread, active_run_id: null } : thread,
        );
        void client.invalidateQueries({ queryKey: ['threads'] });
        void client.invalidateQueries({ queryKey: queries.models.queryKey });
      }),
    [client],
  );
}

/** Where a policy chose, only the server knows who answered in the end and what that saved. */
async function followRoute(client: QueryClient, { id, threadId }: LiveRun): Promise<void> {
  const key = messagesKey(threadId);
  if (!runsIn(client.getQueryData<Pages>(key)).get(id)?.route) return;
  const run = await api.run(id).catch(() => null);
  if (run) client.setQueryData<Pages>(key, (pages) => pages && withServerRun(pages, run));
}
