/** Questions asked before their window was open, by thread. Each is taken once. */
const waiting = new Map<string, string>();

export function leaveFirstAsk(threadId: string, text: string): void {
  waiting.set(threadId, text);
}

export function takeFirstAsk(threadId: string): string | null {
  const text = waiting.get(threadId) ?? null;
  waiting.delete(threadId);
  return text;
}
