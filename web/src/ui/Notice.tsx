import { CircleAlert, CircleCheck, CircleSlash2, Clock3 } from 'lucide-react';
import type { ReactNode } from 'react';
import css from './Notice.module.css';

export type Tone = 'error' | 'waiting' | 'done' | 'quiet';
type NoticeProps = {
  tone: Tone;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  alert?: boolean;
};

const ICONS = { error: CircleAlert, waiting: Clock3, done: CircleCheck, quiet: CircleSlash2 } as const;

/** What happened, what was kept, and the one thing to do. */
export function Notice({ tone, title, children, action, alert = tone === 'error' }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      className={[css.notice, css[tone], children ? '' : css.bare].join(' ')}
      role={alert ? 'alert' : 'note'}
    >
      <Icon size={16} aria-hidden="true" className={css.icon} />
      <div className={css.body}>
        <div className={css.title}>{title}</div>
        {children ? <div className={css.text}>{children}</div> : null}
      </div>
      <div className={css.action}>{action}</div>
    </div>
  );
}
