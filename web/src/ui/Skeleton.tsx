import css from './Skeleton.module.css';

/** Grey lines in the shape of what is coming, for a reader named by `label`. */
export function Skeleton({
  label,
  rows = 3,
  height = 20,
}: {
  label: string;
  rows?: number;
  height?: number;
}) {
  return (
    <div className={css.skeleton} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={css.row} style={{ height }} />
      ))}
    </div>
  );
}
