import { Field } from '../ui/Field.tsx';
import { CopyButton } from './CopyButton.tsx';

/** A link, key or secret that the server shows this once, to be copied. */
export function ShownOnce({ label, text, hint }: { label: string; text: string; hint?: string }) {
  return (
    <Field
      label={label}
      value={text}
      readOnly
      {...(hint ? { hint } : {})}
      onFocus={(event) => event.target.select()}
      trailing={<CopyButton text={text} />}
    />
  );
}
