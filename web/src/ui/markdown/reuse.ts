/**
 * Gives back the parts of `previous` that `next` repeats, so that React skips them: the same value if both are
 * equal, else `next` with every equal part replaced by the old one. For plain trees of objects and arrays.
 */
export function reuse<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (Array.isArray(previous) && Array.isArray(next)) {
    for (const [i, value] of next.entries()) next[i] = reuse(previous[i], value);
    const equal = previous.length === next.length && next.every((value, i) => value === previous[i]);
    return (equal ? previous : next) as T;
  }
  if (!isObject(previous) || !isObject(next)) return next;
  const tree: Record<string, unknown> = next;
  for (const key of Object.keys(tree)) tree[key] = reuse(previous[key], tree[key]);
  const keys = Object.keys(previous);
  const equal = keys.length === Object.keys(tree).length && keys.every((key) => tree[key] === previous[key]);
  return equal ? (previous as T) : next;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
