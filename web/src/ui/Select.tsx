import { ChevronDown } from 'lucide-react';
import { useId } from 'react';
import field from './Field.module.css';

type SelectProps<T extends string> = {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  /** The label is for those who cannot see what the choice stands beside. */
  quiet?: boolean;
  disabled?: boolean;
  hint?: string;
};

/** A choice of several, by the browser's own control. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  quiet = false,
  disabled = false,
  hint,
}: SelectProps<T>) {
  const id = useId();
  return (
    <div className={field.field}>
      <label className={quiet ? 'visually-hidden' : field.label} htmlFor={id}>
        {label}
      </label>
      <div className={[field.box, quiet ? field.quiet : ''].join(' ')}>
        <select
          id={id}
          className={field.select}
          value={value}
          disabled={disabled}
          aria-describedby={hint ? `${id}-note` : undefined}
          onChange={(event) => {
            const chosen = options.find((option) => option.value === event.target.value);
            if (chosen) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown size={16} aria-hidden="true" className={field.chevron} />
      </div>
      {hint ? (
        <div id={`${id}-note`} className={field.hint}>
          {hint}
        </div>
      ) : null}
    </div>
  );
}
