import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpus, fragments } from './corpus.ts';
import { show } from './testkit.tsx';

const ELEMENTS = new Set(
  'DIV P H3 H4 H5 H6 UL OL LI BLOCKQUOTE HR TABLE THEAD TBODY TR TH TD PRE CODE SPAN BUTTON A STRONG EM DEL BR'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'class href title target rel start tabindex scope role aria-label aria-live type'.split(' '),
);

/** Fails on anything that a text must never be able to put into the page. */
function expectHarmless(view: HTMLElement): void {
  const strange = [...view.querySelectorAll('*')].flatMap((element) => [
    ...(ELEMENTS.has(element.tagName) ? [] : [element.tagName]),
    ...element.getAttributeNames().filter((name) => !ATTRIBUTES.has(name) && !name.startsWith('data-')),
  ]);
  const links = [...view.querySelectorAll('a')].filter(
    (link) =>
      !/^(?:https?:\/\/[^/]|mailto:.)/.test(link.getAttribute('href') ?? '') ||
      link.rel !== 'noopener noreferrer',
  );
  expect({ strange, links }).toEqual({ strange: [], links: [] });
}

const HTML = [
  '<script>alert(1)</script>',
  'a <script src="https://evil.example/x.js"></script> b',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)" onclick="x()">y</a>',
  '<details open ontoggle=alert(1)>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<style>@import "https://evil.example"</style>',
  '<div style="background:url(https://evil.example)">x</div>',
  '- <b onmouseover=x>in a list</b>',
  '| <img src=x onerror=y> |\n|---|\n| <script>z</script> |',
  '`<script>`\n\n```html\n<script>alert(1)</script>\n```',
  '# <object data="data:text/html,x">',
];

const ADDRESSES = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  '\u0001javascript:alert(1)',
  '&#106;avascript:alert(1)',
  '&#x6A;&#x61;vascript&colon;alert(1)',
  'javascript&#58;alert(1)',
  'javascript&#9;:alert(1)',
  '%6aavascript:alert(1)',
  'java\\script:alert(1)',
  'vbscript:msgbox(1)',
  'data:text/html;base64,PHNjcmlwdD4=',
  'data:image/svg+xml,<svg/onload=alert(1)>',
  'file:///etc/passwd',
  'blob:https://a.example/1',
  'filesystem:https://a.example/x',
  'ftp://a.example',
  'chrome://settings',
  '//evil.example/x',
  '/api/v1/sessions',
  '#top',
  '?x=1',
  'http:',
  'http://',
  'mailto:',
  'https://[broken',
];

describe('hostile text', () => {
  it.each(HTML)('shows HTML as text: %s', (text) => {
    const view = show(text);
    expectHarmless(view);
    expect(view.textContent).toContain('<');
  });

  it.each(ADDRESSES)('makes no link to %j', (address) => {
    for (const text of [
      `[label](${address})`,
      `[label](<${address}>)`,
      `![label](${address})`,
      `![label](<${address}>)`,
      `[label][r]\n\n[r]: ${address}`,
      `[label][r]\n\n[r]: <${address}>`,
      `<${address}>`,
      `text ${address} text`,
    ]) {
      const view = show(text);
      expectHarmless(view);
      const links = [...view.querySelectorAll('a')].filter((a) => !/^https?:\/\/a\.example\//.test(a.href));
      expect(links, text).toEqual([]);
    }
  });

  it('never loads a picture', () => {
    const view = show('![a **cat**](https://pics.example/cat.png "t") ![](https://pics.example/x.png)');
    expect(view.querySelector('img')).toBeNull();
    const chips = [...view.querySelectorAll('a.md-image')];
    expect(chips.map((chip) => chip.textContent)).toEqual(['a catpics.example', 'Imagepics.example']);
    expect(show('[![b](https://pics.example/b.png)](https://to.example)').querySelectorAll('a')).toHaveLength(
      1,
    );
  });

  it('stays harmless for any mixture of constructs, whole or growing', () => {
    const parts = fc.array(fc.constantFrom(...fragments, ...HTML, ...ADDRESSES, '](', '<', '>', '[x]('), {
      maxLength: 14,
    });
    fc.assert(
      fc.property(parts, fc.boolean(), (pieces, streaming) =>
        expectHarmless(show(pieces.join(''), streaming)),
      ),
      { numRuns: 300 },
    );
    for (const text of corpus) expectHarmless(show(text));
  });

  it.each([
    ['brackets', '['.repeat(5_000)],
    ['image brackets', '!['.repeat(5_000)],
    ['stars', '*a '.repeat(5_000)],
    ['backticks', Array.from({ length: 300 }, (_, i) => '`'.repeat(i + 1)).join(' ')],
    ['quotes', '> '.repeat(5_000)],
    ['lists', '- '.repeat(5_000)],
    ['formula openers', '\\[\n\\(\n'.repeat(500)],
    ['dollars', 'a $b '.repeat(5_000)],
    ['markers at the end', `x${'*&![\\'.repeat(5_000)}x`],
    ['deep emphasis', '**a *b '.repeat(2_000)],
    ['columns', `${'|a'.repeat(200)}|\n${'|-'.repeat(200)}|\n${'|\n'.repeat(100)}`],
  ])('survives many %s', (_, text) => {
    expectHarmless(show(text, true));
    expectHarmless(show(text));
  });
});
