import type { ReactNode } from 'react';
import type { Locale } from '../api/types.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { Mark } from '../ui/Mark.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import css from './Alone.module.css';

export const LANGUAGES: readonly { value: Locale; label: string; lang: string }[] = [
  { value: 'zh-CN', label: '中文', lang: 'zh-CN' },
  { value: 'en', label: 'English', lang: 'en' },
];

/** The frame of pages that stand alone: first run and sign-in. */
export function Alone({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  const m = useMessages();
  const { locale, setLocale } = useLocale();
  return (
    <div className={css.page}>
      <header className={css.top}>
        <span className={css.brand}>
          <Mark size={26} />
          {m.brand}
        </span>
        <Segmented legend={m.settings.language} value={locale} options={LANGUAGES} onChange={setLocale} />
      </header>
      <main className={[css.card, wide ? css.wide : ''].join(' ')}>{children}</main>
      <footer className={css.foot}>{m.tagline}</footer>
    </div>
  );
}
