import { expect, test } from 'vitest';
import { ago, bytes, dayPart, decimalsOf, duration, money, percent, seconds, speed } from './format.ts';
import { matches } from './match.ts';
import { strength } from './password.ts';

test('bytes are decimal and short', () => {
  expect([999_999, 4_200_000, 491_400_064, 1_117_320_736].map((value) => bytes('en', value))).toEqual([
    '1,000 KB',
    '4.2 MB',
    '491 MB',
    '1.12 GB',
  ]);
});

test('seconds keep a digit while they are few', () => {
  expect([312, 9949, 12_400].map((value) => seconds('en', value))).toEqual(['0.3 s', '9.9 s', '12 s']);
  expect(seconds('zh-CN', 312)).toBe('0.3 秒');
});

test('a span is told in its largest unit, rounded up', () => {
  expect([0, 40, 90, 1440, 5399, 5400].map((value) => duration('en', value))).toEqual([
    '0 sec',
    '40 sec',
    '2 min',
    '24 min',
    '90 min',
    '2 hr',
  ]);
  expect(duration('zh-CN', 1440)).toBe('24分钟');
});

test('speed counts the tokens after the first', () => {
  expect(speed(21, 1000)).toBe(20);
  expect(speed(1, 1000)).toBeNull();
  expect(speed(21, 0)).toBeNull();
});

test('percent stays between 0 and 100', () => {
  expect([percent(5, 0), percent(-1, 10), percent(5, 10), percent(11, 10)]).toEqual([0, 0, 50, 100]);
});

test('times are told in the reader’s words', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const said = (iso: string) => [ago('en', iso, now), ago('zh-CN', iso, now)];
  expect(said('2026-11-22T11:59:30Z')).toEqual(['now', '现在']);
  expect(said('2026-11-22T11:55:00Z')).toEqual(['5 min. ago', '5分钟前']);
  expect(said('2026-11-21T11:00:00Z')).toEqual(['yesterday', '昨天']);
  expect(said('2026-11-01T12:00:00Z')).toEqual(['Nov 1', '11月1日']);
});

test('the day has four parts', () => {
  expect([0, 4, 5, 11, 12, 17, 18, 23].map(dayPart)).toEqual([
    'night',
    'night',
    'morning',
    'morning',
    'afternoon',
    'afternoon',
    'evening',
    'evening',
  ]);
});

test('every word of a query must be there, in any case and width', () => {
  expect(matches('ENGLISH tut', ['English tutor'])).toBe(true);
  expect(matches('ｔｕｔｏｒ', ['English tutor'])).toBe(true);
  expect(matches('英语', ['英语私教'])).toBe(true);
  expect(matches('tutor maths', ['English tutor'])).toBe(false);
  expect(matches('', ['anything'])).toBe(true);
});

test('strength follows length and variety, and dislikes the login name', () => {
  expect(strength('short', 'mei')).toBe('short');
  expect(strength('aaaaaaaaaaaa', 'mei')).toBe('weak');
  expect(strength('lantern927', 'mei')).toBe('fair');
  expect(strength('correct horse 7', 'mei')).toBe('strong');
  expect(strength('lantern927', 'lantern')).toBe('weak');
});

test('amounts in a column have as many decimals as the finest of them', () => {
  expect([[], [12_500_000], [12_500_000, -42_318], [812_400], [1_000]].map(decimalsOf)).toEqual([
    2, 2, 6, 4, 3,
  ]);
  expect(money('zh-CN', 12_500_000, 'CNY', 6)).toBe('¥12.500000');
});
