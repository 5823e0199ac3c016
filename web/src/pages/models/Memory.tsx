import { useQuery } from '@tanstack/react-query';
import { Pin } from 'lucide-react';
import { useState } from 'react';
import { queries, useResidency } from '../../api/queries.ts';
import type { Cache, ErrorCode, Model, Residency } from '../../api/types.ts';
import { bytes, count, duration, ratio } from '../../core/format.ts';
import { never } from '../../core/never.ts';
import { type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import css from './Memory.module.css';
import { fit } from './room.ts';
import { UnloadDialog } from './UnloadDialog.tsx';

/** What is free, and what idle models would give back, in bytes; null when the system does not say. */
export type Room = { free: number | null; reclaimable: number };

/** How an installed model stands with the memory, and what can be done about it. */
export function Memory({ model, room }: { model: Model; room: Room }) {
  const m = useMessages();
  const { load, unload, pin, unpin } = useResidency();
  const [asks, setAsks] = useState(false);
  const me = useQuery(queries.me);
  const role = me.data?.member.role;
  const mayManage = role === 'owner' || role === 'admin';
  const { residency } = model;
  const problem = load.error ?? unload.error ?? pin.error ?? unpin.error;
  const working = [load, unload, pin, unpin].some(({ isPending }) => isPending);
  const requests = residency.type === 'ready' ? residency.requests : 0;
  const toggle = model.pinned ? unpin : pin;
  return (
    <div className={css.memory}>
      {residency.type === 'failed' ? <Failed code={residency.code} m={m} /> : null}
      <div className={css.row}>
        <Facts model={model} room={room} />
        {mayManage ? (
          <div className={css.buttons}>
            <Button
              size="s"
              look="quiet"
              className={model.pinned ? css.on : ''}
              icon={<Pin size={14} fill={model.pinned ? 'currentColor' : 'none'} aria-hidden="true" />}
              aria-pressed={model.pinned}
              title={model.pinned ? m.models.unpinHint : m.models.pinHint}
              disabled={working}
              onClick={() => toggle.mutate(model.id)}
            >
              {model.pinned ? m.models.pinned : m.models.pin}
            </Button>
            <MoveButton
              residency={residency}
              m={m}
              disabled={working}
              onLoad={() => load.mutate(model.id)}
              onUnload={() => (requests > 0 ? setAsks(true) : unload.mutate(model.id))}
            />
          </div>
        ) : null}
      </div>
      {problem ? <ProblemNotice error={problem} /> : null}
      {asks ? (
        <UnloadDialog
          name={model.name}
          requests={requests}
          onClose={() => setAsks(false)}
          onUnload={() => {
            setAsks(false);
            unload.mutate(model.id);
          }}
        />
      ) : null}
    </div>
  );
}

function Failed({ code, m }: { code: ErrorCode; m: Messages }) {
  const stopped = code === 'engine_failed';
  return (
    <Notice tone="error" title={stopped ? m.models.stopped : m.models.notLoaded}>
      {stopped ? m.models.stoppedHint : m.errors.byCode[code]}
    </Notice>
  );
}

type MoveButtonProps = {
  residency: Residency;
  m: Messages;
  disabled: boolean;
  onLoad: () => void;
  onUnload: () => void;
};

/** Into memory, or out of it. */
function MoveButton({ residency, m, disabled, onLoad, onUnload }: MoveButtonProps) {
  const isIn = residency.type === 'ready' || residency.type === 'loading';
  return isIn ? (
    <Button size="s" disabled={disabled} onClick={onUnload}>
      {residency.type === 'loading' ? m.common.cancel : m.models.unload}
    </Button>
  ) : (
    <Button
      size="s"
      title={m.models.loadHint}
      disabled={disabled || residency.type === 'unloading'}
      onClick={onLoad}
    >
      {residency.type === 'failed' ? m.common.retry : m.models.load}
    </Button>
  );
}

/** Quiet lines: the figures, what is kept, and what will happen next. */
function Facts({ model, room }: { model: Model; room: Room }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { residency } = model;
  switch (residency.type) {
    case 'ready': {
      const figures = [
        m.models.memory.takes(bytes(locale, residency.memory_bytes)),
        m.models.memory.threads(residency.threads),
        m.models.memory.question(count(locale, residency.context_tokens)),
      ];
      const next =
        residency.requests > 0
          ? m.models.atWork(residency.requests)
          : residency.idle_seconds_left === null
            ? m.models.staysLoaded
            : m.models.unloadsIn(duration(locale, residency.idle_seconds_left));
      return (
        <div className={css.facts}>
          <div>{figures.join(' · ')}</div>
          <Kept cache={residency.cache} />
          <div className={css.next}>{`${next} · ${isolation(m, residency.isolation)}`}</div>
        </div>
      );
    }
    case 'loading':
    case 'unloading':
    case 'absent':
    case 'failed':
      return (
        <div className={css.facts}>
          <Needs needs={model.needs_bytes} room={room} />
        </div>
      );
    default:
      return never(residency);
  }
}

/** What computed prompts take, and what they spare; nothing before there are any. */
function Kept({ cache }: { cache: Cache }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { memory, disk } = cache;
  if (memory.bytes + disk.bytes === 0) return null;
  const kept = m.models.cache.kept(bytes(locale, memory.bytes), bytes(locale, disk.bytes));
  const share = cache.cached_tokens / cache.prompt_tokens;
  return <div>{share > 0 ? `${kept} · ${m.models.cache.spared(ratio(locale, share))}` : kept}</div>;
}

/** What it would take, against what there is. */
function Needs({ needs, room }: { needs: number | null; room: Room }) {
  const m = useMessages();
  const { locale } = useLocale();
  if (needs === null) return null;
  const words = m.models.memory.needs(bytes(locale, needs));
  switch (fit(needs, room.free, room.reclaimable)) {
    case 'fits':
    case 'unknown':
      return <div>{words}</div>;
    case 'makes-room':
      return <div>{`${words} · ${m.models.memory.makesRoom}`}</div>;
    case 'too-large':
      return (
        <div className={css.warn}>
          {`${words} · ${m.models.memory.tooLarge(bytes(locale, (room.free ?? 0) + room.reclaimable))}`}
        </div>
      );
  }
}

function isolation(
  m: Messages,
  { landlock, seccomp }: { landlock: number | null; seccomp: boolean },
): string {
  if (landlock === null) return seccomp ? m.models.isolation.noLandlock : m.models.isolation.none;
  return seccomp ? m.models.isolation.full(landlock) : m.models.isolation.noSeccomp(landlock);
}
