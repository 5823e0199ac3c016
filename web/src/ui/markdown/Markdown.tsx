/** Placeholder until the Markdown renderer lands: paragraphs only. */
export function Markdown({ text }: { text: string; streaming: boolean }) {
  return (
    <div className="md">
      {text.split(/\n{2,}/).map((paragraph, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: paragraphs only grow at the end
        <p key={i}>{paragraph}</p>
      ))}
    </div>
  );
}
