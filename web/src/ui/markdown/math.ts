import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

/** How far a formula may reach: keeps the search for its end bounded on hostile text. */
const MAX_LINES = 64;
const MAX_CHARACTERS = 2_000;

/**
 * Formulas in the four usual spellings: `$…$`, `\(…\)` in a line, `$$…$$`, `\[…\]` on lines of their own or
 * in a line. A block formula holds no blank line, so a stray `$$` can never swallow the rest of an answer.
 *
 * A block formula is the one construct that looks ahead over lines which would otherwise be blocks. When the
 * text ends before it is decided, its first line is left in `env.undecided` (see document.ts).
 */
export function math(md: MarkdownIt): void {
  md.block.ruler.before('fence', 'math', blockFormula, {
    alt: ['paragraph', 'reference', 'blockquote', 'list'],
  });
  md.inline.ruler.before('escape', 'math', inlineFormula);
}

function blockFormula(state: StateBlock, first: number, end: number, silent: boolean): boolean {
  if (lineAt(state.sCount, first) - state.blkIndent >= 4) return false;
  const start = lineAt(state.bMarks, first) + lineAt(state.tShift, first);
  const close = state.src.startsWith('$$', start) ? '$$' : state.src.startsWith('\\[', start) ? '\\]' : null;
  if (!close) return false;

  const lines: string[] = [];
  for (let line = first; line < first + MAX_LINES; line++) {
    // the end of the text, or of a last line that is still growing
    if (line >= end || state.eMarks[line] === state.src.length) leaveUndecided(state, first);
    if (line >= end) return false;
    if (line > first && (state.isEmpty(line) || lineAt(state.sCount, line) < state.blkIndent)) return false;
    const from = line === first ? start + 2 : lineAt(state.bMarks, line) + lineAt(state.tShift, line);
    const text = state.src.slice(from, lineAt(state.eMarks, line)).trimEnd();
    const at = text.indexOf(close);
    if (at < 0) {
      lines.push(text);
      continue;
    }
    lines.push(text.slice(0, at));
    const tex = lines.join('\n').trim();
    if (at + 2 !== text.length || !tex || (close === '\\]' && !looksLikeMath(tex))) return false;
    if (silent) return true;
    const token = state.push('math_block', 'math', 0);
    token.content = tex;
    token.map = [first, line + 1];
    state.line = line + 1;
    return true;
  }
  return false;
}

function leaveUndecided({ env }: StateBlock, line: number): void {
  env.undecided = Math.min(typeof env.undecided === 'number' ? env.undecided : Infinity, line);
}

function inlineFormula(state: StateInline, silent: boolean): boolean {
  const found = formulaAt(state.src, state.pos, state.posMax);
  if (!found) return false;
  if (!silent) {
    const token = state.push('math_inline', 'math', 0);
    token.content = found.tex;
    token.markup = found.display ? '$$' : '$';
  }
  state.pos = found.end;
  return true;
}

function formulaAt(
  src: string,
  at: number,
  max: number,
): { tex: string; display: boolean; end: number } | null {
  const open = src.slice(at, at + 2);
  const between = (close: string): string | null => {
    const length = src.slice(at + 2, Math.min(max, at + MAX_CHARACTERS)).indexOf(close);
    return length < 0 ? null : src.slice(at + 2, at + 2 + length).trim() || null;
  };
  const closed = (close: string, display: boolean, accepts: (tex: string) => boolean) => {
    const tex = between(close);
    return tex && accepts(tex) ? { tex, display, end: src.indexOf(close, at + 2) + 2 } : null;
  };
  if (open === '\\(') return closed('\\)', false, (tex) => !hasHan(tex) || looksLikeMath(tex));
  if (open === '\\[') return closed('\\]', true, looksLikeMath);
  if (open === '$$') return closed('$$', true, () => true);
  return open.charAt(0) === '$' ? dollarFormula(src, at, max) : null;
}

/** `$…$` hugs its content and stands free of words and digits, so that prices and shell variables stay text. */
function dollarFormula(src: string, at: number, max: number) {
  if (at > 0 && /[\w$]/.test(src.charAt(at - 1))) return null;
  const rest = src.slice(at + 1, Math.min(max, at + MAX_CHARACTERS));
  const length = /(?<!\\)\$/.exec(rest)?.index ?? 0;
  const tex = rest.slice(0, length);
  if (!tex || /^\s|\s$/.test(tex) || /[\w$]/.test(rest.charAt(length + 1))) return null;
  if (looksLikePrice(tex) || (hasHan(tex) && !looksLikeMath(tex))) return null;
  return { tex, display: false, end: at + 1 + length + 1 };
}

const hasHan = (tex: string) => /[\p{sc=Han}，。；：！？、]/u.test(tex);

const looksLikeMath = (tex: string) => /[\\^_=<>+{}|]/.test(tex);

/** "5 per month or", "10，", "3-": an amount followed by words, not a formula that begins with a number. */
const looksLikePrice = (tex: string) =>
  /^\d/.test(tex) && !tex.includes('\\') && (hasHan(tex) || /\s[A-Za-z]{2,}|[-–/,.]$/.test(tex));

const lineAt = (table: readonly number[], line: number) => table[line] ?? 0;
