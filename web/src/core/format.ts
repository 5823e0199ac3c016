/** Numbers for people. Every function takes the locale, so that both languages read as their own. */
import type { Locale } from '../api/types.ts';

const number = (locale: Locale, value: number, digits: number): string =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );

/** Bytes in decimal units, as download pages print them. */
export function bytes(locale: Locale, value: number): string {
  if (value < 1e6) return `${number(locale, value / 1e3, 0)} KB`;
  if (value < 1e9) return `${number(locale, value / 1e6, value < 1e7 ? 1 : 0)} MB`;
  return `${number(locale, value / 1e9, 2)} GB`;
}

export const count = (locale: Locale, value: number): string => new Intl.NumberFormat(locale).format(value);

/** Milliseconds as seconds with one digit: `0.3 s`, `0.3 秒`. */
export const seconds = (locale: Locale, millis: number): string =>
  `${number(locale, millis / 1000, millis < 9950 ? 1 : 0)} ${locale === 'en' ? 's' : '秒'}`;

/** A short span: `7 ms`, `420 ms`, `1.3 s`. */
export const millis = (locale: Locale, value: number): string =>
  value < 1000 ? `${count(locale, value)} ${locale === 'en' ? 'ms' : '毫秒'}` : seconds(locale, value);

/** A span in its largest unit, rounded up: `40 sec`, `24 min`, `3 hr`. */
export function duration(locale: Locale, seconds: number): string {
  const unit = (value: number, name: 'second' | 'minute' | 'hour') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  if (seconds < 90) return unit(Math.ceil(seconds), 'second');
  if (seconds < 5400) return unit(Math.ceil(seconds / 60), 'minute');
  return unit(Math.ceil(seconds / 3600), 'hour');
}

/** Tokens per second, or null when there is too little to tell. */
export function speed(tokens: number, decodeMs: number): number | null {
  if (tokens < 2 || decodeMs <= 0) return null;
  return ((tokens - 1) * 1000) / decodeMs;
}

export const rate = (locale: Locale, perSecond: number): string =>
  number(locale, perSecond, perSecond < 10 ? 1 : 0);

export const percent = (done: number, total: number): number =>
  total <= 0 ? 0 : Math.min(100, Math.max(0, (done / total) * 100));

/** An amount in micro-units, to the last one that counts: `¥0.00`, `¥0.000043`; with no fewer decimals than asked for. */
export function money(locale: Locale, micros: number, currency: string, decimals = 2): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: 6 };
  const style = { style: 'currency', currency, ...digits } as const;
  return new Intl.NumberFormat(locale, style).format(micros / 1e6);
}

/** The decimals that a column of amounts needs for its points to stand under each other, none of them rounded: two to six. */
export function decimalsOf(column: readonly number[]): number {
  const fits = (decimals: number) => column.every((micros) => micros % 10 ** (6 - decimals) === 0);
  return [2, 3, 4, 5].find(fits) ?? 6;
}

/** An instant of today as a time, any other with its day. */
export function moment(locale: Locale, iso: string, now: number = Date.now()): string {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date(now).toDateString();
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  const day = { month: 'short', day: 'numeric' } as const;
  return new Intl.DateTimeFormat(locale, isToday ? time : { ...day, ...time }).format(at);
}

/** A share of one: `83%`. */
export const ratio = (locale: Locale, share: number): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);

/** A day of the calendar. */
export const day = (locale: Locale, iso: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(Date.parse(iso));

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `now`, `5 minutes ago`, `yesterday`, then a date. */
export function ago(locale: Locale, iso: string, now: number = Date.now()): string {
  const passed = Math.round((now - Date.parse(iso)) / 1000);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  if (passed < MINUTE) return relative.format(0, 'second');
  if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), 'minute');
  if (passed < DAY) return relative.format(-Math.floor(passed / HOUR), 'hour');
  if (passed < 7 * DAY) return relative.format(-Math.floor(passed / DAY), 'day');
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' }).format(Date.parse(iso));
}

/** The part of the day, for the greeting. */
export function dayPart(hour: number): 'night' | 'morning' | 'afternoon' | 'evening' {
  if (hour < 5) return 'night';
  if (hour < 12) return 'morning';
  if (hour < 18) return 'afternoon';
  return 'evening';
}

/** `2026-11` as a month of the calendar: `November 2026`, `2026年11月`. */
export const monthName = (locale: Locale, month: string): string =>
  new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long' }).format(
    new Date(`${month}-15T12:00:00`),
  );
