import type { CSSProperties } from 'react';
import css from './Avatar.module.css';
import { readsOnDark } from './contrast.ts';

type AvatarProps = { glyph: string; color: string; size?: 16 | 20 | 28 | 32 | 40 | 48 };

/** An agent's door: its glyph on its own colour. */
export function Avatar({ glyph, color, size = 28 }: AvatarProps) {
  const style = { '--agent-door': color, '--avatar': `${size}px` } as CSSProperties;
  return (
    <span
      className={[css.avatar, readsOnDark(color) ? '' : css.bright].join(' ')}
      style={style}
      data-glyph={glyph}
      aria-hidden="true"
    />
  );
}
