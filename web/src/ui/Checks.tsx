import css from './Checks.module.css';

type ChecksProps = {
  legend: string;
  options: readonly { value: string; label: string; note?: string }[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
};

/** Any number of several, in columns that scroll when there are many. */
export function Checks({ legend, options, chosen, onChange }: ChecksProps) {
  return (
    <fieldset className={css.group}>
      <legend className={css.legend}>{legend}</legend>
      <div className={[css.options, options.some(({ note }) => note) ? css.lines : ''].join(' ')}>
        {options.map(({ value, label, note }) => (
          <label key={value} className={css.option}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) =>
                onChange(
                  event.target.checked ? [...chosen, value] : chosen.filter((other) => other !== value),
                )
              }
            />
            <span className="truncate">{label}</span>
            {note ? <span className={[css.note, 'truncate'].join(' ')}>{note}</span> : null}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
