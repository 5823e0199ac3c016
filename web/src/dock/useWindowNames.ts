import { useQueries } from '@tanstack/react-query';
import { queries, useAgents } from '../api/queries.ts';
import { localized, useLocale } from '../i18n/index.tsx';
import { useWindows } from './windows.ts';

/** What each window is called where only words can stand: its agent, and its thread once that has a title. */
export function useWindowNames(): ReadonlyMap<string, string> {
  const { locale } = useLocale();
  const { byId } = useAgents();
  const { windows } = useWindows();
  // Read only: each window fetches its own thread.
  const threads = useQueries({
    queries: windows.map((window) => ({ ...queries.thread(window.threadId), enabled: false })),
  });
  return new Map(
    windows.map((window, at) => {
      const agent = byId(window.agentId);
      const name = agent ? localized(locale, agent.name) : window.agentId;
      return [window.id, [name, threads[at]?.data?.title].filter(Boolean).join(' · ')];
    }),
  );
}
