import { expect, test } from 'vitest';
import { myPlan, PLANS } from '../../../mock-api/plans.ts';
import type { MyPlan, Plan, Subscription } from '../../api/types.ts';
import { canCancel, canKeep, stepTo } from './steps.ts';

const [free, plus, pro] = PLANS as [Plan, Plan, Plan];
const END = '2026-12-23T00:00:00Z';
const holding = (plan: Plan, more: Partial<Subscription> = {}): MyPlan => ({
  ...myPlan(),
  plan,
  can_try: [],
  subscription: {
    plan: plan.id,
    is_trial: false,
    is_paid: true,
    period_begin: '2026-11-23T00:00:00Z',
    period_end: END,
    next: { then: 'renew' },
    renewal: plan.price,
    ...more,
  },
});
const all = (mine: MyPlan) => PLANS.map((offer) => stepTo(offer, mine, PLANS));

test('from the plan that everybody has, the way is up, with a trial where there is one', () => {
  const mine: MyPlan = { ...myPlan(), plan: free, can_try: ['plus'] };
  expect(all(mine)).toEqual([
    { type: 'mine' },
    { type: 'now', canTry: true },
    { type: 'now', canTry: false },
  ]);
});

test('the way down waits for the end of the period', () => {
  expect(all(holding(pro))).toEqual([
    { type: 'later', next: { then: 'end' }, at: END },
    { type: 'later', next: { then: 'change', plan: 'plus' }, at: END },
    { type: 'mine' },
  ]);
  expect(all(holding(pro, { next: { then: 'change', plan: 'plus' } }))[1]).toEqual({ type: 'set', at: END });
});

test('a plan of one’s role is not left for another', () => {
  const house = { ...pro, id: 'house', rank: 100 };
  expect(all({ ...myPlan(), plan: house })).toEqual([{ type: 'none' }, { type: 'none' }, { type: 'none' }]);
});

test('a plan that was given for good is not left downwards', () => {
  const given = holding(plus, { is_paid: false, period_end: null, next: { then: 'end' } });
  expect(stepTo(free, given, PLANS)).toEqual({ type: 'none' });
  expect([canCancel(given), canKeep(given)]).toEqual([false, false]);
});

test('what renews can be cancelled, what ends can be kept', () => {
  expect([canCancel(holding(plus)), canKeep(holding(plus))]).toEqual([true, false]);
  const ending = holding(plus, { next: { then: 'end' } });
  expect([canCancel(ending), canKeep(ending)]).toEqual([false, true]);
});
