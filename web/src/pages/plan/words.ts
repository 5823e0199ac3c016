import type { AllowanceUse, Plan } from '../../api/types.ts';
import { count, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';

type Measure = AllowanceUse['measure'];

/** How plans are put into words: prices, windows, amounts. */
export function useWords() {
  const m = useMessages().plan;
  const { locale } = useLocale();
  type Said = { day: string; month: string; hours: (n: number) => string; minutes: (n: number) => string };
  const window = (text: string, said: Said): string => {
    if (text === 'day' || text === 'month') return said[text];
    const number = Number.parseInt(text, 10);
    return text.endsWith('h') ? said.hours(number) : said.minutes(number);
  };
  return {
    price: ({ price }: Plan) =>
      price.micros === 0 ? m.free : m.price[price.every](money(locale, price.micros, price.currency)),
    /** Without its unit, where the same unit follows. */
    bare: (amount: number, measure: Measure, currency: string) =>
      measure === 'credits' ? money(locale, amount, currency) : count(locale, amount),
    measured: (amount: number, measure: Measure, currency: string) => {
      if (measure === 'credits') return money(locale, amount, currency);
      return measure === 'tokens' ? m.tokens(count(locale, amount)) : m.requests(count(locale, amount));
    },
    /** `Last 5 hours`. */
    during: (text: string) => window(text, m.window),
    /** `in 5 hours`. */
    every: (text: string) => window(text, m.per),
  };
}
