import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Request } from './colours.ts';
import { highlight } from './highlight.ts';
import { answer } from './highlight-worker.ts';
import { Markdown, MarkdownLabels } from './index.ts';
import { colourable, type Language } from './languages.ts';
import { show } from './testkit.tsx';

async function colours(text: string, language: Language): Promise<string[]> {
  const lines = await highlight(text, language);
  return lines.flat().flatMap((piece) => (piece.kind ? [`${piece.kind}:${piece.text.trim()}`] : []));
}

const PATIENT = { timeout: 20_000 };

/** Runs what the worker runs, in this thread. */
class InProcessWorker {
  onmessage: ((event: { data: Answer }) => void) | null = null;
  async postMessage(request: Request) {
    this.onmessage?.({ data: await answer(request) });
  }
  terminate() {}
}

describe('a code block', () => {
  beforeEach(() => vi.stubGlobal('Worker', InProcessWorker));
  afterEach(() => vi.unstubAllGlobals());

  it('is plain while it grows and coloured once it is whole', async () => {
    const open = show('```json\n{"a": 1}', true);
    const whole = show('```json\n{"a": 1}\n```\n\nDone', true);
    await waitFor(() => expect(whole.querySelector('.md-number')?.textContent).toBe('1'), PATIENT);
    expect(whole.querySelector('pre')?.textContent).toBe('{"a": 1}');
    expect(open.querySelector('pre span')).toBeNull();
    expect(open.querySelector('pre')?.textContent).toBe('{"a": 1}');
    // and at once when it comes back into view
    expect(show('```json\n{"a": 1}\n```').querySelector('.md-number')?.textContent).toBe('1');
  });

  it('stays plain when the worker fails, and tries again later', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.resetModules();
    const { requestColours } = await import('./colours.ts');
    vi.stubGlobal(
      'Worker',
      class {
        constructor() {
          throw new Error('no workers here');
        }
      },
    );
    expect(await requestColours('json', '[0]')).toBe(false);
    expect(warn).toHaveBeenCalledOnce();
    vi.stubGlobal('Worker', InProcessWorker);
    expect(await requestColours('json', '[0]')).toBe(true);
    warn.mockRestore();
  });

  it('copies its text and says so in the words it was given', async () => {
    const writeText = vi.fn(async () => {});
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    render(
      <MarkdownLabels value={{ copy: '复制', copied: '已复制' }}>
        <Markdown text={'```\na <b>\n\n```'} />
      </MarkdownLabels>,
    );
    await act(async () => fireEvent.click(screen.getByRole('button', { name: '复制' })));
    expect(writeText).toHaveBeenCalledWith('a <b>\n');
    expect(screen.getByRole('button', { name: '已复制' })).toBeDefined();
  });

  it('does not claim to have copied when it could not', async () => {
    vi.stubGlobal('navigator', {});
    render(<Markdown text={'```\na\n```'} />);
    await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Copy' })));
    expect(screen.getByRole('button').textContent).toBe('Copy');
    expect(document.querySelector('textarea')).toBeNull();
  });

  it('shows its language and no colours for unknown or very large code', () => {
    expect(show('```brainfuck\n+\n```').querySelector('.md-code-head')?.textContent).toContain('brainfuck');
    expect(colourable('brainfuck', '+')).toBeNull();
    expect(colourable('constructor', '+')).toBeNull();
    expect(colourable('js', 'x'.repeat(2_001))).toBeNull();
    expect(colourable('js', 'x\n'.repeat(20_001))).toBeNull();
    expect(colourable('sh', 'ls')).toBe('bash');
    expect(colourable('c++', 'int x;')).toBe('cpp');
  });
});

describe('colours', () => {
  it.each<[Language, string, string[]]>([
    [
      'python',
      'def f(x):\n    return "a"  # b',
      ['keyword:def', 'function:f', 'keyword:return', 'string:"a"', 'comment:# b'],
    ],
    [
      'rust',
      'fn main() { let x: u8 = 1; }',
      ['keyword:fn', 'function:main', 'keyword:let', 'type:u8', 'number:1'],
    ],
    ['json', '{"a": 1}', ['number:1']],
    ['bash', 'echo "hi" # c', ['string:"hi"', 'comment:# c']],
    ['sql', 'SELECT 1 -- c', ['keyword:SELECT', 'number:1', 'comment:-- c']],
    ['html', '<a href="x">', ['keyword:a', 'string:"x"']],
    ['typescript', 'const s: Map<A> = f()', ['keyword:const', 'type:Map', 'function:f']],
    ['yaml', 'a: 1 # c', ['number:1', 'comment:# c']],
  ])('%s', async (language, text, expected) => {
    expect(await colours(text, language)).toEqual(expect.arrayContaining(expected));
  });

  it.each<Language>([
    'c',
    'cpp',
    'csharp',
    'css',
    'diff',
    'go',
    'java',
    'javascript',
    'jsx',
    'kotlin',
    'markdown',
    'swift',
    'toml',
    'tsx',
    'xml',
  ])('has a grammar for %s that keeps every letter', async (language) => {
    const text = '// a "b"\n\nif (x < 1) { y = "z" }\n# k: v\n<a b="c">\n';
    const lines = await highlight(text, language);
    expect(lines.map((line) => line.map((piece) => piece.text).join('')).join('\n')).toBe(text);
  });
});
