/** What was asked of models in the pretended workspace. */
import type {
  ModelRequest,
  Overview,
  Privacy,
  RequestAttempt,
  RequestPage,
  RequestPoint,
  RequestSlice,
  RequestTrace,
  Savings,
  WatchedSavings,
} from '../src/api/requests.ts';
import { Refusal } from './refusal.ts';

const cny = (micros: number) => ({ micros, currency: 'CNY' });
const SPANS = { hour: [60, 60], day: [96, 900], week: [84, 7200] } as const;
type Sum = Omit<RequestPoint, 'at'>;

/** The same numbers at every visit. */
const wave = (at: number): number =>
  Math.max(0, Math.round(9 + 7 * Math.sin(at / 5) + 4 * Math.sin(at * 1.7)));

const sum = (requests: number, failed: number, micros: number, first: number): Sum => ({
  requests,
  failed,
  cost: cny(micros),
  ...(requests > 0
    ? { first_token_ms: { p50: first, p95: first * 4 }, took_ms: { p50: first * 9, p95: first * 31 } }
    : {}),
});

const slice = (key: string, part: Sum, name?: string): RequestSlice => ({
  key,
  ...part,
  ...(name ? { name } : {}),
});

export class Requests {
  items: ModelRequest[];
  log: Overview['log'] = 'metadata';
  /** False: nothing was asked. */
  hasAny = true;
  texts: Pick<RequestTrace, 'asked_text' | 'answered_text'> = {};

  constructor(now: number = Date.now()) {
    this.items = [
      requestAt(now - 8_000, 1, {}),
      requestAt(now - 41_000, 2, {
        face: 'runs',
        agent_id: 'tutor',
        model: 'qwen2.5-0.5b-instruct',
        local: true,
      }),
      requestAt(now - 63_000, 3, { error: 'upstream_busy', attempts: 3 }),
      requestAt(now - 95_000, 4, { model: 'qwen/qwen3-235b-a22b-thinking-2507', attempts: 2 }),
      requestAt(now - 140_000, 5, { state: 'cancelled' }),
      requestAt(now - 200_000, 6, { error: 'quota_exceeded', attempts: 0 }),
      requestAt(now - 260_000, 7, { face: 'embeddings', model: 'bge-small-zh-v1.5', local: true }),
    ];
  }

  /** Null when it is about something else. */
  answer(method: string, parts: readonly string[], query: URLSearchParams): unknown {
    if (method !== 'GET') return null;
    if (parts.join('/') === 'me/privacy') return this.#privacy();
    if (parts[0] === 'savings') return parts[1] === 'watched' ? this.#watched() : this.#savings();
    if (parts[0] !== 'requests') return null;
    if (parts.length === 1) return this.#page(query);
    if (parts[1] === 'overview') return this.#overview(query.get('span') as keyof typeof SPANS);
    return this.#trace(parts[1] ?? '');
  }

  #savings(): Savings {
    const sum = (answers: number, known: number, cost: number, reference: number) => ({
      answers,
      known,
      cost: cny(cost),
      at_reference: cny(reference),
      saved: cny(reference - cost),
    });
    const rows = [
      { policy: 'auto', model: 'deepseek/deepseek-chat', ...sum(412, 412, 883_000, 3_120_000) },
      { policy: 'auto', model: 'qwen2.5-0.5b-instruct', ...sum(133, 130, 0, 944_000) },
      { policy: 'best', model: 'qwen/qwen3-235b-a22b-thinking-2507', ...sum(21, 21, 410_000, 362_000) },
    ];
    const total = sum(566, 563, 1_293_000, 4_426_000);
    const { from, until } = month();
    return { from, until, rows: this.hasAny ? rows : [], total: this.hasAny ? total : sum(0, 0, 0, 0) };
  }

  #watched(): WatchedSavings {
    const sum = (answers: number, elsewhere: number, cost: number, would: number) => ({
      answers,
      elsewhere,
      nobody: 0,
      known: answers,
      cost: cny(cost),
      would_cost: cny(would),
      would_save: cny(cost - would),
    });
    const { from, until } = month();
    const days = [
      { day: from, ...sum(96, 51, 201_000, 122_400) },
      { day: until, ...sum(120, 77, 262_000, 140_100) },
    ];
    const policies = [{ policy: 'cheap', days, total: sum(216, 128, 463_000, 262_500) }];
    return { watched: 'cheap', from, until, policies: this.hasAny ? policies : [] };
  }

  #privacy(): Privacy {
    return { requests: this.log, keep_days: 30, keep_bodies_days: this.log === 'full' ? 7 : null };
  }

  #page(query: URLSearchParams): RequestPage {
    const fits = (item: ModelRequest) =>
      (query.get('error') === null || item.error !== undefined) &&
      (query.get('model') ?? item.model) === item.model &&
      (query.get('face') ?? item.face) === item.face;
    return { items: this.hasAny ? this.items.filter(fits) : [], next: null };
  }

  #overview(span: keyof typeof SPANS): Overview {
    const [pieces, step] = SPANS[span];
    const begin = (at: number) => {
      const last = Math.floor(Date.now() / 1000 / step) * step;
      return new Date((last - (pieces - 1 - at) * step) * 1000).toISOString();
    };
    const points = Array.from({ length: pieces }, (_, at): RequestPoint => {
      const requests = this.hasAny ? wave(at) : 0;
      const failed = requests > 14 ? 2 : 0;
      return { at: begin(at), ...sum(requests, failed, requests * 2_137, 180 + requests * 9) };
    });
    const all = points.reduce((total, point) => total + point.requests, 0);
    const wrong = points.reduce((total, point) => total + point.failed, 0);
    const part = (share: number, failed: number, first: number) =>
      sum(Math.round(all * share), failed, Math.round(all * share) * 2_137, first);
    const list = (slices: RequestSlice[]) => (this.hasAny ? slices : []);
    return {
      log: this.log,
      keep_days: 30,
      since: begin(0),
      step_seconds: step,
      points,
      total: sum(all, wrong, all * 2_137, 240),
      by_model: list([
        slice('deepseek/deepseek-chat', part(0.62, wrong, 310)),
        slice('qwen2.5-0.5b-instruct', part(0.25, 0, 90)),
        slice('qwen/qwen3-235b-a22b-thinking-2507', part(0.13, 0, 1_240)),
      ]),
      by_vendor: list([slice('deepseek', part(0.62, wrong, 310)), slice('', part(0.25, 0, 90))]),
      by_key: list([slice('k1', part(0.7, wrong, 310), 'shop floor'), slice('', part(0.3, 0, 90))]),
      by_face: list([slice('chat/completions', part(0.7, wrong, 310)), slice('runs', part(0.3, 0, 90))]),
      errors:
        wrong > 0
          ? [
              { error: 'upstream_busy', requests: wrong - 1 },
              { error: 'quota_exceeded', requests: 1 },
            ]
          : [],
    };
  }

  #trace(id: string): RequestTrace {
    const request = this.items.find((item) => item.id === id);
    if (!request) throw new Refusal('not_found');
    const attempts = Array.from({ length: request.attempts }, (_, at) => attemptOf(request, at));
    return { request, trace_id: id.replaceAll('-', ''), attempts, ...this.texts };
  }
}

/** The first day of this month, and today. */
function month() {
  const until = new Date().toISOString().slice(0, 10);
  return { from: `${until.slice(0, 8)}01`, until };
}

type Wish = Partial<Pick<ModelRequest, 'face' | 'agent_id' | 'model' | 'state' | 'error' | 'attempts'>> & {
  local?: boolean;
};

function requestAt(at: number, number: number, { local = false, ...wish }: Wish): ModelRequest {
  const model = wish.model ?? 'deepseek/deepseek-chat';
  const isRefused = wish.attempts === 0;
  return {
    id: `019a9f5e-6c00-7000-8000-00000000000${number}`,
    at: new Date(at).toISOString(),
    member_id: 'm1',
    member_name: '小梅',
    face: 'chat/completions',
    asked: model,
    model,
    state: wish.error ? 'failed' : 'succeeded',
    took_ms: isRefused ? 1 : 2_940 + number * 137,
    attempts: local ? 0 : 1,
    ...(local ? {} : { vendor: model.split('/')[0] ?? '' }),
    ...(wish.face === 'runs' ? {} : { key_id: 'k1', key_name: 'shop floor' }),
    ...(wish.error ? {} : { first_token_ms: 212 + number * 31, finish_reason: 'stop' as const }),
    ...(isRefused
      ? {}
      : {
          usage: { input_tokens: 1_204, cached_tokens: 1_024, output_tokens: 311, reasoning_tokens: 0 },
          cost: cny(wish.error ? 0 : 2_137),
        }),
    ...wish,
  };
}

function attemptOf(request: ModelRequest, at: number): RequestAttempt {
  const isLast = at === request.attempts - 1;
  const fails = !isLast || request.error !== undefined;
  return {
    deployment: request.model,
    vendor: request.vendor ?? '',
    after_ms: at * 640,
    took_ms: fails ? 420 : request.took_ms - at * 640,
    outcome: fails ? 'failed' : request.state === 'cancelled' ? 'left' : 'answered',
    ...(fails ? { error: 'upstream_busy' as const } : { first_token_ms: 212 }),
    ...(isLast ? { vendor_request_id: 'chatcmpl-7f3a91' } : {}),
  };
}
