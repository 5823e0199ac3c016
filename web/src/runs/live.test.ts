import { expect, test, vi } from 'vitest';
import { Problem } from '../api/problem.ts';
import type { Frame } from '../api/runs.ts';
import type { RunEvent } from '../api/types.ts';
import { textOf } from '../core/fold.ts';
import { LiveRuns } from './live.ts';

const run = (id: string) => ({ id, thread_id: `t-${id}`, reply_id: `m-${id}` });
const text = (seq: number, words: string): Frame => ({ seq, event: { type: 'text_delta', text: words } });
const finished: RunEvent = {
  type: 'finished',
  state: 'succeeded',
  finish_reason: 'stop',
  usage: null,
  timings: null,
  cost: null,
  error: null,
};
const NOW = { paintMs: 0, backoffMs: () => 0 };
const endOf = (live: LiveRuns, id: string) =>
  new Promise<void>((resolve) => {
    live.onEnd((ended) => {
      if (ended.id === id) resolve();
    });
  });

test('a cut stream is resumed after the last number, and nothing stands twice', async () => {
  const afters: number[] = [];
  const live = new LiveRuns(async function* (_, after) {
    afters.push(after);
    if (afters.length === 1) {
      yield [text(1, 'a'), text(2, 'b')];
      throw new Problem('offline', 0, 'cut');
    }
    yield [text(2, 'b'), text(3, 'c'), { seq: 4, event: finished }];
  }, NOW);
  const ended = endOf(live, 'r');
  live.follow(run('r'));
  await ended;
  expect(afters).toEqual([0, 2]);
  expect(textOf(live.get('r')?.fold.parts ?? [])).toBe('abc');
  expect(live.get('r')?.link).toBe('closed');
});

test('a stream that ends without an outcome is asked for again', async () => {
  let calls = 0;
  const live = new LiveRuns(async function* () {
    calls += 1;
    if (calls < 3) yield [text(calls, String(calls))];
    else yield [{ seq: 3, event: finished }];
  }, NOW);
  const ended = endOf(live, 'r');
  live.follow(run('r'));
  await ended;
  expect([calls, textOf(live.get('r')?.fold.parts ?? [])]).toEqual([3, '12']);
});

test('a run that is gone ends with its problem, and is not asked for again', async () => {
  const source = vi.fn(async function* (): AsyncGenerator<Frame[]> {
    yield* [];
    throw new Problem('not_found', 404, 'gone');
  });
  const live = new LiveRuns(source, NOW);
  const ended = endOf(live, 'r');
  live.follow(run('r'));
  await ended;
  expect(source).toHaveBeenCalledTimes(1);
  expect(live.get('r')?.problem?.code).toBe('not_found');
});

test('following twice opens one stream', async () => {
  const source = vi.fn(async function* (): AsyncGenerator<Frame[]> {
    yield [{ seq: 1, event: finished }];
  });
  const live = new LiveRuns(source, NOW);
  const ended = endOf(live, 'r');
  live.follow(run('r'));
  live.follow(run('r'));
  await ended;
  live.follow(run('r'));
  expect(source).toHaveBeenCalledTimes(1);
});

test('at most four streams are open; the others wait and then come in', async () => {
  const gates = new Map<string, () => void>();
  const live = new LiveRuns(async function* (id) {
    await new Promise<void>((open) => gates.set(id, open));
    yield [{ seq: 1, event: finished }];
  }, NOW);
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const id of ids) live.follow(run(id));
  await vi.waitFor(() => expect([...gates.keys()]).toEqual(['a', 'b', 'c', 'd']));
  expect(live.get('e')?.link).toBe('waiting');
  const last = endOf(live, 'e');
  gates.get('a')?.();
  await vi.waitFor(() => expect(gates.has('e')).toBe(true));
  for (const open of gates.values()) open();
  await last;
  expect(live.active).toBe(0);
});

test('many tokens are painted together, the end at once', async () => {
  const live = new LiveRuns(
    async function* () {
      for (let seq = 1; seq <= 200; seq += 1) yield [text(seq, 'x')];
      yield [{ seq: 201, event: finished }];
    },
    { paintMs: 20, backoffMs: () => 0 },
  );
  const painted = vi.fn();
  live.subscribe(painted);
  const ended = endOf(live, 'r');
  live.follow(run('r'));
  await ended;
  expect(painted.mock.calls.length).toBeLessThan(20);
  expect(textOf(live.get('r')?.fold.parts ?? [])).toHaveLength(200);
});
