/** A thread is a tree of messages; what is on show is the way from its root to one leaf. */
import type { Message } from '../api/types.ts';

export type Step = {
  message: Message;
  /** The alternatives at this place, oldest first, `message` among them. */
  siblings: readonly string[];
};

const byAge = (a: Message, b: Message): number =>
  a.created_at === b.created_at ? (a.id < b.id ? -1 : 1) : a.created_at < b.created_at ? -1 : 1;

/** Children by parent, oldest first; the key `null` holds the roots. */
export function childrenOf(messages: readonly Message[]): Map<string | null, Message[]> {
  const children = new Map<string | null, Message[]>();
  for (const message of [...messages].sort(byAge)) {
    const list = children.get(message.parent_id);
    if (list) list.push(message);
    else children.set(message.parent_id, [message]);
  }
  return children;
}

/** The way to `leafId` as far back as `messages` reaches. An unknown leaf means the newest one. */
export function pathTo(messages: readonly Message[], leafId: string | null): Step[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const children = childrenOf(messages);
  let at = (leafId && byId.get(leafId)) || [...messages].sort(byAge).at(-1);
  const steps: Step[] = [];
  const seen = new Set<string>();
  while (at && !seen.has(at.id)) {
    seen.add(at.id);
    steps.push({ message: at, siblings: (children.get(at.parent_id) ?? []).map((sibling) => sibling.id) });
    at = at.parent_id === null ? undefined : byId.get(at.parent_id);
  }
  return steps.reverse();
}

/** The tip reached from `id` by always taking the newest child. */
export function newestLeaf(messages: readonly Message[], id: string): string {
  const children = childrenOf(messages);
  const seen = new Set<string>();
  let at = id;
  while (!seen.has(at)) {
    seen.add(at);
    const next = children.get(at)?.at(-1);
    if (!next) return at;
    at = next.id;
  }
  return at;
}

/** True when the way on show starts below a message that is not loaded yet. */
export const startsMidway = (path: readonly Step[]): boolean => (path[0]?.message.parent_id ?? null) !== null;
