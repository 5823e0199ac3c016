/** Amounts of money as people type them. */

/** Micro-units of `12.5`, `1,000`, `-3`; null for what is no amount, or finer than a micro-unit. */
export function typedMicros(text: string): number | null {
  const match = /^([+-]?)(\d{1,9})(?:[.](\d{1,6}))?$/.exec(text.trim().replaceAll(/[,，\s]/g, ''));
  if (!match) return null;
  const [, sign, whole = '0', part = ''] = match;
  const micros = Number(whole) * 1e6 + Number(part.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}
