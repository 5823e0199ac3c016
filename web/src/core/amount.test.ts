import { expect, test } from 'vitest';
import { amountInAddress, enoughFor, readAmount, typedAmount, typedMicros } from './amount.ts';

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

test('amounts are read exactly', () => {
  expect(typedMicros('12.5')).toBe(12_500_000);
  expect(typedMicros(' 1,000 ')).toBe(1_000_000_000);
  expect(typedMicros('0.000001')).toBe(1);
  expect(typedMicros('-3')).toBe(-3_000_000);
  expect(typedMicros('999999999.999999')).toBe(999_999_999_999_999);
});

test('what is no amount is null', () => {
  for (const text of ['', 'abc', '1.0000001', '1e3', '.5', '1.', '--1', '9,90', '1,00,000'])
    expect(typedMicros(text)).toBeNull();
});

test('what is missing becomes an amount that may be paid in, and never less than it', () => {
  const [least, most] = [1_000_000, 50_000_000];
  expect(enoughFor(26_500_000, least, most)).toBe(26_500_000);
  expect(enoughFor(26_500_001, least, most)).toBe(26_510_000);
  expect(enoughFor(5, least, most)).toBe(least);
  expect(enoughFor(most + 1, least, most)).toBe(most);
});

test('an address names whole micro-units or nothing', () => {
  expect(amountInAddress('26500000')).toBe(26_500_000);
  for (const text of [null, '', '0', '-1', '1.5', '1e6', 'x', '9'.repeat(16)])
    expect(amountInAddress(text), String(text)).toBeNull();
});
