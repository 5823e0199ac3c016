import { describe, expect, it } from 'vitest';
import { begins, matches } from './match.ts';

describe('matches', () => {
  it('wants every word, in any order, whatever the case and width', () => {
    expect(matches('LANE old', ['The old lane'])).toBe(true);
    expect(matches('ｌａｎｅ', ['The old lane'])).toBe(true);
    expect(matches('lane new', ['The old lane'])).toBe(false);
    expect(matches('', ['The old lane'])).toBe(true);
  });
});

describe('begins', () => {
  it('is for the beginning of a name alone', () => {
    expect(begins('wri', ['写作助手', 'Writer'])).toBe(true);
    expect(begins('写作 ', ['写作助手', 'Writer'])).toBe(true);
    expect(begins('ter', ['Writer'])).toBe(false);
    expect(begins('Writer, help me', ['Writer'])).toBe(false);
    expect(begins(' ', ['Writer'])).toBe(false);
  });
});
