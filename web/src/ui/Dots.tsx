import css from './Dots.module.css';

/** Three breathing dots: something is on its way. */
export function Dots() {
  return (
    <span className={css.dots} aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
