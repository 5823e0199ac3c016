import { expect, test } from 'vitest';
import { typedMicros } from './amount.ts';

test('amounts are read exactly', () => {
  expect(typedMicros('12.5')).toBe(12_500_000);
  expect(typedMicros(' 1,000 ')).toBe(1_000_000_000);
  expect(typedMicros('0.000001')).toBe(1);
  expect(typedMicros('-3')).toBe(-3_000_000);
  expect(typedMicros('999999999.999999')).toBe(999_999_999_999_999);
});

test('what is no amount is null', () => {
  for (const text of ['', 'abc', '1.0000001', '1e3', '.5', '1.', '--1']) expect(typedMicros(text)).toBeNull();
});
