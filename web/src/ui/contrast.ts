/** Relative luminance (WCAG 2.2) of `#rrggbb`; anything else counts as dark. */
export function luminance(color: string): number {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!match) return 0;
  const [r = 0, g = 0, b = 0] = match.slice(1).map((hex) => {
    const channel = Number.parseInt(hex, 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** True when white text is easier to read on this colour than near-black text. */
export const readsOnDark = (color: string): boolean => luminance(color) < 0.22;
