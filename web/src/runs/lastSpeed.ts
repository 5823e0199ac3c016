import { useSyncExternalStore } from 'react';

let last: number | null = null;
const listeners = new Set<() => void>();

export function setLastSpeed(tokensPerSecond: number | null): void {
  last = tokensPerSecond;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Tokens per second of the answer that ended last in this tab. */
export const useLastSpeed = (): number | null => useSyncExternalStore(subscribe, () => last);
