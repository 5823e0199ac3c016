import type { ErrorCode } from '../src/api/types.ts';

/** What the pretended server does not do. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}
