import type { Env, MarkdownIt, StateInline } from 'markdown-it';

/**
 * What of a growing text is shown: everything but a few last characters which could still turn into markup.
 * The result is a prefix of `tail` (only a fence's half-written language is cut out of its line), so blocks
 * found in it are blocks of the whole. Once the stream ends nothing is held back.
 */
export function withoutHalfMarkup(tail: string): string {
  const lineStart = tail.lastIndexOf('\n') + 1;
  const head = tail.slice(0, lineStart);
  const line = tail.slice(lineStart);
  const shown = withoutHalfLine(line);
  return (shown === '' && /^[\s|:-]*$/.test(line)) || /^ {0,3}\|/.test(line)
    ? withoutTableHead(head, shown)
    : head + shown;
}

function withoutHalfLine(line: string): string {
  // a lone run of markers or a number may become a heading rule, a list, a fence, a table rule …
  if (/^[\s>]*(?:[-+*=#|`~_:$\s]*|\d{1,3}[.)]?)$/.test(line)) return '';
  const fence = /^(\s*(?:`{3,}|~{3,}))[^`\n]*$/.exec(line)?.[1];
  if (fence) return fence;
  const end = line.slice(-64).replace(/[ \t\r]+$/, '');
  return line.slice(0, -64) + end.replace(/(?:[*_~`\\!]|\[[ xX]?\]?|&#?\w{0,31})+$/, '');
}

/** The first line of a table says so only when its second line is there. */
function withoutTableHead(head: string, line: string): string {
  const isRow = (text: string) => /^ {0,3}\|/.test(text);
  const previousStart = head.lastIndexOf('\n', head.length - 2) + 1;
  const previous = head.slice(previousStart);
  if (line !== '') return isRow(previous) ? head + line : head;
  if (!isRow(previous)) return head;
  const beforeStart = head.lastIndexOf('\n', previousStart - 2) + 1;
  return previousStart > 0 && isRow(head.slice(beforeStart, previousStart))
    ? head
    : head.slice(0, previousStart);
}

/**
 * With `env.mend` the inline lexer closes at the end of the text what is still open: bold, italic, struck,
 * code, and links whose address is still being written show their label. Reuses the lexer's own idea of what
 * opens (delimiter runs), so ` 2 * 3 ` or `snake_case` stay as they are.
 */
export function mend(md: MarkdownIt): void {
  md.inline.ruler.before('backticks', 'mend_code', openCode);
  md.inline.ruler.after('image', 'mend_link', openLink);
  md.inline.ruler2.after('balance_pairs', 'mend_emphasis', openEmphasis);
}

const mends = (env: Env) => env.mend === true;

function openCode(state: StateInline, silent: boolean): boolean {
  if (!mends(state.env) || state.src.charAt(state.pos) !== '`') return false;
  const run = /^`+/.exec(state.src.slice(state.pos, state.posMax))?.[0] ?? '';
  const from = state.pos + run.length;
  const content = state.src.slice(from, state.posMax);
  if (run.length > 2 || content.includes(run) || content.includes('\n') || !content.trim()) return false;
  if (!silent) state.push('code_inline', 'code', 0).content = content;
  state.pos = state.posMax;
  return true;
}

/** Stands behind the rules for complete links and images, which have refused. */
function openLink(state: StateInline, silent: boolean): boolean {
  if (silent || !mends(state.env) || state.posMax !== state.src.length) return false;
  const [opener] = /^!?\[/.exec(state.src.slice(state.pos, state.pos + 2)) ?? [];
  if (!opener) return false;
  const labelStart = state.pos + opener.length;
  const labelEnd = state.md.helpers.parseLinkLabel(state, labelStart - 1, opener === '[');
  const label = state.src.slice(labelStart, labelEnd < 0 ? state.posMax : labelEnd);
  const rest = labelEnd < 0 ? '' : state.src.slice(labelEnd + 1);
  if (label.length > 200 || /[\n[]|^\s|^\^?\d*$/.test(label)) return false;
  if (rest !== '' && !/^\([^\s)]*(?:\s+["'(][^)]*)?$/.test(rest)) return false;

  const end = state.posMax;
  if (opener === '[') {
    state.pos = labelStart;
    state.posMax = labelStart + label.length;
    state.md.inline.tokenize(state);
  }
  state.pos = state.posMax = end;
  return true;
}

const MARKERS = new Map([
  [0x2a, '*'],
  [0x5f, '_'],
  [0x7e, '~~'],
]);

/** More than this is not a person's emphasis any more. */
const MAX_OPEN = 8;

function openEmphasis(state: StateInline): void {
  if (!mends(state.env)) return;
  const lastBreak = state.tokens.findLastIndex((t) => t.type === 'softbreak' || t.type === 'hardbreak');
  const open: number[] = [];
  let covered = -1;
  for (const [index, delimiter] of state.delimiters.entries()) {
    covered = Math.max(covered, delimiter.end);
    if (delimiter.end >= 0 || !delimiter.open || index < covered || delimiter.token < lastBreak) continue;
    if (!MARKERS.has(delimiter.marker) || isTimesSign(state, index) || isHalfUsed(state, index)) continue;
    open.push(index);
  }
  if (open.length > MAX_OPEN) return;
  for (const index of open.reverse()) {
    const opener = state.delimiters[index];
    if (!opener) continue;
    const token = new state.Token('text', '', 0);
    token.content = MARKERS.get(opener.marker) ?? '';
    state.tokens.push(token);
    state.tokens_meta.push(undefined);
    opener.end = state.delimiters.length;
    state.delimiters.push({ ...opener, token: state.tokens.length - 1, end: -1, open: false, close: true });
  }
}

/** The rest of a run that has closed something: `**a *b** c`. */
function isHalfUsed({ delimiters }: StateInline, index: number): boolean {
  const [one, next] = delimiters.slice(index, index + 2);
  return next !== undefined && next.end >= 0 && next.marker === one?.marker && next.token === one.token + 1;
}

/** `5*3`: a lone star behind a letter or digit is more likely a product than emphasis. */
function isTimesSign(state: StateInline, index: number): boolean {
  const delimiter = state.delimiters[index];
  if (delimiter?.marker !== 0x2a || delimiter.length !== 1) return false;
  return /[\w)\]]$/.test(state.tokens[delimiter.token - 1]?.content ?? '');
}
