// Shared by the tests beside it.
import { cleanup, render } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import type { Block } from './ast.ts';
import { GrowingDocument } from './document.ts';
import { Markdown } from './Markdown.tsx';

afterEach(cleanup);
// a busy machine is no failure
vi.setConfig({ testTimeout: 30_000 });

// happy-dom knows no MathML, whose elements have a style like all others.
if (!('style' in Element.prototype)) {
  Object.defineProperty(Element.prototype, 'style', {
    get(this: Element) {
      const set = (_: object, name: string, value: string) => {
        this.setAttribute('style', `${this.getAttribute('style') ?? ''}${name}:${value};`);
        return true;
      };
      return new Proxy({}, { set });
    },
  });
}

/** The blocks of a finished text. */
export function parse(text: string): readonly Block[] {
  return new GrowingDocument().update(text, false);
}

/** What is shown for a text that is still growing. */
export function parseOpen(text: string): readonly Block[] {
  return new GrowingDocument().update(text, true);
}

/** The element a text is rendered into. */
export function show(text: string, streaming = false): HTMLElement {
  return render(<Markdown text={text} streaming={streaming} />).container;
}

/** The markup, without the wrapper, for short texts. */
export function html(text: string, streaming = false): string {
  return show(text, streaming).querySelector('.md')?.getHTML() ?? '';
}
