import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries.ts';
import type { Plan } from '../../api/types.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import css from './Plan.module.css';
import { useWords } from './words.ts';

/** The plans side by side. */
export function Offers({ mine }: { mine: Plan }) {
  const m = useMessages();
  const { data } = useQuery(queries.plans);
  // One plan is no choice.
  if (!data || data.length < 2) return null;
  return (
    <div className={css.offers}>
      <div>
        <h3 className={page.rowTitle}>{m.plan.offered}</h3>
        <p className={page.facts}>{m.plan.offeredHint}</p>
      </div>
      <div className={css.cards}>
        {data.map((plan) => (
          <Offer key={plan.id} plan={plan} isMine={plan.id === mine.id} />
        ))}
      </div>
    </div>
  );
}

function Offer({ plan, isMine }: { plan: Plan; isMine: boolean }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { price, measured, every } = useWords();
  const name = locale === 'en' ? plan.name.en : plan.name.zh;
  const lines = plan.allowances.map((allowance) =>
    m.plan.offer(measured(allowance.most, allowance.measure, plan.price.currency), every(allowance.window)),
  );
  const { at_end } = plan;
  const afterwards =
    at_end.action === 'cheaper_model'
      ? m.plan.afterwards.cheaper_model(at_end.model)
      : m.plan.afterwards[at_end.action];
  return (
    <article className={[css.card, isMine ? css.mine : ''].join(' ')} aria-label={name}>
      <div className={css.cardHead}>
        <span className={page.rowTitle}>{name}</span>
        {isMine ? <span className={page.good}>{m.plan.yours}</span> : null}
      </div>
      <div className={css.price}>{price(plan)}</div>
      <ul className={css.lines}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
        <li>{m.plan.atOnce(plan.concurrent_runs)}</li>
        <li>{afterwards}</li>
        {plan.trial_days > 0 ? <li>{m.plan.trial(plan.trial_days)}</li> : null}
      </ul>
    </article>
  );
}
