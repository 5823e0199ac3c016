import { useQuery } from '@tanstack/react-query';
import { ArrowUp } from 'lucide-react';
import { useState } from 'react';
import { useAnswerer } from '../api/answerer.ts';
import { queries, useAgents } from '../api/queries.ts';
import type { Agent, Category, Me } from '../api/types.ts';
import { readDraft, writeDraft } from '../core/drafts.ts';
import { ago, dayPart } from '../core/format.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';
import { AwayNotice } from '../shared/AwayNotice.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Pull } from '../shared/Pull.tsx';
import { useAway } from '../shared/useAway.ts';
import { useOpen } from '../shared/useOpen.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import css from './HomePage.module.css';

const CATEGORIES: readonly Category[] = ['everyday', 'learning', 'life', 'making', 'work', 'public'];
const RECENT = 6;

/** A large ask box; under it recent threads and the lane. Nothing else. */
export function HomePage({ me }: { me: Me }) {
  const m = useMessages();
  const answerer = useAnswerer();
  return (
    <div className={css.home}>
      <h1 className={css.greeting}>{m.home.greeting[dayPart(new Date().getHours())](me.member.name)}</h1>
      <AskBox />
      {answerer.type === 'absent' && answerer.model ? (
        <section className={css.model} aria-label={m.agent.modelAbsent(answerer.model.name)}>
          <div>
            <div className={css.modelTitle}>{m.agent.modelAbsent(answerer.model.name)}</div>
            <p className={css.modelHint}>{m.setUp.modelHint}</p>
          </div>
          <Pull model={answerer.model} />
        </section>
      ) : null}
      <Recent />
      <Lane />
    </div>
  );
}

function AskBox() {
  const m = useMessages();
  const { locale } = useLocale();
  const { agents } = useAgents();
  const { ask } = useOpen();
  const answerer = useAnswerer();
  const standIn = answerer.type === 'ready' && answerer.standsIn ? answerer : null;
  const away = useAway(answerer);
  const [asking, setAsking] = useState(false);
  const [text, setText] = useState(() => readDraft('home'));
  const agent = agents.find((candidate) => candidate.default) ?? agents[0];

  const change = (next: string) => {
    setText(next);
    writeDraft('home', next);
  };
  const send = () => {
    if (!agent || text.trim() === '') return;
    ask(agent.id, text.trim());
    change('');
  };
  const submit = () => {
    if (away === null) send();
    else if (text.trim() !== '') setAsking(true);
  };
  // Where it goes comes first: on a phone the rest has no room.
  const by = standIn
    ? [standIn.provider, standIn.leaves ? m.agent.away.line : null, standIn.name].filter(Boolean)
    : [];
  return (
    <>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <textarea
          className={css.askArea}
          rows={2}
          aria-label={m.home.ask}
          placeholder={m.home.askPlaceholder}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => {
            if (
              event.key !== 'Enter' ||
              event.shiftKey ||
              event.nativeEvent.isComposing ||
              event.keyCode === 229
            )
              return;
            event.preventDefault();
            submit();
          }}
        />
        <div className={css.askFoot}>
          {agent ? (
            <span className={css.by}>
              <Avatar glyph={agent.glyph} color={agent.color} size={20} />
              <span className={css.byName}>{localized(locale, agent.name)}</span>
              {by.length > 0 ? <span className="truncate">{`· ${by.join(' · ')}`}</span> : null}
            </span>
          ) : (
            <span />
          )}
          <IconButton label={m.home.send} tone="door" type="submit" disabled={!agent || text.trim() === ''}>
            <ArrowUp size={18} aria-hidden="true" />
          </IconButton>
        </div>
      </form>
      {asking && away ? <AwayNotice away={away} onAllowed={send} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

function Recent() {
  const m = useMessages();
  const { locale } = useLocale();
  const { byId } = useAgents();
  const { openThread } = useOpen();
  const threads = useQuery(queries.recentThreads);
  const shown = (threads.data ?? []).slice(0, RECENT);
  return (
    <section className={css.section} aria-labelledby="recent">
      <h2 id="recent" className={css.heading}>
        {m.home.recent}
      </h2>
      {threads.isPending ? <Skeleton label={m.common.loading} rows={3} height={32} /> : null}
      {threads.error ? <ProblemNotice error={threads.error} onRetry={() => void threads.refetch()} /> : null}
      {threads.data?.length === 0 ? <p className={css.none}>{m.home.noRecent}</p> : null}
      <ul className={css.recent}>
        {shown.map((thread) => {
          const agent = byId(thread.agent_id);
          return (
            <li key={thread.id}>
              <button type="button" className={css.row} onClick={() => openThread(thread)}>
                <Avatar glyph={agent?.glyph ?? '?'} color={agent?.color ?? ''} size={20} />
                <span className={`${css.rowTitle} truncate`}>{thread.title ?? m.home.untitled}</span>
                <time className={css.time} dateTime={thread.updated_at}>
                  {ago(locale, thread.updated_at)}
                </time>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Lane() {
  const m = useMessages();
  const agents = useQuery(queries.agents);
  return (
    <section className={css.section} aria-labelledby="lane">
      <h2 id="lane" className={css.heading}>
        {m.home.lane}
      </h2>
      {agents.isPending ? <Skeleton label={m.common.loading} rows={4} height={56} /> : null}
      {agents.error ? <ProblemNotice error={agents.error} onRetry={() => void agents.refetch()} /> : null}
      {CATEGORIES.map((category) => {
        const doors = (agents.data ?? []).filter((agent) => agent.category === category);
        if (doors.length === 0) return null;
        return (
          <section key={category} className={css.block} aria-label={m.home.categories[category]}>
            <h3 className={css.category}>{m.home.categories[category]}</h3>
            <ul className={css.doors}>
              {doors.map((agent) => (
                <li key={agent.id}>
                  <Door agent={agent} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </section>
  );
}

function Door({ agent }: { agent: Agent }) {
  const { locale } = useLocale();
  const { openAgent } = useOpen();
  return (
    <button type="button" className={css.door} onClick={() => openAgent(agent.id)}>
      <Avatar glyph={agent.glyph} color={agent.color} size={40} />
      <span className={css.doorText}>
        <span className={`${css.doorName} truncate`}>{localized(locale, agent.name)}</span>
        <span className={css.doorHint}>{localized(locale, agent.description)}</span>
      </span>
    </button>
  );
}
