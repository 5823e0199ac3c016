import { Link } from 'wouter';
import type { MyPlan, Plan, PlanQuote } from '../../api/types.ts';
import { money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { Notice } from '../../ui/Notice.tsx';
import page from '../Page.module.css';
import css from './Plan.module.css';
import { useWords } from './words.ts';

type BuySumProps = { quote: PlanQuote; mine: MyPlan; plan: Plan };

/** What a plan costs that is paid from the wallet: its price less what is unused of the old one. */
export function WalletSum({ quote, mine, plan }: BuySumProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { price, amount } = useWords();
  const { charge, credit, missing } = quote;
  const { currency } = charge;
  const due = charge.micros - credit.micros;
  const name = localized(locale, plan.name);
  return (
    <>
      <dl className={css.sum}>
        <dt>{m.plan.buy.first[plan.price.every](name)}</dt>
        <dd>{amount(charge)}</dd>
        {credit.micros > 0 ? (
          <>
            <dt>{m.plan.buy.credit(localized(locale, mine.plan.name))}</dt>
            <dd>{money(locale, -credit.micros, currency)}</dd>
          </>
        ) : null}
        <dt className={css.due}>{due < 0 ? m.plan.buy.back : m.plan.buy.pay}</dt>
        <dd className={css.due}>{money(locale, Math.abs(due), currency)}</dd>
        <dt className={page.facts}>{m.plan.buy.inWallet}</dt>
        <dd className={page.facts}>{money(locale, mine.wallet_micros, currency)}</dd>
        {missing.micros === 0 ? (
          <>
            <dt className={page.facts}>{m.plan.buy.after}</dt>
            <dd className={page.facts}>{money(locale, mine.wallet_micros - due, currency)}</dd>
          </>
        ) : null}
      </dl>
      {missing.micros > 0 ? (
        <Notice
          tone="waiting"
          title={m.plan.buy.missing(amount(missing))}
          action={<Link href={`/usage/wallet?need=${missing.micros}`}>{m.plan.buy.toWallet}</Link>}
        >
          {m.plan.buy.missingHint}
        </Notice>
      ) : (
        <p className={page.facts}>{m.plan.buy.renews(price(plan))}</p>
      )}
    </>
  );
}

/** What a plan costs that is paid through a gateway: all of its price; what is unused of the old one goes into the wallet. */
export function GatewaySum({ quote, mine, plan }: BuySumProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { price, amount } = useWords();
  const { charge, credit } = quote;
  return (
    <>
      <dl className={css.sum}>
        <dt>{m.plan.buy.first[plan.price.every](localized(locale, plan.name))}</dt>
        <dd>{amount(charge)}</dd>
        <dt className={css.due}>{m.plan.buy.payNow}</dt>
        <dd className={css.due}>{amount(charge)}</dd>
        {credit.micros > 0 ? (
          <>
            <dt className={page.facts}>{m.plan.buy.creditBack(localized(locale, mine.plan.name))}</dt>
            <dd className={page.facts}>+{amount(credit)}</dd>
          </>
        ) : null}
      </dl>
      <p className={page.facts}>{m.plan.buy.once(price(plan))}</p>
    </>
  );
}
