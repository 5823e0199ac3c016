import { expect, test } from 'vitest';
import { uuidv7 } from './uuid.ts';

test('an id has the layout of version 7', () => {
  expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('the first 48 bits are the time', () => {
  const at = Date.parse('2026-11-22T01:02:03.456Z');
  expect(Number.parseInt(uuidv7(at).replaceAll('-', '').slice(0, 12), 16)).toBe(at);
});

test('later ids sort after earlier ones', () => {
  const times = [1, 255, 65_536, 2 ** 32, 2 ** 40, 1_764_000_000_000];
  const ids = times.map(uuidv7);
  expect([...ids].sort()).toEqual(ids);
});

test('ids of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => uuidv7(7))).size).toBe(1000);
});
