import { useEffect, useState } from 'react';
import { copyText } from './clipboard.ts';
import { coloursOf, requestColours } from './colours.ts';
import { useLabels } from './labels.tsx';
import { colourable, type Line, type Piece } from './languages.ts';

/** A code block: plain while it grows, coloured once it is whole and its language's grammar has come. */
export function CodeBlock({ language, text, live }: { language: string; text: string; live: boolean }) {
  const lines = useColours(language, text, live);
  return (
    <div className="md-code">
      <div className="md-code-head">
        <span>{language}</span>
        <CopyButton text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>{lines ? <ColouredLines lines={lines} /> : text}</code>
      </pre>
    </div>
  );
}

function ColouredLines({ lines }: { lines: readonly Line[] }) {
  const pieces = lines.flatMap((line, i) => (i > 0 ? [LINE_END, ...line] : line));
  return pieces.map(({ text, kind }, i) =>
    kind ? (
      <span key={i} className={`md-${kind}`}>
        {text}
      </span>
    ) : (
      text
    ),
  );
}

const LINE_END: Piece = { text: '\n', kind: null };

function useColours(name: string, text: string, live: boolean): readonly Line[] | null {
  const language = live ? null : colourable(name, text);
  const known = language && coloursOf(language, text);
  const [, setArrived] = useState<string | null>(null);
  const missing = language && !known ? language : null;
  useEffect(() => {
    if (!missing) return;
    let wanted = true;
    requestColours(missing, text).then((found) => found && wanted && setArrived(text));
    return () => {
      wanted = false;
    };
  }, [missing, text]);
  return known;
}

const COPIED_MS = 1_600;

function CopyButton({ text }: { text: string }) {
  const labels = useLabels();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="md-copy"
      aria-live="polite"
      onClick={async () => setCopied(await copyText(text))}
    >
      {copied ? labels.copied : labels.copy}
    </button>
  );
}
