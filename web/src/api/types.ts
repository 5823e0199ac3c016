/** The documents of the HTTP API, as `crates/wire` and the contract write them. */

export type Locale = 'zh-CN' | 'en';
export type Localized<T = string> = { zh: T; en: T };

export type Status = {
  version: string;
  setup_required: boolean;
  default_model: string;
  default_locale: Locale;
};

export type MemberRole = 'owner' | 'admin' | 'member' | 'guest';
export type Me = {
  member: { id: string; login: string; name: string; role: MemberRole; locale: Locale };
  workspace: { id: string; name: string };
};

export type Category = 'everyday' | 'learning' | 'life' | 'making' | 'work' | 'public';
export type Agent = {
  id: string;
  name: Localized;
  description: Localized;
  category: Category;
  glyph: string;
  color: string;
  openings: Localized<string[]>;
  greeting: Localized;
  not_yet: Localized | null;
  default: boolean;
  version: number;
};

export type Thread = {
  id: string;
  agent_id: string;
  title: string | null;
  leaf_id: string | null;
  active_run_id: string | null;
  created_at: string;
  updated_at: string;
};
export type ThreadPage = { items: Thread[]; next: string | null };

export type Role = 'system' | 'user' | 'assistant';
export type Part =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string; millis: number | null };
export type Message = {
  id: string;
  thread_id: string;
  parent_id: string | null;
  role: Role;
  parts: Part[];
  run_id: string | null;
  created_at: string;
};
export type MessagePage = { items: Message[]; runs: Run[]; next: string | null };

export type RunState = 'queued' | 'running' | 'succeeded' | 'cancelled' | 'failed' | 'interrupted';
export type FinishReason = 'stop' | 'length' | 'cancelled';
export type Usage = { input_tokens: number; cached_tokens: number; output_tokens: number };
export type Timings = { first_token_ms: number; decode_ms: number };

export const ERROR_CODES = [
  'invalid_request',
  'too_large',
  'unauthenticated',
  'wrong_credentials',
  'forbidden',
  'untrusted_origin',
  'not_found',
  'conflict',
  'already_set_up',
  'rate_limited',
  'overloaded',
  'disk_full',
  'context_exceeded',
  'model_not_installed',
  'model_corrupt',
  'out_of_memory',
  'download_failed',
  'engine_failed',
  'interrupted',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
export type RunError = { code: ErrorCode; detail: string };

export type Run = {
  id: string;
  thread_id: string;
  message_id: string;
  reply_id: string;
  agent_id: string;
  model: string;
  state: RunState;
  finish_reason: FinishReason | null;
  usage: Usage | null;
  timings: Timings | null;
  error: RunError | null;
  created_at: string;
  finished_at: string | null;
};

export type RunInput =
  | { type: 'ask'; message_id: string; parent_id: string | null; text: string }
  | { type: 'regenerate'; message_id: string };
export type StartRun = { id: string; reply_id: string; input: RunInput; model?: string; locale?: Locale };

export type RunEvent =
  | { type: 'queued'; position: number }
  | { type: 'loading'; model: string }
  | { type: 'started'; model: string }
  | { type: 'text_delta'; text: string }
  | { type: 'reasoning_delta'; text: string }
  | { type: 'reasoning_done'; millis: number }
  | {
      type: 'finished';
      state: RunState;
      finish_reason: FinishReason | null;
      usage: Usage | null;
      timings: Timings | null;
      error: RunError | null;
    };

export type ModelState =
  | { type: 'absent' }
  | {
      type: 'pulling';
      done_bytes: number;
      total_bytes: number;
      bytes_per_second: number;
      seconds_left: number | null;
    }
  | { type: 'installed' }
  | { type: 'failed'; code: ErrorCode; detail: string };
export type Model = {
  id: string;
  name: string;
  family: string;
  parameters: string;
  quant: string;
  bytes: number;
  context_tokens: number;
  licence: string;
  default: boolean;
  state: ModelState;
  loaded: boolean;
};

export const isLive = (state: RunState): boolean => state === 'queued' || state === 'running';
