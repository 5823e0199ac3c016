/** How the pretended policies chose: one plainly, one with somebody in between who failed, one with a cheap model first. */
import type { Route } from '../src/api/types.ts';

type Choice = NonNullable<Route['chosen']>;

const choice = (
  model: string,
  reason: Choice['reason'],
  cost: number | null,
  quality: string | null,
): Choice => ({
  model,
  reason,
  cost_micros: cost,
  quality,
  concerns: [],
});

/** What a policy decided where this model answers; nothing when a model was named. */
export function routeOf(policy: string | null, model: string): Route | null {
  if (policy !== 'auto' && policy !== 'best' && policy !== 'cheap') return null;
  const dear = choice('deepseek/deepseek-v4-pro', { because: 'escalation', floor: '0.800' }, 8_420, '0.912');
  const local = choice(model, { because: 'good_enough', floor: '0.550' }, 0, '0.610');
  const chosen = {
    auto: local,
    best: { ...dear, reason: { because: 'best_below' as const, floor: '1.000' } },
    cheap: { ...local, reason: { because: 'tried_first' as const, floor: '0.800', escalations: '0.300' } },
  }[policy];
  return {
    policy,
    class: 'general',
    currency: 'CNY',
    chosen,
    runner_up: policy === 'best' ? choice(model, { because: 'unrated' }, 0, null) : dear,
    excluded: [
      {
        model: 'qwen/qwen3-max',
        causes: [{ cause: 'over_budget', ceiling_micros: 9_000_000, left_micros: 1_500_000 }],
      },
      { model: 'openai/gpt-5-mini', causes: [{ cause: 'resting' }, { cause: 'not_in_plan' }] },
    ],
    more_excluded: 3,
    expected_micros: chosen.cost_micros,
    reference: 'deepseek/deepseek-v4-pro',
    saving: { saving: 'known', reference_micros: 8_420, saved_micros: 8_420 - (chosen.cost_micros ?? 0) },
    ending: null,
  };
}

/** The same, when somebody has answered. */
export function endedRoute(route: Route | null, model: string): Route | null {
  if (route === null) return null;
  const failed = route.policy === 'best' && route.chosen;
  const passed = { model, answers: 1, passed: true, found: { found: 'fits' as const }, cost_micros: 0 };
  return {
    ...route,
    ending: {
      draft: route.policy === 'cheap' ? passed : null,
      tried: failed ? [{ model: failed.model, code: 'upstream_busy' }] : [],
      model,
      cost_micros: 0,
      reference_micros: 8_420,
      saved_micros: 8_420,
    },
  };
}
