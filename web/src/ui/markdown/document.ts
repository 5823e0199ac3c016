import type { Block } from './ast.ts';
import { type Lexed, type LexedBlock, lexBlocks, lexInline, type References } from './lexer.ts';
import { withoutHalfMarkup } from './mend.ts';
import { reuse } from './reuse.ts';
import { blocks } from './tree.ts';

/** A block that no later text can change, except by defining a link it names. */
interface Settled {
  node: Block;
  source: string;
  /** Link labels that were looked up in vain. */
  missing: ReadonlySet<string>;
}

/**
 * A Markdown text that grows at its end. Each update lexes only what follows the last settled block; settled
 * blocks keep their identity. At the end of the stream the blocks equal those of the whole text parsed at once.
 *
 * A block is settled once the block behind it has begun on a complete line: Markdown is read line by line, so
 * from there on nothing can join it. Three things look further ahead and are waited for: the incomplete last
 * line (also as the second of a table), a formula over several lines, the title of a link definition.
 */
export class GrowingDocument {
  /** Characters handed to the lexer so far: the measure of the work done. */
  lexed = 0;
  #text: string | null = null;
  #streaming = false;
  #shown: readonly Block[] = [];
  /** What the settled blocks cover. */
  #consumed = '';
  #settled: Settled[] = [];
  #references: References = Object.create(null);

  /** The blocks of `text`. While `streaming`, half-written markup at its very end is mended or held back. */
  update(text: string, streaming: boolean): readonly Block[] {
    if (text === this.#text && streaming === this.#streaming) return this.#shown;
    const ended = this.#text !== null && !this.#streaming;
    // a plain comparison of two flat strings: some microseconds for 100 KB
    if (ended || text.slice(0, this.#consumed.length) !== this.#consumed) this.#restart();
    this.#text = text;
    this.#streaming = streaming;

    const open = streaming ? this.#grow(text) : this.#finish(text);
    const shown = this.#settled.map((settled) => settled.node);
    for (const node of open) shown.push(reuse(this.#shown[shown.length], node));
    this.#shown = shown;
    return shown;
  }

  #restart(): void {
    this.#consumed = '';
    this.#settled = [];
    this.#references = Object.create(null);
  }

  /** Settles what can be settled and returns the open blocks. */
  #grow(text: string): Block[] {
    const raw = text.slice(this.#consumed.length);
    const tail = withoutHalfMarkup(normalise(raw));
    const lexed = this.#lex(tail);
    const firstOpen = firstUnsettled(lexed, tail);
    const open = lexed.blocks.slice(firstOpen);
    if (firstOpen > 0) {
      this.#settle(lexed, firstOpen, tail.split('\n'));
      const length = this.#consumed.length + lineOffset(raw, open[0]?.start ?? 0);
      this.#consumed = text.slice(0, length);
    }
    const known = merged(this.#references, lexed.references);
    return open.flatMap((block, i) => build(block, known, i === open.length - 1).node ?? []);
  }

  #finish(text: string): Block[] {
    const lexed = this.#lex(normalise(text.slice(this.#consumed.length)));
    const known = merged(this.#references, lexed.references);
    this.#resolve(known, Object.keys(lexed.references));
    return lexed.blocks.flatMap((block) => build(block, known, false).node ?? []);
  }

  #settle({ blocks, references }: Lexed, count: number, lines: readonly string[]): void {
    const closed = blocks.slice(0, count);
    const labels = closed.flatMap(
      ({ tokens }) => tokens.flatMap((token) => token.meta?.label ?? []) as string[],
    );
    for (const label of labels) this.#references[label] ??= references[label] ?? { href: '', title: '' };
    this.#resolve(this.#references, labels);
    for (const [i, block] of closed.entries()) {
      const { node, missing } = build(block, this.#references, false);
      const source = `${lines.slice(block.start, blocks[i + 1]?.start).join('\n')}\n`;
      const before = this.#shown[this.#settled.length];
      if (node) this.#settled.push({ node: reuse(before, node), source, missing });
    }
  }

  /** Builds those settled blocks anew that name a link which only now is defined. */
  #resolve(known: References, labels: readonly string[]): void {
    if (labels.length === 0) return;
    for (const settled of this.#settled) {
      if (!labels.some((label) => settled.missing.has(label))) continue;
      const [block] = this.#lex(settled.source).blocks;
      const { node, missing } = block ? build(block, known, false) : settled;
      if (node) Object.assign(settled, { node, missing });
    }
  }

  #lex(source: string): Lexed {
    this.lexed += source.length;
    return lexBlocks(source);
  }
}

/** How many blocks at the front no later text can change. */
function firstUnsettled({ blocks, undecided }: Lexed, tail: string): number {
  const lines = tail.split('\n');
  const complete = lines.length - 1;
  let count = blocks.findLastIndex((block) => block.start < complete && !isTableBy(complete, block));
  while (count > 0 && (blocks[count - 1]?.end ?? 0) >= undecided) count--;
  const definition = untitledDefinition(blocks.slice(0, count + 1), lines);
  return Math.max(definition < 0 ? count : definition, 0);
}

/** Whether it is a table only by its second line, number `line`, which is still growing. */
const isTableBy = (line: number, { start, tokens: [first] }: LexedBlock) =>
  first?.type === 'table_open' && start + 1 >= line;

/** The block with a link definition right above the growing text, which might be its title over several lines. */
function untitledDefinition(blocks: readonly LexedBlock[], lines: readonly string[]): number {
  for (let i = blocks.length - 1; i > 0; i--) {
    const block = blocks[i];
    const kind = block?.tokens[0]?.type;
    const follows = block !== undefined && lines[block.start - 1]?.trim() !== '';
    if (!follows || (kind !== 'paragraph_open' && kind !== 'code_block')) return -1;
    if (blocks[i - 1]?.tokens.some((token) => token.type === 'reference_definition')) return i - 1;
  }
  return -1;
}

function build(block: LexedBlock, known: References, open: boolean) {
  const missing = new Set<string>();
  const watched = new Proxy(known, {
    get(references, label: string) {
      if (!(label in references)) missing.add(label);
      return references[label];
    },
  });
  const last = open
    ? block.tokens.findLast((token) => token.type === 'inline' && token.content !== '')
    : null;
  const [node] = blocks(block.tokens, (text, source) => lexInline(text, watched, source === last));
  return { node: node ?? null, missing };
}

const merged = (first: References, second: References): References =>
  Object.assign(Object.create(null), second, first);

const normalise = (text: string) => text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd');

/** Where line number `line` begins in a text whose line ends may be of any kind. */
function lineOffset(text: string, line: number): number {
  const ends = text.matchAll(/\r\n?|\n/g);
  let offset = 0;
  for (let i = 0; i < line; i++) {
    const end = ends.next().value;
    offset = end ? end.index + end[0].length : text.length;
  }
  return offset;
}
