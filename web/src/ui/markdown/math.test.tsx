import { waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Block, Inline } from './ast.ts';
import { parse, parseOpen, show } from './testkit.tsx';
import { typeset } from './typeset.ts';

/** The formulas in a text, `block:` or `display:` before those that stand apart. */
function formulas(text: string, blocks: readonly Block[] = parse(text)): string[] {
  const inner = (nodes: readonly Inline[]): string[] =>
    nodes.flatMap((node) =>
      node.type === 'math'
        ? [node.display ? `display:${node.tex}` : node.tex]
        : 'children' in node
          ? inner(node.children)
          : [],
    );
  return blocks.flatMap((block) => {
    if (block.type === 'math') return [`block:${block.tex}`];
    if (block.type === 'paragraph' || block.type === 'heading') return inner(block.children);
    if (block.type === 'quote') return formulas('', block.children);
    if (block.type === 'list') return block.items.flatMap((item) => formulas('', item.children));
    return block.type === 'table' ? [block.head, ...block.rows].flat().flatMap(inner) : [];
  });
}

describe('formulas', () => {
  it.each<[string, string[]]>([
    ['Euler: $e^{i\\pi}+1=0$.', ['e^{i\\pi}+1=0']],
    ['其中$x_1$是根，$y$也是', ['x_1', 'y']],
    ['set \\(a\\) and \\(b + c\\)', ['a', 'b + c']],
    ['$$\n\\sum_i x_i\n= 1\n$$', ['block:\\sum_i x_i\n= 1']],
    ['\\[ x^2 \\]', ['block:x^2']],
    ['text\n$$\nx\n$$\ntext', ['block:x']],
    ['inline $$x^2$$ display', ['display:x^2']],
    ['as \\[x^2\\] here', ['display:x^2']],
    ['- item\n  $$\n  x\n  $$\n- $y$', ['block:x', 'y']],
    ['> $$x$$', ['block:x']],
    ['| $a$ | b |\n|---|---|\n| $c_1$ | $d$ |', ['a', 'c_1', 'd']],
    ['$a*b*c$ and *$x$*', ['a*b*c', 'x']],
    ['$5 + x$ and $2$', ['5 + x', '2']],
    ['$\\$5$', ['\\$5']],
    ['$$ 单价 \\times 数量 $$', ['block:单价 \\times 数量']],
  ])('%j', (text, expected) => expect(formulas(text)).toEqual(expected));

  it.each([
    '$5 and $10',
    'from $5 to $10, or $7.50 each',
    'costs $5, saves $3',
    '$5/month or $50/year',
    '$1,000–$2,000',
    'US$5 and HK$40',
    '价格是$5，而不是$10。',
    '从$5到$10涨了',
    '$5 per month x$ y',
    '$HOME/$USER and $PATH',
    'a $ b $ c',
    '\\$x\\$',
    '`$x$`',
    '$x',
    '$$x',
    '\\(x',
    '$$\n\nx\n$$',
    'see \\[1\\] and \\[link\\](u)',
    '$$$$',
  ])('leaves %j as text', (text) => expect(formulas(text)).toEqual([]));

  it('shows an unfinished formula as text and does not swallow what follows a stray mark', () => {
    expect(formulas('', parseOpen('so $x^2 + '))).toEqual([]);
    expect(formulas('', parseOpen('$$\nx^2'))).toEqual([]);
    expect(parse('$$ stray\n\n# Next').map((block) => block.type)).toEqual(['paragraph', 'heading']);
  });
});

describe('typesetting', () => {
  it('turns TeX into MathML elements, with the source until it is loaded', async () => {
    const view = show('$\\frac{a}{b}$');
    await waitFor(() => expect(view.querySelector('math mfrac')).not.toBeNull());
    expect(view.querySelector('math')?.textContent).toBe('ab');
    const display = show('$$\n\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\n$$');
    expect(display.querySelectorAll('.md-display math[display="block"] mtable mtr')).toHaveLength(2);
  });

  it('keeps the source of what it cannot understand', async () => {
    await import('./typeset.ts');
    expect(typeset('\\frac{', false)).toBeNull();
    expect(typeset('\\nosuchcommand', false)).toBeNull();
    expect(show('$\\frac{$').querySelector('code.md-tex')?.textContent).toBe('\\frac{');
  });

  it.each([
    '\\href{javascript:alert(1)}{x}',
    '\\url{javascript:alert(1)}',
    '\\includegraphics{https://evil.example/x.png}',
    '\\class{evil}{x}',
    '\\id{evil}{x}',
    '\\style{background:url(https://evil.example)}{x}',
    '\\data{onclick=alert(1)}{x}',
    '\\text{<img src=x onerror=alert(1)>}',
    '\\def\\a{\\a\\a}\\a',
    '\\rule{1000000em}{1000000em}',
    '{'.repeat(3000),
    '\\color{red;background:url(//evil)}x',
  ])('is harmless with %s', async (tex) => {
    await import('./typeset.ts');
    const view = show(`$$\n${tex}\n$$`);
    expect(view.querySelector('a, img, script, [id], [onclick], .evil, annotation-xml')).toBeNull();
    for (const element of view.querySelectorAll('[style]')) {
      expect(element.getAttribute('style')).not.toMatch(/url|expression|position|\d{4}/);
    }
  });
});
