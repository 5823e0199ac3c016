import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortId } from './shortId.ts';

test('a long id keeps what tells it apart', () => {
  expect(shortId('qwen2.5-coder-0.5b-instruct')).toBe('qwen2.5-coder-0.5b-instruct');
  expect(shortId('accounts/fireworks/models/deepseek-v3p1')).toBe('deepseek-v3p1');
  expect(shortId('hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q4_K_M')).toBe('Qwen3-30B-A3B…GUF:Q4_K_M');
});

test('it is never longer than asked for, and what is short stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-composite' }), fc.integer({ min: 1, max: 40 }), (id, most) => {
      const shown = shortId(id, most);
      expect(Array.from(shown).length).toBeLessThanOrEqual(most);
      expect(shown === '').toBe(id === '');
      if (Array.from(id).length <= most) expect(shown).toBe(id);
    }),
  );
});
