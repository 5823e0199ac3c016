import MarkdownIt, { type Token } from 'markdown-it';
import cjkFriendly from 'markdown-it-cjk-friendly';
import { math } from './math.ts';
import { mend } from './mend.ts';

/** A block of the top level with the lines it covers, counted from 0, `end` excluded. */
export interface LexedBlock {
  start: number;
  end: number;
  tokens: Token[];
}

export type References = Record<string, { href: string; title: string }>;

export interface Lexed {
  blocks: LexedBlock[];
  /** Link definitions by their normalised label; the first one of a label counts. */
  references: References;
  /** The first line whose meaning depends on text to come, `Infinity` if all is decided. */
  undecided: number;
}

const md = new MarkdownIt({ html: false, linkify: false, maxNesting: 50 })
  .use(cjkFriendly)
  .use(math)
  .use(mend);
// Addresses are judged once, in links.ts.
md.validateLink = () => true;
md.normalizeLink = (address) => address;
md.normalizeLinkText = (address) => address;

/** First pass: lines into blocks. Inline text is still raw. Expects `\n` as the only line end. */
export function lexBlocks(source: string): Lexed {
  const references: References = Object.create(null);
  const env: { references: References; undecided?: number } = { references };
  const tokens: Token[] = [];
  md.block.parse(source, md, env, tokens);
  return { blocks: topLevel(tokens), references, undecided: env.undecided ?? Infinity };
}

/** Second pass: the text of one paragraph, heading or cell. `mend` closes what is open at its end. */
export function lexInline(text: string, references: References, mend: boolean): Token[] {
  const tokens: Token[] = [];
  md.inline.parse(text, md, { references, mend }, tokens);
  return tokens;
}

function topLevel(tokens: readonly Token[]): LexedBlock[] {
  const blocks: LexedBlock[] = [];
  let current: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    depth += token.nesting;
    current.push(token);
    if (depth > 0) continue;
    const [start, end] = current[0]?.map ?? [0, 0];
    blocks.push({ start, end, tokens: current });
    current = [];
  }
  return blocks;
}
