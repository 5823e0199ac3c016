import { expect, test } from 'vitest';
import { daysOf, lastDays } from './span.ts';

test('a span ends today and counts it', () => {
  const now = new Date(2026, 2, 2, 23, 30);
  expect(lastDays(7, now)).toEqual({ from: '2026-02-24', until: '2026-03-02' });
  expect(lastDays(1, now)).toEqual({ from: '2026-03-02', until: '2026-03-02' });
});

test('every day comes once, across months and changes of the clock', () => {
  expect(daysOf({ from: '2026-02-27', until: '2026-03-02' })).toEqual([
    '2026-02-27',
    '2026-02-28',
    '2026-03-01',
    '2026-03-02',
  ]);
  expect(daysOf({ from: '2026-03-20', until: '2026-04-02' })).toHaveLength(14);
  expect(daysOf({ from: '2026-10-20', until: '2026-11-02' })).toHaveLength(14);
  expect(daysOf({ from: '2026-03-02', until: '2026-03-01' })).toEqual([]);
});
