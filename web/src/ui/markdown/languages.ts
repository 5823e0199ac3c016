/** A run of code in one colour; `kind` names a class of markdown.css, `null` is plain. */
export interface Piece {
  text: string;
  kind: Kind | null;
}
export type Line = readonly Piece[];
export type Kind = 'comment' | 'keyword' | 'string' | 'number' | 'function' | 'type';

/** The languages we colour, with the other names they go by. Their grammars are loaded in highlight.ts. */
const NAMES = {
  bash: 'sh shell shellscript zsh console',
  c: 'h',
  cpp: 'c++ cc cxx hpp',
  csharp: 'cs c#',
  css: '',
  diff: 'patch',
  go: 'golang',
  html: 'htm',
  java: '',
  javascript: 'js mjs cjs node',
  json: 'jsonc json5 jsonl',
  jsx: '',
  kotlin: 'kt',
  markdown: 'md',
  python: 'py python3',
  rust: 'rs',
  sql: 'mysql postgresql sqlite',
  swift: '',
  toml: 'ini',
  tsx: '',
  typescript: 'ts mts',
  xml: 'svg',
  yaml: 'yml',
} as const;

export type Language = keyof typeof NAMES;

const BY_NAME = new Map<string, Language>(
  (Object.keys(NAMES) as Language[]).flatMap((language) =>
    [language, ...NAMES[language].split(' ')].filter(Boolean).map((name) => [name, language] as const),
  ),
);

const MAX_CHARACTERS = 40_000;
const MAX_LINE = 2_000;

/** The language to colour `text` in, or `null`: unknown, or so large that plain text serves better. */
export function colourable(name: string, text: string): Language | null {
  const language = BY_NAME.get(name);
  if (!language || text.length > MAX_CHARACTERS || !text.trim()) return null;
  return text.split('\n').some((line) => line.length > MAX_LINE) ? null : language;
}
