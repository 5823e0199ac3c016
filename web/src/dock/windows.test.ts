import { expect, test, vi } from 'vitest';
import { Windows } from './windows.ts';

test('a thread that is open already comes to the front', () => {
  const windows = new Windows();
  const first = windows.open('tutor', 't1');
  windows.open('writer');
  expect(windows.open('tutor', 't1')).toBe(first);
  expect(windows.get().active).toBe(first.id);
  expect(windows.get().windows).toHaveLength(2);
});

test('closing gives the front to the neighbour, and reopening brings the thread back', () => {
  const windows = new Windows();
  windows.open('tutor', 't1');
  const middle = windows.open('writer', 't2');
  const last = windows.open('coder', 't3');
  windows.activate(middle.id);
  windows.close(middle.id);
  expect(windows.get().active).toBe(last.id);
  expect(windows.reopen()).toBe(true);
  expect(windows.get().windows.map((window) => window.threadId)).toEqual(['t1', 't3', 't2']);
  expect(windows.reopen()).toBe(false);
});

test('a window without messages is not worth reopening', () => {
  const windows = new Windows();
  windows.close(windows.open('tutor').id);
  expect(windows.reopen()).toBe(false);
});

test('an answer in a window nobody sees is unread until it is seen', () => {
  const windows = new Windows();
  const seen = windows.open('tutor', 't1');
  const hidden = windows.open('writer', 't2');
  windows.setVisible([seen.id]);
  windows.answered('t1');
  windows.answered('t2');
  windows.answered('elsewhere');
  expect([...windows.get().unread]).toEqual(['t2']);
  windows.setVisible([hidden.id]);
  expect([...windows.get().unread]).toEqual([]);
});

test('a saved layout comes back as it was', () => {
  const windows = new Windows();
  windows.open('tutor', 't1');
  windows.open('writer');
  windows.setDock({ layout: { type: 'row' } });
  windows.letAway('DeepSeek');
  windows.letAway('DeepSeek');
  const saved = JSON.parse(JSON.stringify(windows.layout()));
  const restored = new Windows();
  restored.restore(saved);
  expect(restored.layout()).toEqual(windows.layout());
  expect(restored.get().away).toEqual(['DeepSeek']);
});

test.each([
  null,
  7,
  {},
  { v: 2, windows: [] },
  { v: 1, windows: [{ id: 'a' }], active: null, dock: null, away: [] },
])('a layout of another shape is passed over: %j', (layout) => {
  const windows = new Windows();
  windows.restore(layout);
  expect(windows.layout()).toEqual({ v: 1, windows: [], active: null, dock: null, away: [] });
});

test('the first message makes a thread known', () => {
  const windows = new Windows();
  const window = windows.open('tutor');
  const told = vi.fn();
  windows.subscribe(told);
  windows.kept(window.threadId);
  expect(windows.get().windows[0]?.fresh).toBe(false);
  windows.kept(window.threadId);
  expect(told).toHaveBeenCalledTimes(1);
});
