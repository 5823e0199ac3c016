/** The pretended providers' models, and what their answers cost. */
import type { RemoteModel, RoutingPolicy, Run } from '../src/api/types.ts';

const offered = (
  provider: string,
  model: string,
  currency: string,
  prices: readonly [input: number, cached: number | null, output: number] | null,
): RemoteModel => ({
  id: `${provider.toLowerCase()}/${model}`,
  model,
  provider,
  leaves_machine: provider !== 'vLLM',
  scripted: false,
  price: prices && {
    currency,
    input_picos: prices[0],
    cached_picos: prices[1],
    output_picos: prices[2],
  },
});

export const REMOTE: RemoteModel[] = [
  offered('DeepSeek', 'deepseek-v4-flash', 'USD', [150_000, 3_000, 600_000]),
  offered('DeepSeek', 'deepseek-v4-pro', 'USD', [660_000, 22_000, 1_980_000]),
  offered('Zhipu', 'glm-4.7-flash', 'CNY', [500_000, null, 2_000_000]),
  offered('vLLM', 'our-own-finetune-of-qwen3-30b-a3b-instruct-2507-awq', 'USD', null),
];

export const POLICIES: RoutingPolicy[] = [
  { id: 'auto', name: { zh: '自动', en: 'Automatic' } },
  { id: 'best', name: { zh: '最好', en: 'Best' } },
  { id: 'cheap', name: { zh: '省钱', en: 'Cheap' } },
];

/** So many that they need a filter. */
export const MANY_REMOTE: RemoteModel[] = [
  ...REMOTE,
  ...['max', 'plus', 'turbo', 'long', 'coder-plus', 'math-plus'].map((name, at) =>
    offered('DashScope', `qwen3-${name}`, 'CNY', [
      800_000 * (at + 1),
      160_000 * (at + 1),
      2_400_000 * (at + 1),
    ]),
  ),
];

/** What an answer costs: nothing on this machine, and told apart when nobody knows the price. */
export function cost(remote: readonly RemoteModel[], id: string, input: number, output: number): Run['cost'] {
  const model = remote.find((candidate) => candidate.id === id);
  if (!model) return null;
  const { price } = model;
  const picos = (price?.input_picos ?? 0) * input + (price?.output_picos ?? 0) * output;
  return {
    micros: Math.ceil(picos / 1e6),
    currency: price?.currency ?? 'USD',
    paid_by: 'allowance',
    is_estimated: false,
    is_unpriced: price === null,
  };
}
