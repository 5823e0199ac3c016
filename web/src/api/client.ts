/** The one door to the server. Every request of the command centre leaves through `request`. */
import { decodeProblem, Problem } from './problem.ts';
import type {
  Agent,
  Locale,
  Me,
  MessagePage,
  Model,
  ModelList,
  MyPlan,
  Plan,
  Run,
  StartRun,
  Status,
  Thread,
  ThreadPage,
} from './types.ts';

export const BASE = '/api/v1';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Query = Record<string, string | number | null | undefined>;
type Options = { body?: unknown; query?: Query; signal?: AbortSignal; keepalive?: boolean };

let onSignedOut: () => void = () => {};

/** Called whenever the server says that the session is over. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** A raw answer with a good status; everything else is thrown as a `Problem`. */
export async function open(method: Method, path: string, options: Options = {}): Promise<Response> {
  const { body, query = {}, signal, keepalive } = options;
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) search.set(key, String(value));
  }
  const url = `${BASE}${path}${search.size > 0 ? `?${search}` : ''}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      credentials: 'same-origin',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...(signal ? { signal } : {}),
      ...(keepalive ? { keepalive } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem('offline', 0, 'The server cannot be reached.');
  }
  if (response.ok) return response;
  const problem = decodeProblem(response.status, await response.text().catch(() => ''));
  if (problem.code === 'unauthenticated') onSignedOut();
  throw problem;
}

export async function request<T>(method: Method, path: string, options?: Options): Promise<T> {
  const response = await open(method, path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const api = {
  status: () => request<Status>('GET', '/status'),
  setUp: (body: { token: string; login: string; password: string; name: string; locale: Locale }) =>
    request<Me>('POST', '/setup', { body }),
  signIn: (body: { login: string; password: string; code?: string }) =>
    request<Me>('POST', '/sessions', { body }),
  signOut: () => request<void>('DELETE', '/sessions'),
  me: () => request<Me>('GET', '/me'),
  changeMe: (body: { name?: string; locale?: Locale }) => request<Me>('PATCH', '/me', { body }),
  myPlan: () => request<MyPlan>('GET', '/me/plan'),
  plans: () => request<{ items: Plan[] }>('GET', '/plans'),
  layout: () => request<{ layout: unknown }>('GET', '/me/layout'),
  saveLayout: (layout: unknown, keepalive = false) =>
    request<{ layout: unknown }>('PUT', '/me/layout', { body: { layout }, keepalive }),
  agents: () => request<{ items: Agent[] }>('GET', '/agents'),
  threads: (query: { before?: string | null; limit?: number; agent_id?: string }) =>
    request<ThreadPage>('GET', '/threads', { query }),
  thread: (id: string) => request<Thread>('GET', `/threads/${id}`),
  createThread: (body: { id: string; agent_id: string; title?: string }) =>
    request<Thread>('POST', '/threads', { body }),
  changeThread: (id: string, body: { title?: string; leaf_id?: string }) =>
    request<Thread>('PATCH', `/threads/${id}`, { body }),
  deleteThread: (id: string) => request<void>('DELETE', `/threads/${id}`),
  messages: (id: string, query: { before?: string | null; limit?: number }) =>
    request<MessagePage>('GET', `/threads/${id}/messages`, { query }),
  startRun: (threadId: string, body: StartRun) => request<Run>('POST', `/threads/${threadId}/runs`, { body }),
  run: (id: string) => request<Run>('GET', `/runs/${id}`),
  cancelRun: (id: string) => request<Run>('POST', `/runs/${id}/cancel`, { body: {} }),
  models: () => request<ModelList>('GET', '/models'),
  pullModel: (id: string) => request<Model>('POST', `/models/${id}/pull`, { body: {} }),
  cancelPull: (id: string) => request<Model>('POST', `/models/${id}/pull/cancel`, { body: {} }),
  loadModel: (id: string) => request<Model>('POST', `/models/${id}/load`, { body: {} }),
  unloadModel: (id: string) => request<Model>('POST', `/models/${id}/unload`, { body: {} }),
  pinModel: (id: string) => request<Model>('POST', `/models/${id}/pin`, { body: {} }),
  unpinModel: (id: string) => request<Model>('POST', `/models/${id}/unpin`, { body: {} }),
};
