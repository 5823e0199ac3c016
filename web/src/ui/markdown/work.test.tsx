import { act, render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { corpus } from './corpus.ts';
import { GrowingDocument } from './document.ts';
import { Markdown } from './Markdown.tsx';
import { reuse } from './reuse.ts';
import { parse } from './testkit.tsx';

const CHUNK = 40;
const LONGEST_BLOCK = 600;

/** About 100 KB as a model would write it. */
function longAnswer(): string {
  const section = (i: number) =>
    [
      `## 第${i}节 Section`,
      `Some **text** with \`code\`, [a link](https://a.example/${i}) and $x_${i}$。`.repeat(3),
      `- one\n- two\n  - three **deep**\n- [x] four`,
      `| a | b |\n|---|---|\n| ${i} | x |`,
      `\`\`\`ts\nconst a = ${i};\n\nexport { a };\n\`\`\``,
      '$$\nE = mc^2\n$$',
      '> quoted\n> twice',
    ].join('\n\n');
  return Array.from({ length: 280 }, (_, i) => section(i)).join('\n\n');
}

function* growing(text: string): Generator<string> {
  for (let end = CHUNK; end < text.length; end += CHUNK) yield text.slice(0, end);
  yield text;
}

describe('the work of an update', () => {
  it('lexes only the open end of a 100 KB answer', () => {
    const text = longAnswer();
    expect(text.length).toBeGreaterThan(100_000);
    const document = new GrowingDocument();
    let before = 0;
    let most = 0;
    for (const prefix of growing(text)) {
      document.update(prefix, true);
      most = Math.max(most, document.lexed - before);
      before = document.lexed;
    }
    expect(most).toBeLessThanOrEqual(LONGEST_BLOCK + CHUNK);
    document.update(text, false);
    expect(document.lexed - before).toBeLessThanOrEqual(LONGEST_BLOCK);
  });

  it('does nothing for the same text', () => {
    const document = new GrowingDocument();
    const blocks = document.update(longAnswer(), true);
    const { lexed } = document;
    expect(document.update(longAnswer(), true)).toBe(blocks);
    expect(document.lexed).toBe(lexed);
  });

  it('keeps the identity of every block but the last ones', () => {
    const document = new GrowingDocument();
    let previous: readonly unknown[] = [];
    for (const prefix of growing(longAnswer().slice(0, 20_000))) {
      const blocks = document.update(prefix, true);
      expect(previous.slice(0, -2).findIndex((block, i) => block !== blocks[i])).toBe(-1);
      previous = blocks;
    }
  });

  it('touches only the end of the page', async () => {
    const text = Array.from(
      { length: 30 },
      (_, i) => `## ${i}\n\n- a **b**\n- c\n\n| a |\n|---|\n| ${i} |\n\ntext`,
    ).join('\n\n');
    const view = render(<Markdown text={text} streaming />);
    const root = view.container.querySelector('.md');
    const records: MutationRecord[] = [];
    const observer = new MutationObserver((list) => records.push(...list));
    observer.observe(view.container, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    await act(async () => view.rerender(<Markdown text={`${text} and more`} streaming />));
    observer.disconnect();
    const last = root?.lastElementChild;
    expect(records.length).toBeGreaterThan(0);
    for (const { target } of records) expect(target === root || last?.contains(target)).toBe(true);
  });

  it('parses anew when the text is another one', () => {
    const document = new GrowingDocument();
    document.update('# one\n\ntext\n\nmore', true);
    expect(document.update('two', true)).toEqual([
      { type: 'paragraph', tight: false, children: [{ type: 'text', text: 'two' }] },
    ]);
    const [first, second] = corpus;
    document.update(first ?? '', false);
    expect(document.update(second ?? '', false)).toEqual(parse(second ?? ''));
  });

  it('rebuilds an early block only for a link defined late', () => {
    const document = new GrowingDocument();
    const start = 'plain\n\nsee [it]\n\nplain\n\n';
    const [plain, link] = document.update(`${start}end\n\nmore`, true);
    const blocks = document.update(`${start}[it]: https://a.example\n\nend\n\nmore`, true);
    expect(blocks[0]).toBe(plain);
    expect(blocks[1]).not.toBe(link);
    expect(JSON.stringify(blocks[1])).toContain('https://a.example/');
  });
});

describe('reuse', () => {
  it('returns the old value where both are equal', () => {
    const old = { a: [{ b: 1 }, { b: 2 }], c: null };
    expect(reuse(old, { a: [{ b: 1 }, { b: 2 }], c: null })).toBe(old);
    const next = reuse(old, { a: [{ b: 1 }, { b: 3 }, { b: 4 }], c: null });
    expect(next).toEqual({ a: [{ b: 1 }, { b: 3 }, { b: 4 }], c: null });
    expect(next.a[0]).toBe(old.a[0]);
    expect(reuse(old, { a: [{ b: 1 }], c: null })).toEqual({ a: [{ b: 1 }], c: null });
    expect(reuse<unknown>({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
    expect(reuse<unknown>(old, [1])).toEqual([1]);
  });
});
