import css from './Progress.module.css';

type ProgressProps = {
  label: string /** 0 to 100; null while it is not known. */;
  value: number | null;
  /** The door's colour while something is coming; jade and amber for what is left of something. */
  tone?: 'door' | 'jade' | 'amber';
};

export function Progress({ label, value, tone = 'door' }: ProgressProps) {
  return (
    <div
      className={css.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value)}
    >
      <div
        className={[css.bar, value === null ? css.unknown : '', css[tone]].join(' ')}
        style={value === null ? undefined : { width: `${value}%` }}
      />
    </div>
  );
}
