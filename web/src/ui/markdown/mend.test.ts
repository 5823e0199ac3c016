import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, Inline } from './ast.ts';
import { corpus } from './corpus.ts';
import { GrowingDocument } from './document.ts';
import { withoutHalfMarkup } from './mend.ts';
import { parseOpen } from './testkit.tsx';

/** Blocks in short: `p(a *b*)`. */
function brief(blocks: readonly Block[]): string {
  return blocks
    .map((block) => {
      switch (block.type) {
        case 'paragraph':
          return `p(${text(block.children)})`;
        case 'heading':
          return `h${block.level}(${text(block.children)})`;
        case 'list':
          return `list(${block.items.map((item) => brief(item.children)).join('; ')})`;
        case 'code':
          return `code:${block.language}(${block.text})`;
        case 'table':
          return `table(${[block.head, ...block.rows].map((row) => row.map(text).join('|')).join('/')})`;
        default:
          return block.type;
      }
    })
    .join(' ');
}

function text(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'text') return node.text;
      if (node.type === 'link') return `<${text(node.children)}>`;
      return 'children' in node
        ? `${node.type}{${text(node.children)}}`
        : node.type === 'code'
          ? `\`${node.text}\``
          : node.type;
    })
    .join('');
}

describe('while text arrives', () => {
  it.each([
    ['a **bo', 'p(a strong{bo})'],
    ['a **bold*', 'p(a strong{bold})'],
    ['a **bold**', 'p(a strong{bold})'],
    ['他说**“你好', 'p(他说strong{“你好})'],
    ['a *b **c', 'p(a emphasis{b strong{c}})'],
    ['a ***b', 'p(a emphasis{strong{b}})'],
    ['a ~~old', 'p(a strike{old})'],
    ['a _b', 'p(a emphasis{b})'],
    ['run `npm i', 'p(run `npm i`)'],
    ['**a** `b` c', 'p(strong{a} `b` c)'],
    ['**a *b** c', 'p(*emphasis{a emphasis{b}} c)'],
    ['2 * 3 is', 'p(2 * 3 is)'],
    ['5*3 is', 'p(5*3 is)'],
    ['snake_case is', 'p(snake_case is)'],
    ['a **old\nnew line', 'p(a **oldbreaknew line)'],
    ['see [the doc', 'p(see the doc)'],
    ['see [the doc]', 'p(see the doc)'],
    ['see [the doc](https://a.exa', 'p(see the doc)'],
    ['see [the **doc**](https://a.example "ti', 'p(see the strong{doc})'],
    ['see [the doc](https://a.example)', 'p(see <the doc>)'],
    ['see [the doc] and', 'p(see [the doc] and)'],
    ['cited [1', 'p(cited [1)'],
    ['an ![image](https://a', 'p(an )'],
  ])('shows %j as %s', (source, expected) => expect(brief(parseOpen(source))).toBe(expected));

  it.each([
    ['para\n-', 'p(para)'],
    ['para\n--', 'p(para)'],
    ['para\n=', 'p(para)'],
    ['para\n- ', 'p(para)'],
    ['para\n- x', 'p(para) list(p(x))'],
    ['- a\n- [', 'list(p(a); )'],
    ['- a\n  1', 'list(p(a))'],
    ['#', ''],
    ['## ', ''],
    ['## T', 'h2(T)'],
    ['``', ''],
    ['```py', 'code:()'],
    ['```python\nx', 'code:python(x)'],
    ['```python\nx\n``', 'code:python(x)'],
    ['a\n\n| x | y', 'p(a)'],
    ['a\n\n| x | y |\n', 'p(a)'],
    ['a\n\n| x | y |\n|--', 'p(a)'],
    ['| x | y |\n|---|---|\n', 'table(x|y)'],
    ['| x | y |\n|---|---|\n| 1', 'table(x|y/1)'],
    ['| x | y |\n|---|---|\n| 1 | **2', 'table(x|y/1|strong{2})'],
    ['| no table\nbut text', 'p(| no tablebreakbut text)'],
  ])('begins blocks quietly: %j', (source, expected) => expect(brief(parseOpen(source))).toBe(expected));

  it('never takes back a paragraph for a heading', () => {
    for (const source of corpus) {
      const kinds: string[] = [];
      const document = new GrowingDocument();
      for (let end = 1; end <= source.length; end++) {
        for (const [i, block] of document.update(source.slice(0, end), true).entries()) {
          if (kinds[i] === 'paragraph' && block.type === 'rule') expect.fail(`rule at ${end} of ${source}`);
          kinds[i] = block.type;
        }
      }
    }
  });

  it('holds back only the last line or two', () => {
    fc.assert(
      fc.property(fc.constantFrom(...corpus), fc.nat(), (source, cut) => {
        const prefix = source.slice(0, cut % (source.length + 1));
        const shown = withoutHalfMarkup(prefix);
        expect(prefix.startsWith(shown)).toBe(true);
        expect(prefix.slice(shown.length).split('\n').length).toBeLessThanOrEqual(3);
      }),
    );
  });
});
