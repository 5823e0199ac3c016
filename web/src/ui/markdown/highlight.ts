// The heavy part of code blocks, run in a worker: TextMate grammars through shiki, each loaded on first use.
import { createJavaScriptRegexEngine } from '@shikijs/engine-javascript';
import { codeToTokensBase, createShikiPrimitiveAsync } from '@shikijs/primitive';
import type { Kind, Language, Line, Piece } from './languages.ts';

const GRAMMARS = {
  bash: () => import('@shikijs/langs/shellscript'),
  c: () => import('@shikijs/langs/c'),
  cpp: () => import('@shikijs/langs/cpp'),
  csharp: () => import('@shikijs/langs/csharp'),
  css: () => import('@shikijs/langs/css'),
  diff: () => import('@shikijs/langs/diff'),
  go: () => import('@shikijs/langs/go'),
  html: () => import('@shikijs/langs/html'),
  java: () => import('@shikijs/langs/java'),
  javascript: () => import('@shikijs/langs/javascript'),
  json: () => import('@shikijs/langs/jsonc'),
  jsx: () => import('@shikijs/langs/jsx'),
  kotlin: () => import('@shikijs/langs/kotlin'),
  markdown: () => import('@shikijs/langs/markdown'),
  python: () => import('@shikijs/langs/python'),
  rust: () => import('@shikijs/langs/rust'),
  sql: () => import('@shikijs/langs/sql'),
  swift: () => import('@shikijs/langs/swift'),
  toml: () => import('@shikijs/langs/toml'),
  tsx: () => import('@shikijs/langs/tsx'),
  typescript: () => import('@shikijs/langs/typescript'),
  xml: () => import('@shikijs/langs/xml'),
  yaml: () => import('@shikijs/langs/yaml'),
} satisfies Record<Language, () => Promise<unknown>>;

/** TextMate scopes by what they mean to the reader. Later lines win over earlier ones of the same depth. */
const SCOPES: Record<Kind, string> = {
  comment: 'comment, punctuation.definition.comment, markup.deleted.diff',
  string:
    'string, punctuation.definition.string, markup.inserted, markup.inline.raw, constant.character.escape, constant.other.symbol',
  number: 'constant.numeric, constant.language, support.constant, constant.other.color',
  keyword:
    'keyword, storage, storage.type.modifier, variable.language, entity.name.tag, meta.diff.header, markup.heading',
  function: 'entity.name.function, support.function, meta.function-call.generic, variable.function',
  type: 'entity.name.type, entity.name.class, entity.other.inherited-class, support.type, support.class, entity.other.attribute-name, support.type.property-name, meta.diff.range',
};

// A theme whose colours are references, so that light, dark and high contrast follow the page.
const THEME = {
  name: 'page',
  type: 'light' as const,
  colors: { 'editor.foreground': 'var(--plain)', 'editor.background': 'var(--none)' },
  tokenColors: [
    ...Object.entries(SCOPES).map(([kind, scope]) => ({
      scope: scope.split(', '),
      settings: { foreground: `var(--${kind})` },
    })),
    {
      scope: [
        'keyword.operator',
        'punctuation',
        'storage.type.function.arrow',
        'meta.embedded',
        'meta.template.expression',
      ],
      settings: { foreground: 'var(--plain)' },
    },
  ],
};

let primitive: ReturnType<typeof createShikiPrimitiveAsync> | undefined;

/** Colours `text`. The first call for a language takes long (0.1–1 s: its regular expressions are translated). */
export async function highlight(text: string, language: Language): Promise<readonly Line[]> {
  primitive ??= createShikiPrimitiveAsync({
    themes: [THEME],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const [shiki, grammar] = await Promise.all([primitive, GRAMMARS[language]()]);
  await shiki.loadLanguage(grammar.default);
  const lines = codeToTokensBase(shiki, text, {
    lang: grammar.default.at(-1)?.name ?? language,
    theme: THEME.name,
    // the length of lines is bounded instead (languages.ts): equal code gets equal colours on any machine
    tokenizeTimeLimit: 0,
  });
  return lines.map((line) => pieces(line));
}

/** Neighbours of one colour become one piece: fewer elements. */
function pieces(tokens: readonly { content: string; color?: string }[]): Line {
  const line: Piece[] = [];
  for (const { content, color } of tokens) {
    const kind = kindOf(color);
    const last = line.at(-1);
    if (last && (last.kind === kind || !content.trim())) last.text += content;
    else line.push({ text: content, kind });
  }
  return line;
}

function kindOf(color: string | undefined): Kind | null {
  const name = /^var\(--(\w+)\)$/.exec(color ?? '')?.[1];
  return name !== undefined && Object.hasOwn(SCOPES, name) ? (name as Kind) : null;
}
