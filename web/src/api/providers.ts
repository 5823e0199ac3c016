/** Providers of models, through the one door. */
import { request } from './client.ts';
import type { Provider, ProviderTest, SetProvider } from './types.ts';

export const providers = {
  list: async () => (await request<{ items: Provider[] }>('GET', '/providers')).items,
  set: (id: string, body: SetProvider) =>
    request<Provider>('PUT', `/providers/${encodeURIComponent(id)}`, { body }),
  remove: (id: string) => request<void>('DELETE', `/providers/${encodeURIComponent(id)}`),
  test: (id: string, model: string | null = null) =>
    request<ProviderTest>('POST', `/providers/${encodeURIComponent(id)}/test`, { body: { model } }),
};

/** What is set now, to be changed in part; the key stays as it is. */
export const asSet = (provider: Provider): SetProvider => ({
  base_url: provider.base_url,
  blanks: filled(provider.blanks),
  models: provider.models_chosen ? provider.models : null,
  enabled: provider.state !== 'off' && provider.state !== 'absent',
});

const filled = (blanks: Provider['blanks']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(blanks).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
