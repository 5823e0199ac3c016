import { useQuery } from '@tanstack/react-query';
import { Download, Pause } from 'lucide-react';
import { queries, usePull } from '../api/queries.ts';
import type { Model } from '../api/types.ts';
import { bytes, duration, percent } from '../core/format.ts';
import { never } from '../core/never.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Progress } from '../ui/Progress.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import css from './Pull.module.css';

/** How a model comes to this machine: download, progress, pause, and what to do when it fails. */
export function Pull({ model, primary = false }: { model: Model; primary?: boolean }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { start, pause } = usePull();
  const me = useQuery(queries.me);
  const role = me.data?.member.role;
  const mayPull = role === undefined || role === 'owner' || role === 'admin';
  const state = model.state;
  const failed = start.error ?? pause.error;

  const button = (label: string) => (
    <Button
      look={primary ? 'primary' : 'plain'}
      icon={<Download size={16} aria-hidden="true" />}
      disabled={start.isPending}
      onClick={() => start.mutate(model.id)}
    >
      {label}
    </Button>
  );

  if (!mayPull && state.type !== 'pulling' && state.type !== 'installed') {
    return <p className={css.note}>{m.models.ownerOnly}</p>;
  }
  switch (state.type) {
    case 'installed':
      return null;
    case 'absent':
      return (
        <div className={css.stack}>
          <div>{button(m.models.pull(bytes(locale, model.bytes)))}</div>
          {failed ? <ProblemNotice error={failed} /> : null}
        </div>
      );
    case 'failed':
      return (
        <div className={css.stack}>
          <Notice tone="error" title={m.models.failed} action={button(m.models.resume)}>
            {m.errors.byCode[state.code] ?? state.detail} {m.models.keptPartial}
          </Notice>
        </div>
      );
    case 'pulling':
      return <Pulling model={model} state={state} onPause={mayPull ? () => pause.mutate(model.id) : null} />;
    default:
      return never(state);
  }
}

type PullingProps = {
  model: Model;
  state: Extract<Model['state'], { type: 'pulling' }>;
  onPause: (() => void) | null;
};

function Pulling({ model, state, onPause }: PullingProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const facts = [
    m.models.progress(bytes(locale, state.done_bytes), bytes(locale, state.total_bytes)),
    state.bytes_per_second > 0 ? m.models.perSecond(bytes(locale, state.bytes_per_second)) : null,
    state.seconds_left === null ? null : m.models.left(duration(locale, state.seconds_left)),
  ];
  return (
    <div className={css.pulling}>
      <div className={css.bar}>
        <Progress
          label={`${m.models.downloading} ${model.name}`}
          value={state.total_bytes > 0 ? percent(state.done_bytes, state.total_bytes) : null}
        />
        <div className={css.facts}>
          {state.done_bytes === 0 ? m.models.starting : facts.filter(Boolean).join(' · ')}
        </div>
      </div>
      {onPause ? (
        <Button size="s" icon={<Pause size={12} fill="currentColor" aria-hidden="true" />} onClick={onPause}>
          {m.models.cancel}
        </Button>
      ) : null}
    </div>
  );
}
