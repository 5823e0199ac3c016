import type { MyPlan, Plan, PlanNext } from '../../api/types.ts';

/** What a member can do about a plan on offer. */
export type Step =
  /** It is held. */
  | { type: 'mine' }
  /** Held for another reason than having bought it, or nothing to be done. */
  | { type: 'none' }
  /** It begins at once; paid, or tried free of charge. */
  | { type: 'now'; canTry: boolean }
  /** It begins when the period that is paid is over. */
  | { type: 'later'; next: PlanNext; at: string }
  /** That was said already. */
  | { type: 'set'; at: string };

export function stepTo(offer: Plan, mine: MyPlan, offers: readonly Plan[]): Step {
  const { plan, subscription } = mine;
  if (offer.id === plan.id) return { type: 'mine' };
  // Who runs the workspace has a plan that nobody buys.
  if (!offers.some(({ id }) => id === plan.id)) return { type: 'none' };
  if (offer.rank > plan.rank) return { type: 'now', canTry: mine.can_try.includes(offer.id) };
  const end = subscription?.period_end;
  if (!subscription || !end) return { type: 'none' };
  const lowest = offers.every(({ rank }) => offer.rank <= rank);
  const next: PlanNext = lowest ? { then: 'end' } : { then: 'change', plan: offer.id };
  const isSet = subscription.next.then === next.then && subscription.next.plan === next.plan;
  return isSet ? { type: 'set', at: end } : { type: 'later', next, at: end };
}

/** True when there is a next period to be stopped. */
export const canCancel = ({ subscription }: MyPlan): boolean =>
  Boolean(subscription?.period_end) && subscription?.next.then === 'renew';

/** True when a change or an end was asked for and can be taken back. What was given for a time just ends. */
export const canKeep = ({ subscription }: MyPlan): boolean =>
  subscription
    ? subscription.next.then !== 'renew' && (subscription.is_paid || subscription.is_trial)
    : false;
