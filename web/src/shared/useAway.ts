import type { Answerer } from '../api/answerer.ts';
import { useWindows, windows } from '../dock/windows.ts';

/** A provider that a question would leave this machine for although nobody chose it, and nobody was asked about it yet. */
export type Away = { model: string; provider: string; allow: () => void };

export function useAway(answerer: Answerer): Away | null {
  const { away } = useWindows();
  if (answerer.type !== 'ready' || !answerer.standsIn || !answerer.leaves) return null;
  const { name, provider } = answerer;
  if (provider === null || away.includes(provider)) return null;
  return { model: name, provider, allow: () => windows.letAway(provider) };
}
