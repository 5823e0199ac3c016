/** Spans of days, for charts. Days are written `2026-11-23` and both ends belong to the span. */
export type Span = { from: string; until: string };

const two = (value: number): string => String(value).padStart(2, '0');

export const dayOf = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** The last `days` days, today included. */
export function lastDays(days: number, now: Date = new Date()): Span {
  const from = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1);
  return { from: dayOf(from), until: dayOf(now) };
}

/** Every day of a span, in order; nothing for one that runs backwards. */
export function daysOf({ from, until }: Span): string[] {
  const days: string[] = [];
  // Noon is on the same day wherever clocks are put forward or back.
  for (let at = new Date(`${from}T12:00:00`); dayOf(at) <= until; at.setDate(at.getDate() + 1)) {
    days.push(dayOf(at));
  }
  return days;
}
