import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useAnswerer } from '../api/answerer.ts';
import { queries, useAgents, useEngine } from '../api/queries.ts';
import { bytes } from '../core/format.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Pull } from '../shared/Pull.tsx';
import { useOpen } from '../shared/useOpen.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import css from './Alone.module.css';
import { Alone } from './Alone.tsx';
import { Steps } from './Steps.tsx';

const FIRST = ['tutor', 'ask', 'writer'];

/** The end of the first run: get the model, open the first window. Both at once is fine. */
export default function WelcomePage() {
  const m = useMessages();
  const { locale } = useLocale();
  const engine = useEngine();
  const answerer = useAnswerer();
  // Somebody else answers already: the model of this machine is a wish, not a step.
  const remote = answerer.type === 'ready' && answerer.provider !== null ? answerer : null;
  const models = useQuery(queries.models);
  const { agents } = useAgents();
  const { openAgent } = useOpen();
  const suggested = FIRST.flatMap((id) => agents.find((agent) => agent.id === id) ?? []);
  const doors = suggested.length > 0 ? suggested : agents.slice(0, 3);

  return (
    <Alone wide>
      <Steps at={2} />
      <div className={css.head}>
        <h1 className={css.title}>
          {remote === null ? m.setUp.modelTitle : m.setUp.answers(remote.name, remote.provider ?? '')}
        </h1>
        <p className={css.hint}>{remote === null ? m.setUp.modelHint : m.setUp.answersHint}</p>
      </div>
      {models.isPending ? <Skeleton label={m.common.loading} rows={2} height={36} /> : null}
      {models.error ? <ProblemNotice error={models.error} onRetry={() => void models.refetch()} /> : null}
      {engine.model && !engine.ready ? (
        <section className={css.model} aria-label={engine.model.name}>
          <div>
            <div className={css.modelName}>{engine.model.name}</div>
            <div className={css.hint}>
              {[engine.model.quant, bytes(locale, engine.model.bytes), engine.model.licence].join(' · ')}
            </div>
          </div>
          <Pull model={engine.model} primary={remote === null} />
        </section>
      ) : null}
      {engine.ready ? (
        <Notice tone="done" title={engine.model?.name}>
          {m.setUp.ready}
        </Notice>
      ) : null}
      <div className={css.head}>
        <h2 className={css.modelName}>{m.setUp.openFirst}</h2>
      </div>
      <ul className={css.doors}>
        {doors.map((agent, at) => (
          <li key={agent.id}>
            <button type="button" className={css.door} onClick={() => openAgent(agent.id)}>
              <Avatar glyph={agent.glyph} color={agent.color} size={40} />
              <span className={css.doorText}>
                <span className={`${css.doorName} truncate`}>{localized(locale, agent.name)}</span>
                <span className={css.doorHint}>{localized(locale, agent.description)}</span>
              </span>
              {at === 0 ? <span className={css.badge}>{m.setUp.suggested}</span> : null}
            </button>
          </li>
        ))}
      </ul>
      <Link href="/" className={css.center}>
        {m.setUp.later}
      </Link>
    </Alone>
  );
}
