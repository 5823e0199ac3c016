import * as v from 'valibot';
import { type ErrorCode, isErrorCode } from './types.ts';

const Remedy = v.variant('kind', [
  v.object({ kind: v.literal('wait_until'), at: v.string() }),
  v.object({ kind: v.literal('upgrade'), plan: v.string() }),
  v.object({ kind: v.literal('top_up'), micros: v.number(), currency: v.string() }),
  v.object({ kind: v.picklist(['finish_a_run', 'ask_for_less', 'raise_budget']) }),
]);

/** What helps against a refusal; each alone. */
export type Remedy = v.InferOutput<typeof Remedy>;

const Document = v.object({
  status: v.number(),
  code: v.string(),
  title: v.optional(v.string()),
  detail: v.optional(v.string()),
  kept: v.optional(v.nullable(v.string())),
  action: v.optional(v.nullable(v.string())),
  request_id: v.optional(v.string()),
  remedies: v.optional(v.array(Remedy)),
});

/** `offline`: no answer came at all. All other codes are the server's. */
export type ProblemCode = ErrorCode | 'offline';

/** Why a request did not succeed, in words that can be translated by `code`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly requestId: string | null;
  readonly remedies: readonly Remedy[];

  constructor(
    code: ProblemCode,
    status: number,
    detail: string,
    requestId: string | null = null,
    remedies: readonly Remedy[] = [],
  ) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.remedies = remedies;
  }
}

/** Reads a problem document; anything else becomes `internal` (or the nearest code its status allows). */
export function decodeProblem(status: number, body: string): Problem {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return new Problem(codeOf(status), status, `The server answered ${status} without saying why.`);
  }
  const read = v.safeParse(Document, json);
  if (!read.success) return new Problem(codeOf(status), status, `The server answered ${status}.`);
  const { code, detail, title, request_id, remedies } = read.output;
  return new Problem(
    isErrorCode(code) ? code : codeOf(status),
    status,
    detail ?? title ?? code,
    request_id ?? null,
    remedies,
  );
}

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem('internal', 0, error instanceof Error ? error.message : String(error));

function codeOf(status: number): ProblemCode {
  switch (status) {
    case 400:
    case 422:
      return 'invalid_request';
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 413:
      return 'too_large';
    case 429:
      return 'rate_limited';
    case 502:
    case 504:
      return 'offline';
    case 503:
      return 'overloaded';
    default:
      return 'internal';
  }
}
