import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api } from '../../api/client.ts';
import { asProblem, type Problem } from '../../api/problem.ts';
import { messagesKey, queries } from '../../api/queries.ts';
import { type Pages, withMessages, withoutMessages, withServerRun } from '../../api/threadCache.ts';
import type { CallDecision, Locale, Message, RunInput, StartRun, Thread } from '../../api/types.ts';
import { newestLeaf } from '../../core/tree.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { windows } from '../../dock/windows.ts';
import { liveRuns } from '../../runs/live.ts';

type Where = {
  threadId: string;
  agentId: string;
  fresh: boolean;
  locale: Locale;
  /** Who is asked; null leaves it to the agent. */
  model: string | null;
};

export type Conversation = {
  /** Resolves to false when it was not accepted; `problem` then says why. */
  ask: (text: string, parentId: string | null) => Promise<boolean>;
  regenerate: (messageId: string) => Promise<boolean>;
  /** Goes on with an answer that waits for a word, or was cut off among its calls. */
  goOn: (messageId: string, decisions: CallDecision[]) => Promise<boolean>;
  stop: (runId: string) => Promise<void>;
  /** Shows another version: the newest way through `messageId`. */
  choose: (messages: readonly Message[], messageId: string) => void;
  problem: Problem | null;
  forget: () => void;
};

/** What a member can do in a thread. Shown at once, confirmed by the server, taken back when it refuses. */
export function useConversation({ threadId, agentId, fresh, locale, model }: Where): Conversation {
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  // The ids of a request that may or may not have arrived: the same text sent again must not ask twice.
  const unsure = useRef<{ key: string; body: StartRun } | null>(null);

  const pagesKey = messagesKey(threadId);
  const threadKey = queries.thread(threadId).queryKey;

  async function start(wish: string, make: () => RunInput): Promise<boolean> {
    const key = `${model} ${wish}`;
    setProblem(null);
    const body: StartRun =
      unsure.current?.key === key
        ? unsure.current.body
        : { id: uuidv7(), reply_id: uuidv7(), input: make(), locale, ...(model === null ? {} : { model }) };
    unsure.current = { key, body };
    await client.cancelQueries({ queryKey: pagesKey });
    const before = client.getQueryData(threadKey);
    const shown = expected(threadId, body);
    client.setQueryData<Pages>(pagesKey, (pages) => withMessages(pages, shown));
    client.setQueryData(threadKey, (thread) => ({
      ...(thread ?? newThread(threadId, agentId, new Date().toISOString())),
      leaf_id: body.reply_id,
      active_run_id: body.id,
    }));
    try {
      if (fresh) {
        await api.createThread({ id: threadId, agent_id: agentId });
        windows.kept(threadId);
      }
      const run = await api.startRun(threadId, body);
      unsure.current = null;
      client.setQueryData<Pages>(pagesKey, (pages) => pages && withServerRun(pages, run));
      liveRuns.follow(run);
      void client.invalidateQueries({ queryKey: ['threads'] });
      if (!before?.title) void client.invalidateQueries({ queryKey: threadKey });
      return true;
    } catch (error) {
      const refused = asProblem(error);
      if (refused.code !== 'offline') unsure.current = null;
      const ids = shown.map((message) => message.id);
      client.setQueryData<Pages>(pagesKey, (pages) => pages && withoutMessages(pages, ids));
      if (before) client.setQueryData(threadKey, before);
      else client.removeQueries({ queryKey: threadKey });
      setProblem(refused);
      return false;
    }
  }

  return {
    ask: (text, parentId) =>
      start(`ask ${parentId} ${text}`, () => ({
        type: 'ask',
        message_id: uuidv7(),
        parent_id: parentId,
        text,
      })),
    regenerate: (messageId) =>
      start(`again ${messageId}`, () => ({ type: 'regenerate', message_id: messageId })),
    goOn: async (messageId, decisions) => {
      const accepted = await start(`on ${messageId} ${JSON.stringify(decisions)}`, () => ({
        type: 'continue',
        message_id: messageId,
        decisions,
      }));
      // The answer says now what was decided, by this word or by one that came before it.
      void client.invalidateQueries({ queryKey: pagesKey });
      return accepted;
    },
    stop: async (runId) => {
      try {
        await api.cancelRun(runId);
      } catch (error) {
        setProblem(asProblem(error));
      }
    },
    choose: (messages, messageId) => {
      const leaf = newestLeaf(messages, messageId);
      client.setQueryData(threadKey, (thread) => thread && { ...thread, leaf_id: leaf });
      api.changeThread(threadId, { leaf_id: leaf }).catch((error) => setProblem(asProblem(error)));
    },
    problem,
    forget: () => setProblem(null),
  };
}

/** The messages as they will stand when the server accepts. Their run appears only then: until then nobody writes. */
function expected(threadId: string, { id, reply_id, input }: StartRun): Message[] {
  const created_at = new Date().toISOString();
  const asked: Message[] =
    input.type === 'ask'
      ? [
          {
            id: input.message_id,
            thread_id: threadId,
            parent_id: input.parent_id,
            role: 'user',
            parts: [{ type: 'text', text: input.text }],
            run_id: null,
            created_at,
          },
        ]
      : [];
  const reply: Message = {
    id: reply_id,
    thread_id: threadId,
    parent_id: input.message_id,
    role: 'assistant',
    parts: [],
    run_id: id,
    created_at,
  };
  return [...asked, reply];
}

const newThread = (id: string, agentId: string, at: string): Thread => ({
  id,
  agent_id: agentId,
  title: null,
  leaf_id: null,
  active_run_id: null,
  created_at: at,
  updated_at: at,
});
