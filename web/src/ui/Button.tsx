import type { ButtonHTMLAttributes, ReactNode } from 'react';
import css from './Button.module.css';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';
type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: Look;
  size?: 's' | 'm';
  icon?: ReactNode;
};

/** A button with words. `primary` is the one thing to press; a view has at most one. */
export function Button({ look = 'plain', size = 'm', icon, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={[css.button, css[look], size === 's' ? css.small : '', className].join(' ')}
    >
      {icon}
      {children}
    </button>
  );
}

type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  label: string;
  tone?: 'quiet' | 'door' | 'ink';
  size?: 's' | 'm';
};

/** A button that shows only an icon; `label` is its name and its tooltip. */
export function IconButton({
  label,
  tone = 'quiet',
  size = 'm',
  className,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={[css.icon, css[`tone-${tone}`], size === 's' ? css.iconSmall : '', className].join(' ')}
    >
      {children}
    </button>
  );
}
