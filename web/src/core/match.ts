/** True when every word of the query stands somewhere in the texts. Case and width do not count. */
export function matches(query: string, texts: readonly string[]): boolean {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const all = fold(texts.join('\n'));
  return words.every((word) => all.includes(word));
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();
