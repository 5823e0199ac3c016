import type { ReactNode } from 'react';
import css from './Empty.module.css';

type EmptyProps = { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode };

/** A view with nothing in it: says so, and what to do. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={css.empty}>
      {icon ? <div className={css.icon}>{icon}</div> : null}
      <h2 className={css.title}>{title}</h2>
      {children ? <p className={css.text}>{children}</p> : null}
      {action}
    </div>
  );
}
