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

/** What was chosen on this device before, else what the browser prefers. */
export function firstLocale(): { locale: Locale; chosen: boolean } {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage is closed to us: ask the browser.
  }
  if (isLocale(stored)) return { locale: stored, chosen: true };
  return { locale: navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en', chosen: false };
}

type LocaleState = { locale: Locale; setLocale: (locale: Locale) => void };
const LocaleContext = createContext<LocaleState>({ locale: 'en', setLocale: () => {} });

export function LocaleProvider({ initial, children }: { initial?: Locale; children: ReactNode }) {
  const [locale, set] = useState<Locale>(() => {
    const first = initial ?? firstLocale().locale;
    document.documentElement.lang = first;
    return first;
  });
  const setLocale = useCallback((next: Locale) => {
    document.documentElement.lang = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // It still holds for this visit.
    }
    set(next);
  }, []);
  const value = useMemo(() => ({ locale, setLocale }), [locale, setLocale]);
  return <LocaleContext value={value}>{children}</LocaleContext>;
}

export const useLocale = (): LocaleState => use(LocaleContext);
export const useMessages = (): Messages => CATALOGUES[useLocale().locale];
export const messagesFor = (locale: Locale): Messages => CATALOGUES[locale];

/** The member's side of a text that an agent brings in both languages. */
export const localized = <T,>(locale: Locale, text: Localized<T>): T => (locale === 'en' ? text.en : text.zh);
