import { generate } from 'lean-qr';
import css from './Settings.module.css';

/** A text as a QR code: one path of little squares, with the margin the standard asks for. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const code = generate(text);
  const squares: string[] = [];
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (code.get(x, y)) squares.push(`M${x} ${y}h1v1h-1z`);
    }
  }
  const edge = code.size + 8;
  return (
    <svg
      className={css.qr}
      viewBox={`-4 -4 ${edge} ${edge}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={squares.join('')} />
    </svg>
  );
}
