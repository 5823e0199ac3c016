import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { nameOf, useAnswerer } from '../../api/answerer.ts';
import { queries } from '../../api/queries.ts';
import { type Agent, isLive } from '../../api/types.ts';
import { textOf } from '../../core/fold.ts';
import { takeFirstAsk } from '../../dock/firstAsk.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import { liveRuns } from '../../runs/live.ts';
import { useIsStreaming } from '../../runs/useLiveRun.ts';
import { AwayNotice } from '../../shared/AwayNotice.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { useAway } from '../../shared/useAway.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { AgentHeader } from './AgentHeader.tsx';
import css from './AgentWindow.module.css';
import { Composer } from './Composer.tsx';
import { Greeting } from './Greeting.tsx';
import { MessageList } from './MessageList.tsx';
import { ModelGate } from './ModelGate.tsx';
import { ModelMenu } from './ModelMenu.tsx';
import { Reply } from './Reply.tsx';
import { UserMessage } from './UserMessage.tsx';
import { useConversation } from './useConversation.ts';
import { useThread } from './useThread.ts';

type AgentWindowProps = {
  agent: Agent;
  threadId: string;
  fresh: boolean;
  /** Who was chosen to answer here; null leaves it to the agent. */
  model: string | null;
  onModel: (model: string | null) => void;
  /** Shows another thread in this window; null starts a new one. */
  onShow: (threadId: string | null) => void;
};

/** An open agent on one thread. */
export function AgentWindow({ agent, threadId, fresh, model, onModel, onShow }: AgentWindowProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const models = useQuery(queries.models).data;
  const answerer = useAnswerer(model);
  const ready = answerer.type === 'ready';
  const away = useAway(answerer);
  const view = useThread(threadId, fresh);
  const conversation = useConversation({
    threadId,
    agentId: agent.id,
    fresh,
    locale,
    model: ready ? answerer.sent : null,
  });
  const name = localized(locale, agent.name);

  const leaf = view.path.at(-1)?.message ?? null;
  const leafRun = leaf?.run_id ? (view.runs.get(leaf.run_id) ?? null) : null;
  const followed = useIsStreaming(threadId);
  const pending = leaf?.role === 'assistant' && leafRun === null && leaf.parts.length === 0;
  const busy = followed || pending || (leafRun !== null && isLive(leafRun.state));
  const activeRunId =
    liveRuns.ofThread(threadId)?.id ?? (leafRun && isLive(leafRun.state) ? leafRun.id : null);
  const canAsk = ready && away === null && !busy;

  const modelName = leafRun?.model ? nameOf(models, leafRun.model) : null;
  const ask = (text: string) => conversation.ask(text, leaf?.id ?? null);

  // A question asked on the home page is sent by the window that opens for it.
  useEffect(() => {
    if (!ready || away !== null) return;
    const text = takeFirstAsk(threadId);
    if (text !== null) void ask(text);
  });

  if (view.gone) {
    return (
      <div className={css.window}>
        <AgentHeader agent={agent} thread={null} modelName={null} onShow={onShow} />
        <Empty
          title={m.agent.threadGone}
          action={<Button onClick={() => onShow(null)}>{m.agent.threadGoneAction}</Button>}
        />
      </div>
    );
  }

  // An answer may go on with another one: asked again is what a member said above both.
  const again = (at: number) => {
    const asked = view.path.slice(0, at).findLast((step) => step.message.role === 'user');
    return canAsk && asked ? () => void conversation.regenerate(asked.message.id) : null;
  };

  const list = view.path.map(({ message, siblings }, at) => {
    const choose = (id: string) => conversation.choose(view.messages, id);
    return message.role === 'user' ? (
      <UserMessage
        key={message.id}
        message={message}
        siblings={siblings}
        onChoose={choose}
        onResend={canAsk ? (text) => conversation.ask(text, message.parent_id) : null}
      />
    ) : (
      <Reply
        key={message.id}
        message={message}
        run={(message.run_id && view.runs.get(message.run_id)) || null}
        siblings={siblings}
        agentName={name}
        isLast={message.id === leaf?.id}
        onChoose={choose}
        onAgain={again(at)}
        onGoOn={canAsk ? (decisions) => void conversation.goOn(message.id, decisions) : null}
        onContinue={canAsk ? () => void ask(m.agent.states.continueAsk) : null}
      />
    );
  });

  return (
    <div className={css.window}>
      <AgentHeader agent={agent} thread={fresh ? null : view.thread} modelName={modelName} onShow={onShow} />
      {view.loading ? (
        <div className={css.loading}>
          <Skeleton label={m.common.loading} rows={6} height={16} />
        </div>
      ) : view.error && list.length === 0 ? (
        <div className={css.loading}>
          <ProblemNotice error={view.error} title={m.agent.loadFailed} onRetry={view.retry} />
        </div>
      ) : list.length === 0 ? (
        <Greeting agent={agent} onOpening={canAsk ? (text) => void ask(text) : null} />
      ) : (
        <MessageList
          firstId={view.path[0]?.message.id ?? null}
          onNearStart={view.fetchOlder}
          loadingOlder={view.loadingOlder}
        >
          {list}
        </MessageList>
      )}
      <Composer
        key={threadId}
        threadId={threadId}
        agentName={name}
        busy={busy}
        blocked={
          away
            ? m.agent.away.blocked(away.provider)
            : ready
              ? null
              : answerer.type === 'gone'
                ? m.agent.answerer.goneBlocked
                : m.agent.composer.noModel
        }
        tools={<ModelMenu answerer={answerer} chosen={model} onChoose={onModel} />}
        onSend={ask}
        onStop={async () => {
          if (activeRunId) await conversation.stop(activeRunId);
        }}
        note={
          <>
            {away ? <AwayNotice away={away} /> : null}
            {answerer.type === 'absent' && answerer.model ? <ModelGate model={answerer.model} /> : null}
            {answerer.type === 'gone' ? (
              <Notice
                tone="waiting"
                title={m.agent.answerer.gone(answerer.name)}
                action={
                  <Button size="s" onClick={() => onModel(null)}>
                    {m.agent.answerer.asAgent}
                  </Button>
                }
              >
                {m.agent.answerer.goneHint}
              </Notice>
            ) : null}
            {conversation.problem ? (
              <ProblemNotice
                error={conversation.problem}
                title={m.agent.composer.notSent}
                kept={m.agent.composer.kept}
                action={
                  <Button size="s" look="quiet" onClick={conversation.forget}>
                    {m.common.close}
                  </Button>
                }
              />
            ) : null}
          </>
        }
      />
      <Announcer threadId={threadId} name={name} />
    </div>
  );
}

/** Tells screen readers once per answer, not once per token. */
function Announcer({ threadId, name }: { threadId: string; name: string }) {
  const m = useMessages();
  const [said, setSaid] = useState('');
  // Streams are an outside system.
  useEffect(
    () =>
      liveRuns.onEnd((run) => {
        if (run.threadId === threadId) setSaid(m.agent.answered(name, textOf(run.fold.parts).slice(0, 600)));
      }),
    [threadId, name, m],
  );
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}
