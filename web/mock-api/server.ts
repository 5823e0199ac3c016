/**
 * The contract's server, pretended in memory: one function from a request to a response, streams included.
 * Vite's dev server, the screenshot walk and the component tests all answer through it.
 *
 * A message steers its run: words like `/think`, `/long`, `/quota`, `/wallet`, `/fail`, `/tools`, `/approve`, `/cut`, `/refuse`, `/slow`, `/hold`, `/short` (see `script`).
 */
import type { Me, Message, Model, RemoteModel, Run, RunEvent, StartRun, Thread } from '../src/api/types.ts';
import { applyEvent, EMPTY_FOLD } from '../src/core/fold.ts';
import { goOn } from './acting.ts';
import { Billing } from './billing.ts';
import { Holds } from './holds.ts';
import { Payments } from './pay.ts';
import { People } from './people.ts';
import { PLANS } from './plans.ts';
import { Providers } from './providers.ts';
import { Refusal, STATUS } from './refusal.ts';
import { cost, POLICIES, REMOTE } from './remote.ts';
import { Requests } from './requests.ts';
import { endedRoute, routeOf } from './route.ts';
import { type Script, script } from './script.ts';
import { Shelf } from './shelf.ts';
import { AGENTS, ANSWER_EN, MODELS } from './words.ts';

type Body = Record<string, unknown>;
type Frame = { seq: number; event: RunEvent };
type Live = { run: Run; frames: Frame[]; wake: Set<() => void>; stop: boolean };

export type MockOptions = {
  /** Milliseconds between tokens. */
  tick?: number;
  /** Starts with an owner who is signed in. */
  signedIn?: boolean;
  /** Starts before the first run: no owner. */
  fresh?: boolean;
  models?: Model[];
  /** Models of providers. */
  remote?: RemoteModel[];
};

const TOKEN = 'mock-token';
export class MockServer {
  readonly threads = new Map<string, Thread>();
  readonly messages = new Map<string, Message[]>();
  readonly runs = new Map<string, Live>();
  readonly shelf: Shelf;
  remote: RemoteModel[];
  readonly people: People;
  readonly providers = new Providers();
  readonly billing = new Billing();
  readonly requests = new Requests();
  readonly payments = new Payments((plan) => this.billing.begin(plan));
  me: Me | null;
  signedIn: boolean;
  layout: unknown = null;
  tick: number;
  /** Requests whose path contains this get no answer at all, as with a server that is down. */
  cut: string | null = null;
  readonly holds = new Holds();
  readonly #hangs = new Set<() => void>();
  #clock = Date.parse('2026-11-22T09:00:00Z');

  constructor({
    tick = 30,
    signedIn = true,
    fresh = false,
    models = structuredClone(MODELS),
    remote = structuredClone(REMOTE),
  }: MockOptions = {}) {
    this.tick = tick;
    this.shelf = new Shelf(models, tick);
    this.remote = remote;
    this.signedIn = signedIn && !fresh;
    this.me = fresh ? null : makeMe('mei', '小梅', 'en');
    this.people = new People(this.me);
  }

  /** Like `fetch`, without a network. */
  readonly handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url, 'http://mock');
    if (this.cut !== null && url.pathname.includes(this.cut)) throw new TypeError('fetch failed');
    const text = request.method === 'GET' ? '' : await request.text();
    try {
      return await this.#route(
        request.method,
        url,
        text === '' ? {} : (JSON.parse(text) as Body),
        request.signal,
      );
    } catch (error) {
      if (error instanceof Refusal) return problem(error);
      throw error;
    }
  };

  /** Cuts every open stream, as a network that fails. */
  hangUp(): void {
    for (const hang of this.#hangs) hang();
  }

  /** A thread with `count` messages that were written before; its id. */
  seed(agentId: string, count: number): string {
    const id = crypto.randomUUID();
    const at = (index: number) => new Date(this.#clock - (count - index) * 1000).toISOString();
    const list = Array.from({ length: count }, (_, index): Message => {
      const user = index % 2 === 0;
      const number = Math.floor(index / 2) + 1;
      return {
        id: `${id}-${index}`,
        thread_id: id,
        parent_id: index === 0 ? null : `${id}-${index - 1}`,
        role: user ? 'user' : 'assistant',
        parts: [{ type: 'text', text: user ? `Question ${number}` : `Answer ${number}\n\n${ANSWER_EN}` }],
        run_id: null,
        created_at: at(index),
      };
    });
    this.messages.set(id, list);
    this.threads.set(id, {
      id,
      agent_id: agentId,
      title: 'A long thread',
      leaf_id: list.at(-1)?.id ?? null,
      active_run_id: null,
      created_at: at(0),
      updated_at: at(count),
    });
    return id;
  }

  async #route(method: string, url: URL, body: Body, signal: AbortSignal): Promise<Response> {
    const [, , , ...parts] = url.pathname.split('/');
    const route = `${method} /${parts.map((part, at) => (at % 2 === 1 && !['layout', 'plan'].includes(part) ? ':id' : part)).join('/')}`;
    const id = parts[1] ?? '';
    if (route === 'GET /status') {
      return json({
        version: '0.1.0',
        setup_required: this.me === null,
        default_model: MODELS[0]?.id,
        default_locale: 'zh-CN',
      });
    }
    if (route === 'POST /setup') return this.#setUp(body);
    if (route === 'POST /sessions') return this.#signIn(body);
    const anybody = this.people.open(route, body, (wish) => {
      this.me = makeMe(String(wish.login), String(wish.name), 'en');
      this.signedIn = true;
      return this.me;
    });
    if (anybody !== null) {
      return answer(anybody);
    }
    if (!this.signedIn) throw new Refusal('unauthenticated');
    const paid = this.payments.answer(method, parts.join('/'), url.searchParams, body);
    if (paid !== null) return answer(paid);
    const asked = this.requests.answer(method, parts, url.searchParams);
    if (asked !== null) return answer(asked);
    const billed = this.billing.answer(method, parts, url.searchParams, body);
    if (billed !== null) return answer(billed);
    const provided = this.providers.answer(method, parts, body);
    if (provided !== null) return answer(provided);
    const own = parts[1] === 'layout' ? null : this.people.own(route, parts, body);
    if (own !== null) return answer(own);
    if (method === 'POST' && parts[0] === 'models') {
      return json(this.shelf.act(id, parts.at(-1) ?? ''), 202);
    }
    switch (route) {
      case 'DELETE /sessions':
        this.signedIn = false;
        return new Response(null, { status: 204 });
      case 'GET /me':
        return json(this.me);
      case 'PATCH /me':
        if (this.me) this.me = { ...this.me, member: { ...this.me.member, ...body } };
        return json(this.me);
      case 'GET /me/layout':
        return json({ layout: this.layout });
      case 'PUT /me/layout':
        this.layout = body.layout;
        return json({ layout: this.layout });
      case 'GET /plans':
        return json({ items: PLANS });
      case 'GET /agents':
        return json({ items: AGENTS });
      case 'GET /threads':
        return json(this.#page(url));
      case 'POST /threads':
        return this.#createThread(body);
      case 'GET /threads/:id':
        return json(this.#thread(id));
      case 'PATCH /threads/:id': {
        const changed = { ...this.#thread(id), ...body } as Thread;
        this.threads.set(id, changed);
        return json(changed);
      }
      case 'DELETE /threads/:id':
        this.#thread(id);
        this.threads.delete(id);
        this.messages.delete(id);
        return new Response(null, { status: 204 });
      case 'GET /models':
        return json({
          items: this.shelf.models,
          remote: this.providers.offered(this.remote),
          policies: POLICIES,
          free_bytes: this.shelf.free,
        });
      case 'GET /threads/:id/messages':
        return json(this.#messagePage(id, url));
      case 'POST /threads/:id/runs':
        return this.#start(id, body as unknown as StartRun);
      case 'GET /runs/:id':
        return json(this.#run(id).run);
      case 'GET /runs/:id/events':
        return this.#stream(this.#run(id), Number(url.searchParams.get('after') ?? 0), signal);
      case 'POST /runs/:id/cancel': {
        const live = this.#run(id);
        live.stop = true;
        return json(live.run, 202);
      }
      default:
        throw new Refusal('not_found');
    }
  }

  #setUp(body: Body): Response {
    if (this.me !== null) throw new Refusal('already_set_up');
    if (body.token !== TOKEN) throw new Refusal('wrong_credentials');
    this.me = makeMe(String(body.login), String(body.name), body.locale === 'en' ? 'en' : 'zh-CN');
    this.signedIn = true;
    return json(this.me, 201);
  }

  #signIn(body: Body): Response {
    if (this.people.factor.on && body.code === undefined) throw new Refusal('second_factor_required');
    if (body.password === 'too-often') throw new Refusal('rate_limited');
    if (this.me === null || body.login !== this.me.member.login || body.password === 'wrong') {
      throw new Refusal('wrong_credentials');
    }
    this.signedIn = true;
    return json(this.me, 201);
  }

  #now(): string {
    this.#clock = Math.max(this.#clock + 1, Date.now());
    return new Date(this.#clock).toISOString();
  }

  #thread(id: string): Thread {
    const thread = this.threads.get(id);
    if (!thread) throw new Refusal('not_found');
    return thread;
  }

  #run(id: string): Live {
    const live = this.runs.get(id);
    if (!live) throw new Refusal('not_found');
    return live;
  }

  #page(url: URL): { items: Thread[]; next: string | null } {
    const agent = url.searchParams.get('agent_id');
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const items = [...this.threads.values()]
      .filter((thread) => agent === null || thread.agent_id === agent)
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    return { items: items.slice(0, limit), next: null };
  }

  #messagePage(id: string, url: URL): { items: Message[]; runs: Run[]; next: string | null } {
    this.#thread(id);
    const all = this.messages.get(id) ?? [];
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const end = Number(url.searchParams.get('before') ?? all.length);
    const from = Math.max(0, end - limit);
    const items = all.slice(from, end);
    const runs = items.flatMap((message) =>
      message.run_id ? (this.runs.get(message.run_id)?.run ?? []) : [],
    );
    return { items, runs, next: from > 0 ? String(from) : null };
  }

  #createThread(body: Body): Response {
    const id = String(body.id);
    const known = this.threads.get(id);
    if (known) return json(known);
    const at = this.#now();
    const thread: Thread = {
      id,
      agent_id: String(body.agent_id),
      title: typeof body.title === 'string' ? body.title : null,
      leaf_id: null,
      active_run_id: null,
      created_at: at,
      updated_at: at,
    };
    this.threads.set(id, thread);
    this.messages.set(id, []);
    return json(thread, 201);
  }

  #start(threadId: string, body: StartRun): Response {
    const thread = this.#thread(threadId);
    const known = this.runs.get(body.id);
    if (known) return json(known.run, 202);
    const model = this.#answerer(body.model ?? null);
    const list = this.messages.get(threadId) ?? [];
    const { input } = body;
    if (input.type === 'ask') this.billing.refuse(input.text);
    if (input.type === 'ask' && input.text.includes('/refuse')) throw new Refusal('overloaded');
    const at = this.#now();
    if (input.type === 'ask') {
      list.push({
        id: input.message_id,
        thread_id: threadId,
        parent_id: input.parent_id,
        role: 'user',
        parts: [{ type: 'text', text: input.text }],
        run_id: null,
        created_at: at,
      });
    }
    const above = list.find((message) => message.id === input.message_id);
    const asked = this.#askedAbove(list, above);
    if (!above || !asked) throw new Refusal('not_found');
    const follows = input.type === 'continue' ? goOn(above, input, body.locale === 'en') : null;
    const part = asked.parts[0];
    const text = part?.type === 'text' ? part.text : '';
    list.push({
      id: body.reply_id,
      thread_id: threadId,
      parent_id: above.id,
      role: 'assistant',
      parts: [],
      run_id: body.id,
      created_at: this.#now(),
    });
    const run: Run = {
      id: body.id,
      thread_id: threadId,
      message_id: asked.id,
      reply_id: body.reply_id,
      agent_id: thread.agent_id,
      model,
      state: 'queued',
      finish_reason: null,
      usage: null,
      timings: null,
      cost: null,
      route: routeOf(body.model ?? null, model),
      error: null,
      created_at: at,
      finished_at: null,
    };
    this.threads.set(threadId, {
      ...thread,
      title: thread.title ?? text.slice(0, 60),
      leaf_id: body.reply_id,
      active_run_id: body.id,
      updated_at: at,
    });
    const live: Live = { run, frames: [], wake: new Set(), stop: false };
    this.runs.set(run.id, live);
    void this.#write(live, text, follows ?? script(text, body.locale === 'en', model));
    return json(run, 202);
  }

  /** What a member said last, from a message upwards. */
  #askedAbove(list: Message[], from: Message | undefined): Message | undefined {
    let at = from;
    while (at && at.role !== 'user') at = list.find((message) => message.id === at?.parent_id);
    return at;
  }

  /** Who answers: the one that was wished for, or the default. */
  #answerer(wished: string | null): string {
    if (this.remote.some(({ id }) => id === wished)) return wished ?? '';
    const chooses = wished === null || POLICIES.some(({ id }) => id === wished);
    const local = this.shelf.models.find((model) => (chooses ? model.default : model.id === wished));
    if (!local) throw new Refusal('not_found');
    if (local.state.type !== 'installed') throw new Refusal('model_not_installed');
    return local.id;
  }

  async #write(live: Live, asked: string, { steps, finish }: Script): Promise<void> {
    const pause = asked.includes('/slow') ? this.tick * 12 : this.tick;
    const say = (event: RunEvent) => {
      live.frames.push({ seq: live.frames.length + 1, event });
      for (const wake of live.wake) wake();
    };
    live.run = { ...live.run, state: 'running' };
    let output = 0;
    for (const step of steps) {
      await sleep(pause);
      if (live.stop) break;
      if (step.type.endsWith('delta')) output += 1;
      if (output === 8) await this.holds.wait(asked);
      say(step);
    }
    const done: RunEvent = {
      type: 'finished',
      state: live.stop ? 'cancelled' : finish.state,
      finish_reason: live.stop ? 'cancelled' : finish.finish_reason,
      error: live.stop ? null : finish.error,
      usage: { input_tokens: 312, cached_tokens: 288, output_tokens: output, reasoning_tokens: 0 },
      timings: { first_token_ms: 312, decode_ms: Math.max(1, output * 47) },
      cost: cost(this.remote, live.run.model, 24 + 288, output),
    };
    this.#settle(live, done);
    say(done);
  }

  #settle(live: Live, done: Extract<RunEvent, { type: 'finished' }>): void {
    const { type: _, ...outcome } = done;
    const route = endedRoute(live.run.route, live.run.model);
    live.run = { ...live.run, ...outcome, route, finished_at: this.#now() };
    const list = this.messages.get(live.run.thread_id);
    const reply = list?.find((message) => message.id === live.run.reply_id);
    if (reply) {
      const fold = live.frames.reduce((so, { seq, event }) => applyEvent(so, seq, event), EMPTY_FOLD);
      reply.parts = [...fold.parts];
    }
    const thread = this.threads.get(live.run.thread_id);
    if (thread?.active_run_id === live.run.id) {
      this.threads.set(thread.id, { ...thread, active_run_id: null, updated_at: this.#now() });
    }
  }

  #stream(live: Live, after: number, signal: AbortSignal): Response {
    const encoder = new TextEncoder();
    let at = after;
    let wake = () => {};
    let hang = () => {};
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        hang = () => controller.error(new TypeError('network error'));
        this.#hangs.add(hang);
      },
      pull: async (controller) => {
        while (at >= live.frames.length && !signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            live.wake.add(wake);
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
          live.wake.delete(wake);
        }
        const frame = live.frames[at];
        if (!frame || signal.aborted) return controller.close();
        at = frame.seq;
        const data = JSON.stringify(frame.event);
        controller.enqueue(encoder.encode(`id: ${frame.seq}\nevent: ${frame.event.type}\ndata: ${data}\n\n`));
        if (frame.event.type === 'finished') controller.close();
      },
      cancel: () => {
        this.#hangs.delete(hang);
        live.wake.delete(wake);
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  }
}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

function problem({ code, remedies }: Refusal): Response {
  const status = STATUS[code] ?? 500;
  const body = {
    type: `/docs/errors#${code}`,
    title: code,
    status,
    code,
    detail: code,
    request_id: 'mock-1',
    remedies,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

/** `undefined` is an answer without a body. */
const answer = (document: unknown): Response =>
  document === undefined ? new Response(null, { status: 204 }) : json(document);

const makeMe = (login: string, name: string, locale: Me['member']['locale']): Me => ({
  member: { id: '01900000-0000-7000-8000-000000000001', login, name, role: 'owner', locale },
  workspace: { id: '01900000-0000-7000-8000-000000000002', name: locale === 'en' ? 'Home' : '家' },
});
