import { expect, test } from 'vitest';
import { isSendKey } from './keys.ts';

const enter = { key: 'Enter', shiftKey: false, altKey: false, isComposing: false, keyCode: 13 };

test('Enter sends', () => {
  expect(isSendKey(enter)).toBe(true);
});

test.each([
  ['another key', { ...enter, key: 'a' }],
  ['Shift+Enter ends a line', { ...enter, shiftKey: true }],
  ['Enter chooses a word while one is composed', { ...enter, isComposing: true }],
  ['Safari tells the choosing Enter by its code only', { ...enter, keyCode: 229 }],
])('%s: not sent', (_, key) => {
  expect(isSendKey(key)).toBe(false);
});
