/** From events to the message they describe: the same rule as `crates/wire/src/fold.rs`. */
import type { Part, RunEvent } from '../api/types.ts';

export type Cost = Extract<RunEvent, { type: 'spent' }>['cost'];
export type Finished = Extract<RunEvent, { type: 'finished' }>;

/** What the run is doing right now, for the line under the agent's name. */
export type Stage =
  | { type: 'sent' }
  | { type: 'queued'; position: number; waitMs: number | null }
  | { type: 'loading'; model: string }
  | { type: 'reading' }
  | { type: 'thinking' }
  | { type: 'writing' }
  | { type: 'acting'; tool: string }
  | { type: 'done' };

export type Fold = {
  readonly parts: readonly Part[];
  readonly lastSeq: number;
  readonly stage: Stage;
  /** What it costs so far; null where it costs nothing, or nobody said yet. */
  readonly cost: Cost | null;
  readonly finished: Finished | null;
};

export const EMPTY_FOLD: Fold = {
  parts: [],
  lastSeq: 0,
  stage: { type: 'sent' },
  cost: null,
  finished: null,
};

/** Takes the next event. Numbers already seen are ignored, so that a replay that overlaps does no harm. */
export function applyEvent(fold: Fold, seq: number, event: RunEvent): Fold {
  if (seq <= fold.lastSeq) return fold;
  const next = { ...fold, lastSeq: seq };
  const last = fold.parts.at(-1);
  switch (event.type) {
    case 'queued':
      return { ...next, stage: { type: 'queued', position: event.position, waitMs: event.wait_ms ?? null } };
    case 'loading':
      return { ...next, stage: { type: 'loading', model: event.model } };
    case 'started':
      return { ...next, stage: { type: 'reading' } };
    case 'text_delta': {
      const parts: Part[] =
        last?.type === 'text'
          ? [...fold.parts.slice(0, -1), { type: 'text', text: last.text + event.text }]
          : [...fold.parts, { type: 'text', text: event.text }];
      return { ...next, parts, stage: { type: 'writing' } };
    }
    case 'reasoning_delta': {
      const parts: Part[] =
        last?.type === 'reasoning' && last.millis === null
          ? [...fold.parts.slice(0, -1), { ...last, text: last.text + event.text }]
          : [...fold.parts, { type: 'reasoning', text: event.text, millis: null }];
      return { ...next, parts, stage: { type: 'thinking' } };
    }
    case 'reasoning_done': {
      if (last?.type !== 'reasoning') return next;
      return { ...next, parts: [...fold.parts.slice(0, -1), { ...last, millis: event.millis }] };
    }
    case 'called': {
      const acts = event.call.state.is === 'underway' || event.call.state.is === 'waiting';
      return {
        ...next,
        parts: [...fold.parts, { type: 'tool', call: event.call }],
        stage: acts ? { type: 'acting', tool: event.call.title } : fold.stage,
      };
    }
    case 'returned':
      return {
        ...next,
        parts: fold.parts.map((part) =>
          part.type === 'tool' && part.call.call_id === event.call_id
            ? { ...part, call: { ...part.call, state: event.state } }
            : part,
        ),
      };
    case 'stepped':
      return next;
    case 'spent':
      return { ...next, cost: event.cost };
    case 'finished':
      return { ...next, stage: { type: 'done' }, finished: event };
    default:
      // A newer server may know more events; what we cannot show, we pass over.
      event satisfies never;
      return next;
  }
}

/** The answer without the reasoning. */
export const textOf = (parts: readonly Part[]): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
