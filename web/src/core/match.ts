/** True when every word of the query stands somewhere in the texts. Case and width do not count. */
export function matches(query: string, texts: readonly string[]): boolean {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const all = fold(texts.join('\n'));
  return words.every((word) => all.includes(word));
}

/** True when the query is the beginning of one of the names: whoever types it means that one. */
export function begins(query: string, names: readonly string[]): boolean {
  const start = fold(query).trim();
  return start !== '' && names.some((name) => fold(name).startsWith(start));
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();
