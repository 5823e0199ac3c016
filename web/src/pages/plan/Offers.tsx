import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { queries } from '../../api/queries.ts';
import type { MyPlan, Plan } from '../../api/types.ts';
import { day, money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { BuyDialog } from './BuyDialog.tsx';
import { LaterDialog } from './LaterDialog.tsx';
import css from './Plan.module.css';
import { type Step, stepTo } from './steps.ts';
import { useWords } from './words.ts';

type Asking =
  | { type: 'buy' | 'try'; plan: Plan }
  | { type: 'later'; plan: Plan; step: Extract<Step, { type: 'later' }> };

type OffersProps = { mine: MyPlan; onChanged: (plan: string) => void };

/** The plans side by side, each with the one thing that can be done about it. */
export function Offers({ mine, onChanged }: OffersProps) {
  const m = useMessages();
  const plans = useQuery(queries.plans);
  // A refusal elsewhere leads here and names the plan that would help.
  const [search, setSearch] = useSearchParams();
  const wanted = search.get('plan');
  const [asking, setAsking] = useState<Asking | null>(null);
  if (plans.isPending) return <Skeleton label={m.common.loading} rows={1} height={220} />;
  if (plans.error) return <ProblemNotice error={plans.error} onRetry={() => void plans.refetch()} />;
  const offers = plans.data.toSorted((a, b) => a.rank - b.rank);
  // One plan is no choice.
  if (offers.length < 2) return null;
  const steps = new Map(offers.map((offer) => [offer.id, stepTo(offer, mine, offers)]));
  const next = offers.find(({ id }) => steps.get(id)?.type === 'now')?.id;
  const close = () => {
    setAsking(null);
    setSearch({}, { replace: true });
  };
  const isOfRole = offers.every(({ id }) => id !== mine.plan.id);
  return (
    <section className={css.section} aria-labelledby="offers-title">
      <div>
        <h2 id="offers-title" className={page.subtitle}>
          {m.plan.offered}
        </h2>
        {isOfRole ? <p className={page.facts}>{m.plan.ofRole}</p> : null}
      </div>
      <div className={css.cards}>
        {offers.map((plan) => (
          <Offer
            key={plan.id}
            plan={plan}
            step={steps.get(plan.id) ?? { type: 'none' }}
            isNext={plan.id === (wanted ?? next)}
            isWanted={plan.id === wanted}
            onAsk={setAsking}
          />
        ))}
      </div>
      {asking?.type === 'later' ? (
        <LaterDialog mine={mine} next={asking.step.next} at={asking.step.at} onClose={close} />
      ) : null}
      {asking?.type === 'buy' || asking?.type === 'try' ? (
        <BuyDialog
          mine={mine}
          plan={asking.plan}
          terms={asking.type}
          onClose={close}
          onBought={() => {
            onChanged(asking.plan.id);
            close();
          }}
        />
      ) : null}
    </section>
  );
}

type OfferProps = {
  plan: Plan;
  step: Step;
  isNext: boolean;
  isWanted: boolean;
  onAsk: (asking: Asking) => void;
};

function Offer({ plan, step, isNext, isWanted, onAsk }: OfferProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { measured, every } = useWords();
  const policies = useQuery({ ...queries.models, enabled: plan.policy !== null }).data?.policies;
  const policy = policies?.find(({ id }) => id === plan.policy);
  const policyName = policy ? localized(locale, policy.name) : (plan.policy ?? '');
  const name = localized(locale, plan.name);
  const lines = plan.allowances.map((allowance) =>
    m.plan.offer(measured(allowance.most, allowance.measure, plan.price.currency), every(allowance.window)),
  );
  const { at_end } = plan;
  const afterwards =
    at_end.action === 'cheaper_model'
      ? m.plan.afterwards.cheaper_model(at_end.model)
      : m.plan.afterwards[at_end.action];
  const look = isNext ? 'primary' : 'plain';
  return (
    <article
      className={[css.card, step.type === 'mine' ? css.mine : '', isWanted ? css.wanted : ''].join(' ')}
      aria-label={name}
    >
      <div className={css.cardHead}>
        <span className={page.rowTitle}>{name}</span>
        {step.type === 'mine' ? <span className={page.good}>{m.plan.yours}</span> : null}
        {step.type === 'set' ? (
          <span className={page.tag}>{m.plan.laterSet(day(locale, step.at))}</span>
        ) : null}
      </div>
      <div className={css.price}>
        {plan.price.micros === 0 ? (
          m.plan.free
        ) : (
          <>
            {money(locale, plan.price.micros, plan.price.currency)}{' '}
            <span className={css.per}>{m.plan.per_period[plan.price.every]}</span>
          </>
        )}
      </div>
      <ul className={css.lines}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
        <li>{m.plan.atOnce(plan.concurrent_runs)}</li>
        {plan.policy ? <li>{m.plan.byPolicy(policyName)}</li> : null}
        <li>{afterwards}</li>
        {plan.trial_days > 0 ? <li>{m.plan.trial(plan.trial_days)}</li> : null}
      </ul>
      {step.type === 'now' ? (
        <div className={css.ways}>
          {step.canTry ? (
            <>
              <Button look={look} onClick={() => onAsk({ type: 'try', plan })}>
                {m.plan.tryIt(plan.trial_days)}
              </Button>
              <Button look="quiet" onClick={() => onAsk({ type: 'buy', plan })}>
                {m.plan.buyNow}
              </Button>
            </>
          ) : (
            <Button look={look} onClick={() => onAsk({ type: 'buy', plan })}>
              {m.plan.choose(name)}
            </Button>
          )}
        </div>
      ) : null}
      {step.type === 'later' ? (
        <div className={css.ways}>
          <Button look="quiet" onClick={() => onAsk({ type: 'later', plan, step })}>
            {m.plan.later(day(locale, step.at))}
          </Button>
        </div>
      ) : null}
    </article>
  );
}
