import { afterEach, expect, test, vi } from 'vitest';
import { api, whenSignedOut } from './client.ts';
import { decodeProblem, Problem } from './problem.ts';

const answer = (status: number, body: unknown) =>
  vi.stubGlobal(
    'fetch',
    async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }),
  );
const failure = async (promise: Promise<unknown>): Promise<Problem> => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw new Error(`not a problem: ${error}`);
};

afterEach(() => {
  vi.unstubAllGlobals();
  whenSignedOut(() => {});
});

test('a problem document keeps its code, status and request id', () => {
  const body = {
    status: 409,
    code: 'already_set_up',
    title: 'Set up',
    detail: 'It was set up.',
    request_id: 'r1',
  };
  const problem = decodeProblem(409, JSON.stringify(body));
  expect([problem.code, problem.status, problem.message, problem.requestId]).toEqual([
    'already_set_up',
    409,
    'It was set up.',
    'r1',
  ]);
});

test.each([
  [413, '<html>too large</html>', 'too_large'],
  [502, 'bad gateway', 'offline'],
  [503, '', 'overloaded'],
  [500, '{"code": 7}', 'internal'],
  [404, '{"status": 404, "code": "from_the_future"}', 'not_found'],
])('an answer %d that is no problem document becomes %s → %s', (status, body, code) => {
  expect(decodeProblem(status, body).code).toBe(code);
});

test('no answer at all is offline', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('fetch failed');
  });
  expect((await failure(api.me())).code).toBe('offline');
});

test('a session that is over is told once per request; wrong credentials are not', async () => {
  const told = vi.fn();
  whenSignedOut(told);
  answer(401, { status: 401, code: 'unauthenticated' });
  await failure(api.agents());
  expect(told).toHaveBeenCalledTimes(1);
  answer(401, { status: 401, code: 'wrong_credentials' });
  await failure(api.signIn({ login: 'a', password: 'b' }));
  expect(told).toHaveBeenCalledTimes(1);
});

test('a request that its caller gave up is not called offline', async () => {
  const abort = new AbortController();
  vi.stubGlobal('fetch', async () => {
    abort.abort();
    throw new DOMException('aborted', 'AbortError');
  });
  const { open } = await import('./client.ts');
  await expect(open('GET', '/me', { signal: abort.signal })).rejects.toThrow('aborted');
});
