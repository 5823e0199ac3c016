/** Who holds the memory, and whether one more fits. Mirrors what the engine does before it loads a model. */
import type { Model } from '../../api/types.ts';

export type Share = { id: string; name: string; bytes: number; kind: 'ready' | 'loading' };

/** What each model in memory holds, and what one on its way will. */
export function shares(models: readonly Model[]): Share[] {
  return models.flatMap(({ id, name, residency, needs_bytes }): Share[] => {
    if (residency.type === 'ready') return [{ id, name, bytes: residency.memory_bytes, kind: 'ready' }];
    if (residency.type === 'loading') return [{ id, name, bytes: needs_bytes ?? 0, kind: 'loading' }];
    return [];
  });
}

/** What idle models would give back to make room for another one. */
export function reclaimable(models: readonly Model[], forModel: string): number {
  return models.reduce(
    (sum, { id, pinned, residency }) =>
      id !== forModel && !pinned && residency.type === 'ready' && residency.requests === 0
        ? sum + residency.memory_bytes
        : sum,
    0,
  );
}

/** `unknown`: the system does not say what is free, or the model's need cannot be told. */
export type Fit = 'fits' | 'makes-room' | 'too-large' | 'unknown';

export function fit(needs: number | null, free: number | null, reclaimable: number): Fit {
  if (needs === null || free === null) return 'unknown';
  if (needs <= free) return 'fits';
  return needs <= free + reclaimable ? 'makes-room' : 'too-large';
}
