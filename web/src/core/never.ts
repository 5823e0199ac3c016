/** Ends an exhaustive match: the compiler names the case that was forgotten. */
export function never(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
