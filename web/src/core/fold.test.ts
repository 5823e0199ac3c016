import { expect, test } from 'vitest';
import type { RunEvent } from '../api/types.ts';
import { applyEvent, EMPTY_FOLD, type Fold, textOf } from './fold.ts';

const text = (words: string): RunEvent => ({ type: 'text_delta', text: words });
const thought = (words: string): RunEvent => ({ type: 'reasoning_delta', text: words });
const end: RunEvent = {
  type: 'finished',
  state: 'cancelled',
  finish_reason: 'cancelled',
  usage: null,
  timings: null,
  cost: null,
  error: null,
};
const foldAll = (events: RunEvent[], from: Fold = EMPTY_FOLD): Fold =>
  events.reduce((fold, event, at) => applyEvent(fold, from.lastSeq + at + 1, event), from);

test('deltas join into parts in order', () => {
  const fold = foldAll([
    thought('h'),
    thought('m'),
    { type: 'reasoning_done', millis: 7 },
    text('你'),
    text('好'),
  ]);
  expect(fold.parts).toEqual([
    { type: 'reasoning', text: 'hm', millis: 7 },
    { type: 'text', text: '你好' },
  ]);
});

test('what it costs so far is kept, and is no part of the answer', () => {
  const cost = {
    micros: 1250,
    currency: 'CNY',
    paid_by: 'wallet',
    is_estimated: true,
    is_unpriced: false,
  } as const;
  const fold = foldAll([text('a'), { type: 'spent', cost }, text('b')]);
  expect(fold.cost).toEqual(cost);
  expect(fold.stage).toEqual({ type: 'writing' });
  expect(textOf(fold.parts)).toBe('ab');
});

test('a replay that overlaps changes nothing', () => {
  const events = [text('a'), text('b')];
  const once = foldAll(events);
  const twice = events.reduce((fold, event, at) => applyEvent(fold, at + 1, event), once);
  expect(twice).toBe(once);
  expect(textOf(applyEvent(twice, 3, text('c')).parts)).toBe('abc');
});

test('a second thought after the answer began is a part of its own', () => {
  const done: RunEvent = { type: 'reasoning_done', millis: 1 };
  const fold = foldAll([thought('x'), done, thought('y'), text('a'), thought('z')]);
  expect(fold.parts).toEqual([
    { type: 'reasoning', text: 'x', millis: 1 },
    { type: 'reasoning', text: 'y', millis: null },
    { type: 'text', text: 'a' },
    { type: 'reasoning', text: 'z', millis: null },
  ]);
});

test('the end of a thought that nobody began is ignored', () => {
  expect(foldAll([text('a'), { type: 'reasoning_done', millis: 9 }]).parts).toEqual([
    { type: 'text', text: 'a' },
  ]);
});

test('stages follow the events, and the last event carries the outcome', () => {
  const stages = [
    { type: 'queued', position: 2, wait_ms: 8000 } as const,
    { type: 'loading', model: 'm' } as const,
    { type: 'started', model: 'm' } as const,
    thought('t'),
    text('a'),
    end,
  ];
  let fold = EMPTY_FOLD;
  const seen = stages.map((event, at) => {
    fold = applyEvent(fold, at + 1, event);
    return fold.stage.type;
  });
  expect(seen).toEqual(['queued', 'loading', 'reading', 'thinking', 'writing', 'done']);
  expect(fold.finished).toEqual(end);
});

test('an event of a newer server is passed over and counted', () => {
  const unknown = { type: 'tool_call', name: 'x' } as unknown as RunEvent;
  const fold = applyEvent(foldAll([text('a')]), 2, unknown);
  expect([fold.lastSeq, textOf(fold.parts)]).toEqual([2, 'a']);
});

test('what was shown before is not changed in place', () => {
  const first = foldAll([text('a')]);
  applyEvent(first, 2, text('b'));
  expect(first.parts).toEqual([{ type: 'text', text: 'a' }]);
});
