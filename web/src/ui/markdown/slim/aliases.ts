import { fileURLToPath } from 'node:url';

// Two parts of markdown-it which we do not need in full weigh as much as the lexer itself (18 of 41 KB gzip).
const slim = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/** For `resolve.alias` of the build. Without it everything works the same, only larger. */
export const markdownAliases = [
  { find: /^linkify-it$/, replacement: slim('linkify') },
  { find: /^entities$/, replacement: slim('entities') },
];
