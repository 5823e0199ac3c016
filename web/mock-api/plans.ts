/** The plans of the pretended workspace. */
import type { MyPlan, Plan } from '../src/api/types.ts';

const plan = (
  id: string,
  rank: number,
  zh: string,
  en: string,
  micros: number,
  more: Partial<Plan>,
): Plan => ({
  id,
  rank,
  name: { zh, en },
  price: { micros, currency: 'CNY', every: 'month' },
  trial_days: 0,
  policy: null,
  concurrent_runs: 3,
  weight: 1,
  rates: [{ window: '1m', measure: 'requests', most: 6 }],
  allowances: [],
  at_end: { action: 'stop' },
  ...more,
});

export const PLANS: Plan[] = [
  plan('free', 0, '免费版', 'Free', 0, {
    allowances: [
      { window: '5h', measure: 'tokens', most: 50_000 },
      { window: 'day', measure: 'tokens', most: 150_000 },
    ],
  }),
  plan('plus', 1, '进阶版', 'Plus', 39_000_000, {
    trial_days: 7,
    policy: 'cheap',
    allowances: [
      { window: '5h', measure: 'credits', most: 3_000_000 },
      { window: 'month', measure: 'credits', most: 60_000_000 },
    ],
    at_end: { action: 'cheaper_model', model: 'qwen2.5-coder-0.5b-instruct' },
  }),
  plan('pro', 2, '专业版', 'Pro', 199_000_000, {
    concurrent_runs: 10,
    allowances: [{ window: 'month', measure: 'credits', most: 400_000_000 }],
    at_end: { action: 'wallet' },
  }),
];

/** What the pretended member holds: half used, and one window full. */
export function myPlan(): MyPlan {
  const [free] = PLANS as [Plan, ...Plan[]];
  const [hours, day] = free.allowances.map((allowance) => ({ ...allowance, used: 0, less_at: null }));
  return {
    plan: free,
    can_try: ['plus'],
    allowances: [
      { ...hours, used: 50_000, less_at: '2026-11-22T13:00:00Z' },
      { ...day, used: 68_400, less_at: '2026-11-22T16:00:00Z' },
    ] as MyPlan['allowances'],
    rates: [],
    running: 0,
    wallet_micros: 12_500_000,
  };
}
