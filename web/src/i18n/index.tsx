/**
 * Two catalogues, checked against each other by the compiler, switched at once.
 *
 * To add a sentence: a key in `en.ts`; the compiler then asks for it in `zh.ts`. Sentences with values are functions.
 */
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
import type { Locale, Localized } from '../api/types.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

export type Messages = typeof en;

const CATALOGUES: Record<Locale, Messages> = { en, 'zh-CN': zh };
const KEY = 'hutong.locale';

export const isLocale = (value: unknown): value is Locale => value === 'en' || value === 'zh-CN';

/** `chosen` on this device before, `preferred` by the browser, or a `guess` that the server may correct. */
export function firstLocale(): { locale: Locale; source: 'chosen' | 'preferred' | 'guess' } {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage is closed to us: ask the browser.
  }
  if (isLocale(stored)) return { locale: stored, source: 'chosen' };
  const preferred = navigator.language.toLowerCase();
  if (preferred.startsWith('zh')) return { locale: 'zh-CN', source: 'preferred' };
  return { locale: 'en', source: preferred.startsWith('en') ? 'preferred' : 'guess' };
}

type LocaleState = {
  locale: Locale;
  /** A member's choice: kept on this device. */
  setLocale: (locale: Locale) => void;
  /** Shown until a member chooses. */
  suggestLocale: (locale: Locale) => void;
};
const LocaleContext = createContext<LocaleState>({
  locale: 'en',
  setLocale: () => {},
  suggestLocale: () => {},
});

export function LocaleProvider({ initial, children }: { initial?: Locale; children: ReactNode }) {
  const [locale, set] = useState<Locale>(() => {
    const first = initial ?? firstLocale().locale;
    document.documentElement.lang = first;
    return first;
  });
  const suggestLocale = useCallback((next: Locale) => {
    document.documentElement.lang = next;
    set(next);
  }, []);
  const setLocale = useCallback(
    (next: Locale) => {
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // It still holds for this visit.
      }
      suggestLocale(next);
    },
    [suggestLocale],
  );
  const value = useMemo(() => ({ locale, setLocale, suggestLocale }), [locale, setLocale, suggestLocale]);
  return <LocaleContext value={value}>{children}</LocaleContext>;
}

export const useLocale = (): LocaleState => use(LocaleContext);
export const useMessages = (): Messages => CATALOGUES[useLocale().locale];
export const messagesFor = (locale: Locale): Messages => CATALOGUES[locale];

/** The member's side of a text that an agent brings in both languages. */
export const localized = <T,>(locale: Locale, text: Localized<T>): T => (locale === 'en' ? text.en : text.zh);
