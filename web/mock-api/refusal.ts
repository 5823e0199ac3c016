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
