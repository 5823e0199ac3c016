/** Rules of the house that no linter knows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '.');
const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { path: relative(SRC, path), text: readFileSync(path, 'utf8') };
  });
const code = files.filter(({ path }) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));
const production = code.filter(({ path }) => !/\.test\.tsx?$|(^|\/)test(kit|ing)\b/.test(path));
const imports = (text: string) =>
  [...text.matchAll(/(?:from|import\() ?'([^']+)'/g)].map((match) => match[1] ?? '');
const offenders = (list: typeof files, wrong: (file: (typeof files)[number]) => boolean) =>
  list.filter(wrong).map((file) => file.path);

describe('layers', () => {
  test('ui knows neither the server nor the windows', () => {
    const ui = production.filter(({ path }) => path.startsWith('ui/'));
    expect(
      offenders(ui, ({ text }) =>
        imports(text).some((from) => /\/(api|windows|pages|shell|dock|runs)\//.test(from)),
      ),
    ).toEqual([]);
  });

  test('core knows nothing but the words of the API', () => {
    const core = production.filter(({ path }) => path.startsWith('core/'));
    const wrong = (from: string) => from.startsWith('../') && from !== '../api/types.ts';
    expect(offenders(core, ({ text }) => imports(text).some(wrong))).toEqual([]);
  });

  test('windows never import each other', () => {
    const wrong = ({ path, text }: { path: string; text: string }) => {
      const own = /^windows\/([^/]+)\//.exec(path)?.[1];
      return imports(text).some((from) => {
        const other = /windows\/([^/.]+)\//.exec(from)?.[1];
        return own !== undefined && other !== undefined && other !== own;
      });
    };
    expect(offenders(production, wrong)).toEqual([]);
  });

  test('only the one door and its stream speak to the server', () => {
    const wrong = ({ path, text }: { path: string; text: string }) =>
      /\b(fetch|XMLHttpRequest|EventSource|WebSocket)\s*\(/.test(text) && path !== 'api/client.ts';
    expect(offenders(production, wrong)).toEqual([]);
  });
});

describe('safety', () => {
  test('nobody writes markup as text', () => {
    const wrong = ({ text }: { text: string }) =>
      /\.(innerHTML|outerHTML)\b|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write\(|\beval\(|new Function\(/.test(
        text,
      );
    expect(offenders(production, wrong)).toEqual([]);
  });

  test('nothing is fetched from elsewhere', () => {
    const wrong = ({ text }: { text: string }) =>
      /url\(\s*['"]?(https?:)?\/\//.test(text) || /src=["']https?:/.test(text);
    const styles = files.filter(({ path }) => path.endsWith('.css'));
    expect(offenders([...styles, ...production], wrong)).toEqual([]);
  });
});

describe('size and colour', () => {
  test('a file has at most 500 lines', () => {
    expect(offenders(code, ({ text }) => text.split('\n').length > 500)).toEqual([]);
  });

  test('colours live in the tokens', () => {
    const literal = /#[0-9a-f]{3,8}\b|\b(rgb|rgba|hsl|oklch|oklab|lab|lch)\(/i;
    const styles = files.filter(({ path }) => path.endsWith('.css') && path !== 'styles/tokens.css');
    const inCode = production.filter(({ path }) => path.endsWith('.tsx'));
    const bare = ({ text }: { text: string }) =>
      literal.test(text.replaceAll(/href="#[^"]*"|\/\/.*|\*.*/g, ''));
    expect(offenders([...styles, ...inCode], bare)).toEqual([]);
  });

  test('text stands in the catalogues, not between tags', () => {
    const wrong = ({ path, text }: { path: string; text: string }) =>
      path.endsWith('.tsx') && !path.startsWith('i18n/') && />\s*[A-Z][a-z]+ [a-z]+[^<{}=;]*<\//.test(text);
    expect(offenders(production, wrong)).toEqual([]);
  });
});
