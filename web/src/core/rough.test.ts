import { expect, test } from 'vitest';
import { roughly } from './rough.ts';

test('a wait is told in steps that a person would use', () => {
  expect(roughly(0)).toEqual({ n: 5, unit: 's' });
  expect(roughly(11_000)).toEqual({ n: 15, unit: 's' });
  expect(roughly(119_000)).toEqual({ n: 120, unit: 's' });
  expect(roughly(200_000)).toEqual({ n: 3, unit: 'min' });
});
