import { useQuery } from '@tanstack/react-query';
import { queries, useAgents } from '../api/queries.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';
import { useIsStreaming } from '../runs/useLiveRun.ts';
import { Avatar } from '../ui/Avatar.tsx';
import css from './WindowTitle.module.css';
import { type AgentWindowSpec, useWindows } from './windows.ts';

/** The name of a window: its agent, and its thread where two windows have the same agent. */
export function WindowTitle({ id }: { id: string }) {
  const { windows, unread } = useWindows();
  const spec = windows.find((window) => window.id === id);
  if (!spec) return null;
  const shared = windows.some((other) => other.id !== id && other.agentId === spec.agentId);
  return <Title spec={spec} withThread={shared} isUnread={unread.has(spec.threadId)} />;
}

function Title({
  spec,
  withThread,
  isUnread,
}: {
  spec: AgentWindowSpec;
  withThread: boolean;
  isUnread: boolean;
}) {
  const m = useMessages();
  const { locale } = useLocale();
  const { byId } = useAgents();
  const agent = byId(spec.agentId);
  const streaming = useIsStreaming(spec.threadId);
  const thread = useQuery({ ...queries.thread(spec.threadId), enabled: withThread && !spec.fresh });
  const name = agent ? localized(locale, agent.name) : spec.agentId;
  const title = withThread ? (thread.data?.title ?? name) : name;
  return (
    <span className={css.title}>
      {agent ? <Avatar glyph={agent.glyph} color={agent.color} size={16} /> : null}
      <span className={`${css.text} truncate`}>{title}</span>
      {streaming ? (
        <span className={`${css.dot} ${css.writing}`} role="img" aria-label={m.windows.writing} />
      ) : isUnread ? (
        <span className={`${css.dot} ${css.unread}`} role="img" aria-label={m.windows.unread} />
      ) : null}
    </span>
  );
}
