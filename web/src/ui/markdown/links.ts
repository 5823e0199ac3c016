import type { Inline, Target } from './ast.ts';

const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** The one gate for addresses: http, https and mailto with a host or mailbox; anything else is no link. */
export function target(address: string): Target | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!SCHEMES.has(url.protocol)) return null;
  const host = url.protocol === 'mailto:' ? url.pathname : url.host;
  return host ? { href: url.href, host } : null;
}

// ASCII only: in Chinese text the sentence goes on right behind an address without a space.
const BARE =
  /\b(?:https?:\/\/|www\.)[!#-;=?-[\]_a-z~]{1,2000}|\b[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,4}/gi;

/** Splits plain text at the bare web and mail addresses in it. */
export function linkBareAddresses(text: string): Inline[] {
  if (!/:\/\/|www\.|@/i.test(text)) return [{ type: 'text', text }];
  const parts: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(BARE)) {
    const shown = withoutTrailingPunctuation(match[0]);
    const found = target(withScheme(shown));
    if (!found || !/\.|^localhost(?::|$)/.test(found.host)) continue;
    if (match.index > from) parts.push({ type: 'text', text: text.slice(from, match.index) });
    parts.push({ type: 'link', ...found, children: [{ type: 'text', text: shown }] });
    from = match.index + shown.length;
  }
  if (from < text.length) parts.push({ type: 'text', text: text.slice(from) });
  return parts;
}

function withScheme(address: string): string {
  if (/^https?:/i.test(address)) return address;
  return /^www\./i.test(address) ? `https://${address}` : `mailto:${address}`;
}

function withoutTrailingPunctuation(address: string): string {
  let end = address.length;
  let open = 0;
  for (const letter of address) open += letter === '(' ? 1 : letter === ')' ? -1 : 0;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    if (last === ')' && open < 0) open++;
    else if (!/[!'*,.:;?\]_~[]/.test(last)) break;
  }
  return address.slice(0, end);
}
