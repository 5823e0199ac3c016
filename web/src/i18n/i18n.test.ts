import { expect, test } from 'vitest';
import { en } from './en.ts';
import { zh } from './zh.ts';

type Leaf = { path: string; value: unknown };
const leaves = (value: unknown, path = ''): Leaf[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
    : [{ path, value }];
const text = ({ value }: Leaf): string =>
  typeof value === 'function' ? String(value('7', '8', '9')) : String(value);

test('both languages say everything, and nothing else', () => {
  const paths = (catalogue: unknown) => leaves(catalogue).map((leaf) => leaf.path);
  expect(paths(zh)).toEqual(paths(en));
});

test('no sentence is empty, and values are used in both languages', () => {
  const english = leaves(en);
  leaves(zh).forEach((leaf, at) => {
    const other = english[at];
    expect(text(leaf).trim(), leaf.path).not.toBe('');
    if (typeof leaf.value === 'function' && other) {
      const digits = (words: string) => [...new Set(words.match(/[789]/g))].sort();
      expect(digits(text(leaf)), leaf.path).toEqual(digits(text(other)));
    }
  });
});

test('Chinese sentences are Chinese, with full-width punctuation', () => {
  for (const leaf of leaves(zh)) {
    const words = text(leaf);
    if (!/[\u4e00-\u9fff]/.test(words)) continue;
    expect(words, leaf.path).not.toMatch(/[\u4e00-\u9fff][,?!;]/);
  }
});
