import { useMessages } from '../../i18n/index.tsx';
import { Markdown, MarkdownLabels } from '../../ui/markdown/index.ts';

/** An answer's text. A module of its own: the renderer comes after the first view. */
export default function Answer({ text, streaming }: { text: string; streaming: boolean }) {
  const m = useMessages();
  return (
    <MarkdownLabels value={m.markdown}>
      <Markdown text={text} streaming={streaming} />
    </MarkdownLabels>
  );
}
