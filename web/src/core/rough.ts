/** A span as a person would say it. */
export type Rough = { n: number; unit: 's' | 'min' };

/** Seconds in steps of five up to two minutes, then minutes; never nothing. */
export function roughly(millis: number): Rough {
  const seconds = Math.max(0, millis) / 1000;
  return seconds < 120
    ? { n: Math.max(5, Math.ceil(seconds / 5) * 5), unit: 's' }
    : { n: Math.round(seconds / 60), unit: 'min' };
}
