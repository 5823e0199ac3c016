import { type InputHTMLAttributes, type ReactNode, useId } from 'react';
import css from './Field.module.css';

type FieldProps = InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  trailing?: ReactNode;
};

/** A labelled line of text with a hint or an error under it. */
export function Field({ label, hint, error, trailing, ...input }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={css.field}>
      <label className={css.label} htmlFor={id}>
        {label}
      </label>
      <div className={css.box}>
        <input
          {...input}
          id={id}
          className={css.input}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
        />
        {trailing ? <span className={css.trailing}>{trailing}</span> : null}
      </div>
      {note ? (
        <div id={`${id}-note`} className={error ? css.error : css.hint}>
          {note}
        </div>
      ) : null}
    </div>
  );
}
