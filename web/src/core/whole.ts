/** A whole number above zero as people type it; null for anything else, and for more than six digits. */
export const typedWhole = (text: string): number | null =>
  /^[1-9]\d{0,5}$/.test(text.trim()) ? Number(text.trim()) : null;
