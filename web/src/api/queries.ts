/** What the server knows, cached under one key each. */
import { QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { billing, type Span } from './billing.ts';
import { api } from './client.ts';
import { people } from './people.ts';
import { Problem } from './problem.ts';
import { providers } from './providers.ts';
import type { Agent, Model, SpendBy } from './types.ts';

const MINUTE = 60_000;

export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: MINUTE,
        retry: (failures, error) =>
          failures < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
        retryDelay: (attempt) => Math.min(4000, 500 * 2 ** attempt),
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });

/** True while a model is on its way somewhere: onto the disk, into memory or out of it. */
const isChanging = ({ state, residency }: Model): boolean =>
  state.type === 'pulling' || residency.type === 'loading' || residency.type === 'unloading';

export const queries = {
  status: queryOptions({ queryKey: ['status'], queryFn: api.status, staleTime: Number.POSITIVE_INFINITY }),
  me: queryOptions({ queryKey: ['me'], queryFn: api.me, staleTime: 10 * MINUTE }),
  // What is used grows with every answer.
  myPlan: queryOptions({ queryKey: ['plan'], queryFn: api.myPlan, staleTime: 0 }),
  // They are noted within a minute of what they are about.
  alerts: queryOptions({
    queryKey: ['alerts'],
    queryFn: async () => (await billing.alerts()).items,
    refetchInterval: MINUTE,
  }),
  plans: queryOptions({
    queryKey: ['plans'],
    queryFn: async () => (await api.plans()).items,
    staleTime: 10 * MINUTE,
  }),
  statements: queryOptions({
    queryKey: ['statements'],
    queryFn: async () => (await billing.statements()).items,
  }),
  statement: (month: string) =>
    queryOptions({ queryKey: ['statements', month], queryFn: () => billing.statement(month) }),
  mySpend: (span: Span, by: SpendBy) =>
    queryOptions({ queryKey: ['spend', 'mine', span, by], queryFn: () => billing.mySpend(span, by) }),
  spend: (span: Span, by: SpendBy) =>
    queryOptions({ queryKey: ['spend', 'all', span, by], queryFn: () => billing.spend(span, by) }),
  vouchers: queryOptions({
    queryKey: ['vouchers'],
    queryFn: async () => (await billing.vouchers()).items,
  }),
  memberPlan: (id: string) =>
    queryOptions({ queryKey: ['member-plan', id], queryFn: () => billing.memberPlan(id), staleTime: 0 }),
  agents: queryOptions({
    queryKey: ['agents'],
    queryFn: async () => (await api.agents()).items,
    staleTime: 10 * MINUTE,
  }),
  models: queryOptions({
    queryKey: ['models'],
    queryFn: api.models,
    refetchInterval: (query) => (query.state.data?.items.some(isChanging) ? 1000 : MINUTE / 2),
  }),
  // How they stand changes with every call.
  providers: queryOptions({
    queryKey: ['providers'],
    queryFn: providers.list,
    staleTime: 0,
    refetchInterval: MINUTE / 4,
  }),
  recentThreads: queryOptions({
    queryKey: ['threads', 'recent'],
    queryFn: async () => (await api.threads({ limit: 100 })).items,
  }),
  threadsOf: (agentId: string) =>
    queryOptions({
      queryKey: ['threads', 'of', agentId],
      queryFn: async () => (await api.threads({ agent_id: agentId, limit: 100 })).items,
    }),
  members: queryOptions({ queryKey: ['members'], queryFn: people.members }),
  groups: queryOptions({ queryKey: ['groups'], queryFn: people.groups }),
  invitations: queryOptions({ queryKey: ['invitations'], queryFn: people.invitations }),
  joinRequests: queryOptions({ queryKey: ['join-requests'], queryFn: people.joinRequests }),
  signUp: queryOptions({ queryKey: ['sign-up'], queryFn: people.signUp }),
  sessions: queryOptions({ queryKey: ['sessions'], queryFn: people.sessions }),
  secondFactor: queryOptions({ queryKey: ['second-factor'], queryFn: people.secondFactor }),
  keys: queryOptions({ queryKey: ['keys'], queryFn: people.keys }),
  thread: (id: string) => queryOptions({ queryKey: ['thread', id], queryFn: () => api.thread(id) }),
};

export const messagesKey = (threadId: string) => ['messages', threadId] as const;

export function useAgents(): {
  agents: readonly Agent[];
  byId: (id: string) => Agent | null;
  ready: boolean;
} {
  const { data, isPending } = useQuery(queries.agents);
  const agents = data ?? [];
  return { agents, byId: (id) => agents.find((agent) => agent.id === id) ?? null, ready: !isPending };
}

/** After a change to a provider: how they stand, and which models are offered. */
export const providersChanged = (client: QueryClient): Promise<unknown> =>
  Promise.all(
    [queries.providers.queryKey, queries.models.queryKey].map((queryKey) =>
      client.invalidateQueries({ queryKey: [...queryKey] }),
    ),
  );

export type Engine = { model: Model | null; models: readonly Model[]; ready: boolean; known: boolean };

/** The model that answers by default, and whether it can. Models that do not chat answer nobody here. */
export function useEngine(): Engine {
  const { data } = useQuery(queries.models);
  const models = (data?.items ?? []).filter((candidate) => candidate.kind === 'chat');
  const model = models.find((candidate) => candidate.default) ?? models[0] ?? null;
  return { model, models, ready: model?.state.type === 'installed', known: data !== undefined };
}

/** What can be asked of a model: to come, to be in memory, to stay there. The answer is shown before the next look. */
function useModelAction(action: (id: string) => Promise<Model>) {
  const client = useQueryClient();
  const { queryKey } = queries.models;
  return useMutation({
    mutationFn: action,
    onSuccess: (model) =>
      client.setQueryData(
        queryKey,
        (list) =>
          list && { ...list, items: list.items.map((other) => (other.id === model.id ? model : other)) },
      ),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}

/** Start and pause of a download. */
export const usePull = () => ({
  start: useModelAction(api.pullModel),
  pause: useModelAction(api.cancelPull),
});

/** Into memory and out of it, and staying there. */
export const useResidency = () => ({
  load: useModelAction(api.loadModel),
  unload: useModelAction(api.unloadModel),
  pin: useModelAction(api.pinModel),
  unpin: useModelAction(api.unpinModel),
});
