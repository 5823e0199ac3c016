/** What is asked of models, through the one door. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { request } from './client.ts';
import type { components } from './schema';

type Schemas = components['schemas'];

export type ModelRequest = Schemas['ModelRequest'];
export type RequestTrace = Schemas['ModelRequestTrace'];
export type RequestAttempt = Schemas['ModelRequestAttempt'];
export type RequestPage = Schemas['RequestPage'];
export type Overview = Schemas['RequestOverview'];
export type RequestPoint = Schemas['RequestPoint'];
export type RequestSlice = Schemas['RequestSlice'];
export type Savings = Schemas['Savings'];
export type WatchedSavings = Schemas['WatchedSavings'];
export type Privacy = Schemas['Privacy'];

export type RequestSpan = 'hour' | 'day' | 'week';
export type RequestFilter = { error: 'any' | null; model: string | null; face: string | null };

const SECOND = 1000;
/** How often is looked again: the wider the look, the less of it changes. */
const EVERY: Record<RequestSpan, number> = { hour: 5 * SECOND, day: 15 * SECOND, week: 60 * SECOND };

export const requestQueries = {
  overview: (span: RequestSpan) =>
    queryOptions({
      queryKey: ['requests', 'overview', span],
      queryFn: () => request<Overview>('GET', '/requests/overview', { query: { span } }),
      staleTime: 0,
      refetchInterval: EVERY[span],
    }),
  list: (filter: RequestFilter) =>
    infiniteQueryOptions({
      queryKey: ['requests', 'list', filter],
      queryFn: ({ pageParam: before }) =>
        request<RequestPage>('GET', '/requests', { query: { ...filter, before, limit: 50 } }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
      staleTime: 0,
      // Whoever reads far below is not disturbed.
      refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : 5 * SECOND),
    }),
  trace: (id: string) =>
    queryOptions({
      queryKey: ['requests', 'trace', id],
      queryFn: () => request<RequestTrace>('GET', `/requests/${id}`),
    }),
  savings: queryOptions({
    queryKey: ['requests', 'savings'],
    queryFn: () => request<Savings>('GET', '/savings'),
    refetchInterval: EVERY.week,
  }),
  watched: queryOptions({
    queryKey: ['requests', 'savings', 'watched'],
    queryFn: () => request<WatchedSavings>('GET', '/savings/watched'),
    refetchInterval: EVERY.week,
  }),
  privacy: queryOptions({
    queryKey: ['privacy'],
    queryFn: () => request<Privacy>('GET', '/me/privacy'),
  }),
};
