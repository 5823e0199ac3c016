/** The pretended server's providers: who is asked, and what a test finds. */
import type { Provider, ProviderTest, RemoteModel, SetProvider } from '../src/api/types.ts';
import { Refusal } from './refusal.ts';

const NO_CALLS: Provider['calls'] = { under_way: 0, resting: [], last_failure: null, answered_at: null };

const known = (vendor: string, name: string, url: string, more: Partial<Provider> = {}): Provider => ({
  id: vendor,
  vendor,
  name,
  endpoint: 'main',
  state: 'absent',
  problem: null,
  key: 'none',
  key_name: null,
  needs_key: true,
  key_env: [`${vendor.toUpperCase()}_API_KEY`],
  written: false,
  set: false,
  usual_url: url,
  base_url: null,
  blanks: {},
  models: [],
  models_chosen: false,
  calls: NO_CALLS,
  changed_at: null,
  ...more,
});

const KNOWN: Provider[] = [
  known('azure', 'Azure OpenAI', 'https://{resource}.openai.azure.com/openai/v1', {
    blanks: { resource: null },
  }),
  known('deepseek', 'DeepSeek', 'https://api.deepseek.com', {
    state: 'asked',
    key: 'environment',
    key_name: 'DEEPSEEK_API_KEY',
    models: ['deepseek-v4-flash', 'deepseek-v4-pro'],
    calls: { ...NO_CALLS, answered_at: '2026-11-22T08:59:00Z' },
  }),
  known('moonshot', 'Moonshot AI', 'https://api.moonshot.cn/v1'),
  known('ollama', 'Ollama', 'http://localhost:11434/v1', { needs_key: false }),
  known('vllm', 'vLLM', 'http://localhost:8000/v1', {
    needs_key: false,
    state: 'asked',
    key: 'config',
    written: true,
    base_url: 'http://gpu.lan:8000/v1',
    models: ['our-own-finetune-of-qwen3-30b-a3b-instruct-2507-awq'],
    models_chosen: true,
  }),
  known('zhipu', 'Zhipu', 'https://open.bigmodel.cn/api/paas/v4', {
    state: 'asked',
    key: 'kept',
    set: true,
    models: ['glm-4.7-flash'],
    calls: {
      ...NO_CALLS,
      resting: [{ model: 'glm-4.7-flash', seconds: 42 }],
      last_failure: {
        at: '2026-11-22T08:58:00Z',
        model: 'glm-4.7-flash',
        code: 'upstream_down',
        detail: 'Zhipu has a fault.',
      },
    },
    changed_at: '2026-11-20T08:00:00Z',
  }),
];

/** A key that no vendor takes. */
export const WRONG_KEY = 'sk-wrong';

export class Providers {
  readonly all: Provider[] = structuredClone(KNOWN);
  readonly keys = new Map<string, string>();
  /** What was asked, test by test. */
  readonly tested: (string | null)[] = [];

  /** What is answered, or null for what is about something else. */
  answer(method: string, parts: readonly string[], body: Record<string, unknown>): unknown {
    if (parts[0] !== 'providers') return null;
    if (parts.length === 1) return { items: this.all };
    const at = this.all.findIndex(({ id }) => id === decodeURIComponent(parts[1] ?? ''));
    const provider = this.all[at];
    if (!provider) throw new Refusal('not_found');
    if (parts[2] === 'test') return this.#test(provider, (body.model as string | null) ?? null);
    if (provider.written) throw new Refusal('conflict');
    const usual = KNOWN.find(({ id }) => id === provider.id) as Provider;
    if (method === 'DELETE') {
      this.all[at] = {
        ...structuredClone(usual),
        set: false,
        key: usual.key === 'kept' ? 'none' : usual.key,
      };
      if (usual.key === 'kept') this.all[at].state = 'absent';
      this.keys.delete(provider.id);
      return undefined;
    }
    const wish = body as unknown as SetProvider;
    if (wish.key) this.keys.set(provider.id, wish.key);
    const changed: Provider = {
      ...provider,
      state: wish.enabled ? 'asked' : 'off',
      key: wish.key ? 'kept' : provider.key,
      set: true,
      base_url: wish.base_url ?? null,
      blanks: { ...provider.blanks, ...wish.blanks },
      models: wish.models ?? provider.models,
      models_chosen: wish.models != null,
      calls: NO_CALLS,
    };
    this.all[at] = changed;
    return changed;
  }

  /** What is offered of providers that are not asked any more is offered no longer. */
  offered(models: readonly RemoteModel[]): RemoteModel[] {
    const gone = this.all.filter(({ state }) => state === 'off').map(({ id }) => id);
    return models.filter(({ id }) => !gone.includes(id.split('/')[0] ?? ''));
  }

  #test(provider: Provider, wished: string | null): ProviderTest {
    if (provider.state !== 'asked') throw new Refusal('conflict');
    this.tested.push(wished);
    const empty: ProviderTest = {
      connect_ms: 84,
      models: null,
      model: null,
      first_token_ms: null,
      total_ms: null,
      text: '',
      usage: null,
      price: null,
      cost_micros: null,
      currency: null,
      error: null,
    };
    if (this.keys.get(provider.id) === WRONG_KEY) {
      const detail = `${provider.name} does not take the workspace's key.`;
      return { ...empty, error: { code: 'upstream_key', detail } };
    }
    const models = provider.models.length > 0 ? provider.models : ['kimi-k3', 'kimi-k3-turbo'];
    return {
      ...empty,
      models,
      model: wished ?? models[0] ?? null,
      first_token_ms: 412,
      total_ms: 1_380,
      text: 'OK.',
      usage: { input_tokens: 12, cached_tokens: 0, output_tokens: 3, reasoning_tokens: 0 },
      price: { currency: 'USD', input_picos: 150_000, cached_picos: 3_000, output_picos: 600_000 },
      cost_micros: 4,
      currency: 'USD',
    };
  }
}
