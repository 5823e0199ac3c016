/** Changes to the cached pages of a thread, before and after the server confirms them. Pages hold the newest first. */
import type { InfiniteData } from '@tanstack/react-query';
import type { Finished } from '../core/fold.ts';
import type { Message, MessagePage, Part, Run } from './types.ts';

export type Pages = InfiniteData<MessagePage>;

const EMPTY: Pages = { pages: [{ items: [], runs: [], next: null }], pageParams: [null] };

/** All messages of the loaded pages, oldest page first, each once. */
export function messagesIn(pages: Pages | undefined): Message[] {
  const byId = new Map<string, Message>();
  for (const page of [...(pages?.pages ?? [])].reverse()) {
    for (const message of page.items) byId.set(message.id, message);
  }
  return [...byId.values()];
}

export const runsIn = (pages: Pages | undefined): Map<string, Run> =>
  new Map((pages?.pages ?? []).flatMap((page) => page.runs).map((run) => [run.id, run]));

/** Adds messages to the newest page; the same ids stand once. */
export function withMessages(pages: Pages | undefined, messages: readonly Message[]): Pages {
  const base = withoutMessages(
    pages ?? EMPTY,
    messages.map((message) => message.id),
  );
  const [newest = { items: [], runs: [], next: null }, ...older] = base.pages;
  return { ...base, pages: [{ ...newest, items: [...newest.items, ...messages] }, ...older] };
}

/** Takes back what `withMessages` added. */
export const withoutMessages = (pages: Pages, ids: readonly string[]): Pages =>
  mapPages(pages, (page) => ({ ...page, items: page.items.filter((message) => !ids.includes(message.id)) }));

/** Puts a run as the server describes it on the page of the message it writes. */
export const withServerRun = (pages: Pages, run: Run): Pages =>
  mapPages(pages, (page) =>
    page.items.some((message) => message.id === run.reply_id)
      ? { ...page, runs: [...page.runs.filter((old) => old.id !== run.id), run] }
      : page,
  );

/** Writes the outcome of a followed run where the server wrote it too. */
export function settled(
  pages: Pages,
  ended: { id: string; replyId: string; parts: readonly Part[]; finished: Finished; at: string },
): Pages {
  const { state, finish_reason, usage, timings, error, cost } = ended.finished;
  return mapPages(pages, (page) => ({
    ...page,
    items: page.items.map((message) =>
      message.id === ended.replyId ? { ...message, parts: [...ended.parts] } : message,
    ),
    runs: page.runs.map((run) =>
      run.id === ended.id
        ? { ...run, state, finish_reason, usage, timings, error, cost, finished_at: ended.at }
        : run,
    ),
  }));
}

const mapPages = (pages: Pages, change: (page: MessagePage) => MessagePage): Pages => ({
  ...pages,
  pages: pages.pages.map(change),
});
