/** Placeholder until the Markdown renderer lands: paragraphs only. */
export function Markdown({ text }: { text: string; streaming: boolean }) {
  return (
    <div className="md">
      {text.split(/\n{2,}/).map((paragraph, i) => (
        <p key={i}>{paragraph}</p>
      ))}
    </div>
  );
}
