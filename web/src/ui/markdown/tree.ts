import type { Token } from 'markdown-it';
import type { Align, Block, Inline, ListItem } from './ast.ts';
import { linkBareAddresses, target } from './links.ts';

/** Lexes the raw text of the block token `source`; how references are found is the caller's business. */
export type InlineLexer = (text: string, source: Token) => Token[];

/** Turns the lexer's flat tokens into blocks. Link definitions yield nothing. */
export function blocks(tokens: readonly Token[], lex: InlineLexer): Block[] {
  return groups(tokens).flatMap((group) => block(group, lex) ?? []);
}

/** The tokens between an opening token and its closing one, or a token that stands alone. */
interface Group {
  token: Token;
  inner: Token[];
}

function groups(tokens: readonly Token[]): Group[] {
  const found: Group[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.nesting < 0) depth--;
    if (depth === 0 && token.nesting >= 0) found.push({ token, inner: [] });
    else if (depth > 0) found.at(-1)?.inner.push(token);
    if (token.nesting > 0) depth++;
  }
  return found;
}

function block({ token, inner }: Group, lex: InlineLexer): Block | null {
  switch (token.type) {
    case 'paragraph_open':
      return { type: 'paragraph', tight: token.hidden, children: inlineOf(inner, lex) };
    case 'heading_open':
      return { type: 'heading', level: Number(token.tag.slice(1)), children: inlineOf(inner, lex) };
    case 'fence':
      return { type: 'code', language: language(token.info), text: token.content.replace(/\n$/, '') };
    case 'code_block':
      return { type: 'code', language: '', text: token.content.replace(/\n$/, '') };
    case 'math_block':
      return { type: 'math', tex: token.content };
    case 'blockquote_open':
      return { type: 'quote', children: blocks(inner, lex) };
    case 'bullet_list_open':
      return { type: 'list', start: null, items: groups(inner).map((item) => listItem(item, lex)) };
    case 'ordered_list_open':
      return {
        type: 'list',
        start: Number(token.attrGet('start') ?? 1),
        items: groups(inner).map((item) => listItem(item, lex)),
      };
    case 'table_open':
      return table(inner, lex);
    case 'hr':
      return { type: 'rule' };
    default:
      return null;
  }
}

const language = (info: string) => /^[^\s{]+/.exec(info.trim())?.[0].toLowerCase() ?? '';

function listItem({ inner }: Group, lex: InlineLexer): ListItem {
  const text = inner[0]?.type === 'paragraph_open' ? inner[1] : undefined;
  const box = /^\[([ xX])\][ \t\n]+/.exec(text?.content ?? '');
  if (!text || !box) return { checked: null, children: blocks(inner, lex) };
  const [mark, letter] = box;
  return {
    checked: letter !== ' ',
    children: blocks(inner, (content, source) =>
      lex(source === text ? content.slice(mark.length) : content, source),
    ),
  };
}

function table(inner: readonly Token[], lex: InlineLexer): Block {
  const rows = groups(inner)
    .flatMap((section) => groups(section.inner))
    .map((row) => groups(row.inner));
  const [head = [], ...body] = rows;
  const cells = (row: Group[]) => row.map((cell) => inlineOf(cell.inner, lex));
  return {
    type: 'table',
    align: head.map((cell) => alignment(attribute(cell.token, 'style'))),
    head: cells(head),
    rows: body.map((row) => withoutMissing(cells(row))),
  };
}

/** Cells a row leaves out at its end: drawing them would let a short text make a huge table. */
function withoutMissing(row: Inline[][]): Inline[][] {
  return row.slice(0, row.findLastIndex((cell) => cell.length > 0) + 1);
}

function alignment(style: string): Align {
  const side = style.slice('text-align:'.length);
  return side === 'left' || side === 'center' || side === 'right' ? side : null;
}

function inlineOf(tokens: readonly Token[], lex: InlineLexer): Inline[] {
  const source = tokens.find((token) => token.type === 'inline');
  return source ? inlines(lex(source.content, source), { insideLink: false, depth: 0 }) : [];
}

interface Place {
  insideLink: boolean;
  depth: number;
}

/** Emphasis within emphasis beyond this depth becomes plain text: nobody means it, and recursion has an end. */
const MAX_DEPTH = 16;

function inlines(tokens: readonly Token[], place: Place): Inline[] {
  if (place.depth > MAX_DEPTH) return [{ type: 'text', text: plain(tokens) }];
  const nodes: Inline[] = [];
  let text = '';
  const flush = () => {
    if (text) nodes.push(...(place.insideLink ? [{ type: 'text' as const, text }] : linkBareAddresses(text)));
    text = '';
  };
  for (const group of groups(tokens)) {
    if (group.token.type === 'text' || group.token.type === 'text_special') {
      text += group.token.content;
    } else {
      flush();
      nodes.push(...inline(group, { ...place, depth: place.depth + 1 }));
    }
  }
  flush();
  return nodes;
}

function inline({ token, inner }: Group, place: Place): Inline[] {
  switch (token.type) {
    case 'strong_open':
      return [{ type: 'strong', children: inlines(inner, place) }];
    case 'em_open':
      return [{ type: 'emphasis', children: inlines(inner, place) }];
    case 's_open':
      return [{ type: 'strike', children: inlines(inner, place) }];
    case 'code_inline':
      return [{ type: 'code', text: token.content }];
    case 'math_inline':
      return [{ type: 'math', tex: token.content, display: token.markup === '$$' }];
    case 'softbreak':
    case 'hardbreak':
      return [{ type: 'break' }];
    case 'link_open':
      return link(token, inner, place);
    case 'image': {
      const found = place.insideLink ? null : target(attribute(token, 'src'));
      return [{ type: 'image', target: found, alt: plain(token.children ?? []) }];
    }
    default:
      return [];
  }
}

/** A link to where we do not go is its label. */
function link(token: Token, inner: readonly Token[], place: Place): Inline[] {
  const found = target(attribute(token, 'href'));
  if (found) return [{ type: 'link', ...found, children: inlines(inner, { ...place, insideLink: true }) }];
  return token.info === 'auto' ? [{ type: 'text', text: `<${plain(inner)}>` }] : inlines(inner, place);
}

const attribute = (token: Token, name: string) => String(token.attrGet(name) ?? '');

function plain(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      token.type.endsWith('break') ? ' ' : token.children ? plain(token.children) : token.content,
    )
    .join('');
}
