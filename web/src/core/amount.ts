/** Amounts that people type, in micro-units. */

/** `25`, `9.90` or `9,90`: with two decimals at most; null for anything else. Never through a float. */
export function readAmount(text: string): number | null {
  const found = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!found) return null;
  const cents = (found[2] ?? '').padEnd(2, '0');
  return Number(found[1]) * 1_000_000 + Number(cents) * 10_000;
}

/** An amount as it is typed: `88.80`, `25`. */
export function typedAmount(micros: number): string {
  const cents = Math.round(micros / 10_000);
  const rest = cents % 100;
  return rest === 0 ? String(cents / 100) : `${Math.floor(cents / 100)}.${String(rest).padStart(2, '0')}`;
}

/** What somebody may pay in who needs so much: whole hundredths, and neither less nor more than is allowed. */
export function enoughFor(micros: number, least: number, most: number): number {
  const cents = Math.ceil(micros / 10_000) * 10_000;
  return Math.min(most, Math.max(least, cents));
}

/** Micro-units that an address names; null for anything that is no whole amount above nothing. */
export function amountInAddress(text: string | null): number | null {
  const micros = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  return micros > 0 ? micros : null;
}

/** Micro-units of `12.5`, `1,000`, `-3`; null for what is no amount, or finer than a micro-unit. A comma stands between thousands. */
export function typedMicros(text: string): number | null {
  const match = /^([+-]?)(\d{1,9}|\d{1,3}(?:[,，]\d{3}){1,2})(?:[.](\d{1,6}))?$/.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = '0', part = ''] = match;
  const micros = Number(whole.replaceAll(/[,，]/g, '')) * 1e6 + Number(part.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}
