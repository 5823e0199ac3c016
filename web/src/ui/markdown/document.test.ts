import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpus, fragments } from './corpus.ts';
import { GrowingDocument } from './document.ts';
import { parse } from './testkit.tsx';

function prefixes(text: string, cuts: readonly number[]): string[] {
  const sorted = [...cuts].map((cut) => cut % (text.length + 1)).sort((a, b) => a - b);
  return sorted.map((cut) => text.slice(0, cut));
}

describe('a growing document', () => {
  it.each(corpus)('ends as the whole text parsed at once: %#', (text) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
        const document = new GrowingDocument();
        for (const prefix of prefixes(text, cuts)) document.update(prefix, true);
        expect(document.update(text, false)).toEqual(parse(text));
      }),
      { numRuns: 25 },
    );
  });

  it('ends as the whole text for any mixture of constructs, letter by letter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fragments), { maxLength: 12 }),
        fc.boolean(),
        (parts, windows) => {
          const text = windows ? parts.join('').replaceAll('\n', '\r\n') : parts.join('');
          const document = new GrowingDocument();
          for (let end = 0; end <= text.length; end++) document.update(text.slice(0, end), true);
          expect(document.update(text, false)).toEqual(parse(text));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('may end after any prefix', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fragments), { maxLength: 12 }), fc.nat(), (parts, cut) => {
        const text = parts.join('');
        const end = cut % (text.length + 1);
        const document = new GrowingDocument();
        for (let at = 0; at <= end; at += 3) document.update(text.slice(0, at), true);
        expect(document.update(text.slice(0, end), false)).toEqual(parse(text.slice(0, end)));
      }),
      { numRuns: 800 },
    );
  });
});
