import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries.ts';
import type { AllowanceUse, Money, Plan, VoucherWorth } from '../../api/types.ts';
import { count, money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';

type Measure = AllowanceUse['measure'];

/** How plans are put into words: names, prices, windows, amounts. */
export function useWords() {
  const m = useMessages().plan;
  const { locale } = useLocale();
  const plans = useQuery(queries.plans);
  type Said = { day: string; month: string; hours: (n: number) => string; minutes: (n: number) => string };
  const window = (text: string, said: Said): string => {
    if (text === 'day' || text === 'month') return said[text];
    const number = Number.parseInt(text, 10);
    return text.endsWith('h') ? said.hours(number) : said.minutes(number);
  };
  const amount = (value: Money, decimals?: number): string =>
    money(locale, value.micros, value.currency, decimals);
  /** What a plan is called; one that is gone by its id. */
  const planName = (id: string): string => {
    const plan = plans.data?.find((other) => other.id === id);
    return plan ? localized(locale, plan.name) : id;
  };
  const basic = plans.data?.toSorted((a, b) => a.rank - b.rank)[0];
  return {
    amount,
    planName,
    /** The plan that everybody has. */
    basicName: basic ? localized(locale, basic.name) : '',
    price: ({ price }: Plan) =>
      price.micros === 0 ? m.free : m.price[price.every](money(locale, price.micros, price.currency)),
    /** Without its unit, where the same unit follows. */
    bare: (value: number, measure: Measure, currency: string) =>
      measure === 'credits' ? money(locale, value, currency) : count(locale, value),
    measured: (value: number, measure: Measure, currency: string) => {
      if (measure === 'credits') return money(locale, value, currency);
      return measure === 'tokens' ? m.tokens(count(locale, value)) : m.requests(count(locale, value));
    },
    /** `In 5 hours`. */
    during: (text: string) => window(text, m.window),
    /** `in 5 hours`. */
    every: (text: string) => window(text, m.per),
    worth: (worth: VoucherWorth) =>
      worth.kind === 'credit'
        ? m.admin.vouchers.credit(amount(worth.amount))
        : m.admin.vouchers.planFor(planName(worth.plan), worth.days),
  };
}
