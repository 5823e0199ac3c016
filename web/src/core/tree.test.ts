import { expect, test } from 'vitest';
import type { Message } from '../api/types.ts';
import { newestLeaf, pathTo, startsMidway } from './tree.ts';

const message = (id: string, parent_id: string | null, minute: number): Message => ({
  id,
  thread_id: 't',
  parent_id,
  role: id.startsWith('q') ? 'user' : 'assistant',
  parts: [],
  run_id: null,
  created_at: `2026-11-22T00:${String(minute).padStart(2, '0')}:00Z`,
});

/** q1 ─ a1 ─ q2 ─ a2; q1 ─ b1 (answered again); q3 (q1 edited) ─ a3. */
const TREE = [
  message('q1', null, 1),
  message('a1', 'q1', 2),
  message('q2', 'a1', 3),
  message('a2', 'q2', 4),
  message('b1', 'q1', 5),
  message('q3', null, 6),
  message('a3', 'q3', 7),
];
const ids = (leaf: string | null) => pathTo(TREE, leaf).map((step) => step.message.id);

test('the way goes from the root to the leaf', () => {
  expect(ids('a2')).toEqual(['q1', 'a1', 'q2', 'a2']);
  expect(ids('b1')).toEqual(['q1', 'b1']);
});

test('each step knows its versions, oldest first', () => {
  const versions = pathTo(TREE, 'a2').map((step) => step.siblings);
  expect(versions).toEqual([['q1', 'q3'], ['a1', 'b1'], ['q2'], ['a2']]);
});

test('without a leaf the newest message is on show', () => {
  expect(ids(null)).toEqual(['q3', 'a3']);
  expect(ids('unknown')).toEqual(['q3', 'a3']);
});

test('choosing a version shows its newest leaf', () => {
  expect(newestLeaf(TREE, 'a1')).toBe('a2');
  expect(newestLeaf(TREE, 'q1')).toBe('b1');
  expect(newestLeaf(TREE, 'q3')).toBe('a3');
});

test('a way whose beginning is not loaded starts midway', () => {
  expect(startsMidway(pathTo(TREE.slice(2), 'a2'))).toBe(true);
  expect(startsMidway(pathTo(TREE, 'a2'))).toBe(false);
  expect(startsMidway([])).toBe(false);
});

test('a damaged tree ends', () => {
  const loop = [message('q1', 'a1', 1), message('a1', 'q1', 2)];
  expect(pathTo(loop, 'a1')).toHaveLength(2);
  expect(newestLeaf(loop, 'q1')).toMatch(/q1|a1/);
});
