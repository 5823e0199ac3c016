import './markdown.css';
import { memo, useMemo, useState } from 'react';
import { BlockView } from './BlockView.tsx';
import { GrowingDocument } from './document.ts';

export interface MarkdownProps {
  /** The text so far. Growing at its end is cheap; any other change parses anew. */
  text: string;
  /** More text is expected: half-written markup at the end is mended, the last code block is not yet coloured. */
  streaming?: boolean;
}

/** A Markdown text as React elements. Nothing in the text can become HTML, and nothing is loaded from it. */
export const Markdown = memo(function Markdown({ text, streaming = false }: MarkdownProps) {
  const [document] = useState(() => new GrowingDocument());
  const blocks = useMemo(() => document.update(text, streaming), [document, text, streaming]);
  return (
    <div className="md">
      {blocks.map((block, i) => (
        <BlockView key={i} block={block} live={streaming && i === blocks.length - 1} />
      ))}
    </div>
  );
});
