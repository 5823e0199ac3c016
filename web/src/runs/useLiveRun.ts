import { useSyncExternalStore } from 'react';
import { type LiveRun, liveRuns } from './live.ts';

/** One run as it is being written; null while nobody follows it. */
export function useLiveRun(runId: string | null): LiveRun | null {
  return useSyncExternalStore(liveRuns.subscribe, () => (runId === null ? null : liveRuns.get(runId)));
}

/** True while a run writes in the thread. */
export function useIsStreaming(threadId: string): boolean {
  return useSyncExternalStore(liveRuns.subscribe, () => liveRuns.ofThread(threadId) !== null);
}
