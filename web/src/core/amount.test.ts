import { expect, test } from 'vitest';
import { readAmount, typedAmount } from './amount.ts';

test('an amount is read exactly, and nothing is guessed', () => {
  for (const [text, micros] of [
    ['25', 25_000_000],
    [' 9.9 ', 9_900_000],
    ['9,90', 9_900_000],
    ['0.01', 10_000],
    ['1.10', 1_100_000],
  ] as const) {
    expect(readAmount(text), text).toBe(micros);
  }
  for (const text of ['', '.', '1.', '1.001', '-1', '1e3', '１', '1 000', 'NaN'])
    expect(readAmount(text), text).toBeNull();
});

test('what is typed back is what was read', () => {
  for (const text of ['25', '88.80', '0.01', '100']) expect(typedAmount(readAmount(text) ?? 0)).toBe(text);
});
