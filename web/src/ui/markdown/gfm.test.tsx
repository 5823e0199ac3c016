import { describe, expect, it } from 'vitest';
import { html, parse, show } from './testkit.tsx';

describe('blocks', () => {
  it('renders a table with alignment and escaped pipes in a scrolling region', () => {
    const view = show('| a | b | c |\n|:--|:-:|--:|\n| 1 \\| 2 | **x** |\n| `p|q` |\n|  | y |');
    const cells = [...view.querySelectorAll('th, td')];
    expect(cells.slice(0, 3).map((c) => c.getAttribute('data-align'))).toEqual(['left', 'center', 'right']);
    expect(cells.slice(3, 5).map((c) => c.innerHTML)).toEqual(['1 | 2', '<strong>x</strong>']);
    expect(view.querySelectorAll('tbody tr')).toHaveLength(3);
    expect(view.querySelector('tbody tr:last-child')?.textContent).toBe('y');
    expect(view.querySelector('.md-table')?.getAttribute('tabindex')).toBe('0');
    expect(view.querySelector('th')?.getAttribute('scope')).toBe('col');
  });

  it('nests lists, keeps numbers and tells tight from loose', () => {
    expect(html('3. a\n   - b\n     1. c\n4. d')).toBe(
      '<ol start="3"><li>a<ul><li>b<ol start="1"><li>c</li></ol></li></ul></li><li>d</li></ol>',
    );
    expect(html('- a\n\n- b')).toBe('<ul><li><p>a</p></li><li><p>b</p></li></ul>');
  });

  it('shows tasks with their state by name', () => {
    const view = show('- [ ] buy **milk**\n- [x] sleep\n- [y] no task\n- [ ]no task');
    expect([...view.querySelectorAll('.md-box')].map((b) => b.getAttribute('aria-label'))).toEqual([
      'Open',
      'Done',
    ]);
    expect(view.querySelectorAll('li')[0]?.textContent).toBe('buy milk');
    expect(view.querySelectorAll('li')[2]?.textContent).toBe('[y] no task');
    expect(view.querySelector('input')).toBeNull();
  });

  it('renders headings below those of the page, quotes, rules and breaks', () => {
    expect(html('# A\n\nB\n---\n\n> q\n> r\n\n***\n\na  \nb\\\nc')).toBe(
      '<h3 class="md-h1">A</h3><h4 class="md-h2">B</h4><blockquote><p>q<br>r</p></blockquote><hr><p>a<br>b<br>c</p>',
    );
  });

  it('keeps code as it is, with its language', () => {
    expect(parse('```TS title="x"\na\n\n  b\n```')).toEqual([
      { type: 'code', language: 'ts', text: 'a\n\n  b' },
    ]);
    expect(parse('    indented\n\n    more')).toEqual([
      { type: 'code', language: '', text: 'indented\n\nmore' },
    ]);
    expect(parse('````\n```\n````')).toEqual([{ type: 'code', language: '', text: '```' }]);
  });
});

describe('inline text', () => {
  it('links by name, wherever the name is defined, the first definition counting', () => {
    const [first] = parse('see [a][X] and [x]\n\n[x]: https://one.example\n[X]: https://two.example');
    expect(JSON.stringify(first).match(/https:\/\/one\.example\//g)).toHaveLength(2);
  });

  it.each([
    ['see https://a.example/x_y_(z), ok', 'https://a.example/x_y_(z)'],
    ['(https://a.example/x)', 'https://a.example/x'],
    ['www.example.com.', 'https://www.example.com/'],
    ['mail me@example.org!', 'mailto:me@example.org'],
    ['<https://a.example/?q=1&r=2>', 'https://a.example/?q=1&r=2'],
    ['at http://localhost:7700/a', 'http://localhost:7700/a'],
  ])('finds the address in %s', (text, href) => {
    const links = show(text).querySelectorAll('a');
    expect(links).toHaveLength(1);
    expect(links[0]?.getAttribute('href')).toBe(href);
  });

  it.each(['a@b', 'http://', 'www.', 'https://x', 'e.g. this', 'file.ts', '`https://a.example`'])(
    'finds no address in %s',
    (text) => expect(show(text).querySelector('a')).toBeNull(),
  );

  it('opens links elsewhere, without telling where from, and names their host', () => {
    const link = show('[**text**](https://user@evil.example:8080/p "title")').querySelector('a');
    expect(link?.outerHTML).toBe(
      '<a href="https://user@evil.example:8080/p" title="evil.example:8080" target="_blank" rel="noopener noreferrer"><strong>text</strong></a>',
    );
  });

  it('decodes the usual entities and leaves unknown ones', () => {
    expect(show('&lt;b&gt; &copy; &#20013; &#x4e2d; &nosuch; &amp;amp;').textContent).toBe(
      '<b> © 中 中 &nosuch; &amp;',
    );
  });
});
