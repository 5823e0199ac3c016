import { expect, test } from 'vitest';
import { MODELS } from '../../../mock-api/words.ts';
import type { Model } from '../../api/types.ts';
import { fit, reclaimable, shares } from './room.ts';

const model = (id: string, change: Partial<Model>): Model => ({
  ...(MODELS[0] as Model),
  id,
  name: id,
  ...change,
});
const nothing = { tokens: 0, bytes: 0 };
const ready = (memory_bytes: number, requests = 0): Model['residency'] => ({
  type: 'ready',
  memory_bytes,
  context_tokens: 8192,
  threads: 2,
  requests,
  idle_seconds_left: 600,
  isolation: { landlock: 7, seccomp: true },
  cache: { memory: nothing, disk: nothing, prompt_tokens: 0, cached_tokens: 0 },
});

const idle = model('idle', { residency: ready(300) });
const busy = model('busy', { residency: ready(500, 1) });
const pinned = model('pinned', { residency: ready(700), pinned: true });
const coming = model('coming', { residency: { type: 'loading' }, needs_bytes: 900 });
const absent = model('absent', { residency: { type: 'absent' }, needs_bytes: 1000 });

test('models in memory and on their way there have a share', () => {
  const all = shares([idle, busy, coming, absent]).map(({ id, bytes, kind }) => [id, bytes, kind]);
  expect(all).toEqual([
    ['idle', 300, 'ready'],
    ['busy', 500, 'ready'],
    ['coming', 900, 'loading'],
  ]);
});

test('only a model that is idle and not pinned makes room, and never for itself', () => {
  expect(reclaimable([idle, busy, pinned, coming], 'absent')).toBe(300);
  expect(reclaimable([idle, busy], 'idle')).toBe(0);
});

test('whether it fits is told by what is free and what comes free', () => {
  expect(fit(1000, 1000, 0)).toBe('fits');
  expect(fit(1000, 800, 300)).toBe('makes-room');
  expect(fit(1000, 800, 100)).toBe('too-large');
  expect(fit(null, 800, 0)).toBe('unknown');
  expect(fit(1000, null, 0)).toBe('unknown');
});
