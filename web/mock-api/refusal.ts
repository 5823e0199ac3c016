import type { Remedy } from '../src/api/problem.ts';
import type { ErrorCode } from '../src/api/types.ts';

/** What the pretended server does not do. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly remedies: readonly Remedy[];
  constructor(code: ErrorCode, remedies: readonly Remedy[] = []) {
    super(code);
    this.code = code;
    this.remedies = remedies;
  }
}

/** The statuses of codes; all others are 500. */
export const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  wrong_credentials: 401,
  not_found: 404,
  conflict: 409,
  already_set_up: 409,
  too_large: 413,
  second_factor_required: 401,
  approval_over: 409,
  link_invalid: 404,
  login_taken: 409,
  last_owner: 409,
  rate_limited: 429,
  plan_required: 403,
  quota_exceeded: 429,
  too_many_runs: 429,
  wallet_empty: 402,
  plan_unavailable: 409,
  voucher_unknown: 404,
  voucher_used_up: 409,
  budget_exceeded: 402,
  payment_declined: 409,
  gateway_down: 502,
  overloaded: 503,
  model_not_installed: 409,
};
