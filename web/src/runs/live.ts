/**
 * The runs that are being followed: one connection per run, whichever and however many windows show it.
 * A cut connection is resumed after the last number seen, so nothing is lost and nothing stands twice.
 */
import { api } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { type Frame, runEvents } from '../api/runs.ts';
import { isLive } from '../api/types.ts';
import { applyEvent, EMPTY_FOLD, type Fold } from '../core/fold.ts';

export type LiveRun = {
  readonly id: string;
  readonly threadId: string;
  readonly replyId: string;
  readonly fold: Fold;
  /** `lost`: the connection was cut and is being made again. */
  readonly link: 'waiting' | 'open' | 'lost' | 'closed';
  /** Set when following ended without an outcome. */
  readonly problem: Problem | null;
};

type Source = (runId: string, after: number, signal: AbortSignal) => AsyncIterable<Frame[]>;
type Timing = { paintMs: number; backoffMs: (attempt: number) => number };

/** Browsers open six HTTP/1.1 connections to one host; two stay free for everything that is not a stream. */
const MAX_STREAMS = 4;

export class LiveRuns {
  readonly #source: Source;
  readonly #timing: Timing;
  #runs: ReadonlyMap<string, LiveRun> = new Map();
  readonly #listeners = new Set<() => void>();
  readonly #endings = new Set<(run: LiveRun) => void>();
  readonly #waiting: (() => void)[] = [];
  #streams = 0;
  #paint: ReturnType<typeof setTimeout> | null = null;

  constructor(
    source: Source = runEvents,
    timing: Timing = { paintMs: 48, backoffMs: (attempt) => Math.min(8000, 400 * 2 ** attempt) },
  ) {
    this.#source = source;
    this.#timing = timing;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(runId: string): LiveRun | null {
    return this.#runs.get(runId) ?? null;
  }

  /** The run that is being written in a thread, if any. */
  ofThread(threadId: string): LiveRun | null {
    for (const run of this.#runs.values()) {
      if (run.threadId === threadId && run.link !== 'closed') return run;
    }
    return null;
  }

  /** How many runs are being followed. */
  get active(): number {
    return [...this.#runs.values()].filter((run) => run.link !== 'closed').length;
  }

  /** Calls `listener` once for every run that ends, with or without an outcome. */
  onEnd(listener: (run: LiveRun) => void): () => void {
    this.#endings.add(listener);
    return () => this.#endings.delete(listener);
  }

  /** Starts to follow a run; following it already is fine. */
  follow(run: { id: string; thread_id: string; reply_id: string }): void {
    const known = this.#runs.get(run.id);
    if (known && known.problem === null) return;
    this.#set({
      id: run.id,
      threadId: run.thread_id,
      replyId: run.reply_id,
      fold: known?.fold ?? EMPTY_FOLD,
      link: 'waiting',
      problem: null,
    });
    void this.#drive(run.id);
  }

  /** Follows a run of which only the id is known, when the server still writes it. */
  discover(runId: string): void {
    void api.run(runId).then(
      (run) => {
        if (isLive(run.state)) this.follow(run);
      },
      () => {},
    );
  }

  /** Forgets all runs, at sign-out. */
  clear(): void {
    this.#runs = new Map();
    this.#emit();
  }

  async #drive(id: string): Promise<void> {
    await this.#acquire();
    const abort = new AbortController();
    try {
      let attempt = 0;
      for (;;) {
        const before = this.#runs.get(id);
        if (!before) return;
        try {
          this.#set({ ...before, link: attempt === 0 ? 'open' : 'lost' });
          for await (const frames of this.#source(id, before.fold.lastSeq, abort.signal)) {
            attempt = 0;
            if (this.#take(id, frames)) return;
          }
        } catch (error) {
          if (error instanceof Problem && !isPassing(error)) {
            this.#end(id, error);
            return;
          }
        }
        const cut = this.#runs.get(id);
        if (!cut) return;
        this.#set({ ...cut, link: 'lost' });
        await new Promise((resolve) => setTimeout(resolve, this.#timing.backoffMs(attempt)));
        attempt += 1;
      }
    } finally {
      abort.abort();
      this.#release();
    }
  }

  /** True when the run is over. */
  #take(id: string, frames: readonly Frame[]): boolean {
    const run = this.#runs.get(id);
    if (!run) return true;
    const fold = frames.reduce((so, { seq, event }) => applyEvent(so, seq, event), run.fold);
    const next: LiveRun = { ...run, fold, link: fold.finished ? 'closed' : 'open' };
    if (!fold.finished) {
      this.#replace(next);
      this.#emitSoon();
      return false;
    }
    this.#set(next);
    for (const listener of this.#endings) listener(next);
    return true;
  }

  #end(id: string, problem: Problem): void {
    const run = this.#runs.get(id);
    if (!run) return;
    const next: LiveRun = { ...run, link: 'closed', problem };
    this.#set(next);
    for (const listener of this.#endings) listener(next);
  }

  #set(run: LiveRun): void {
    this.#replace(run);
    this.#emit();
  }

  #replace(run: LiveRun): void {
    this.#runs = new Map(this.#runs).set(run.id, run);
  }

  #emit(): void {
    if (this.#paint !== null) clearTimeout(this.#paint);
    this.#paint = null;
    for (const listener of this.#listeners) listener();
  }

  /** Tokens come faster than anyone reads: paint a few of them together. */
  #emitSoon(): void {
    this.#paint ??= setTimeout(() => this.#emit(), this.#timing.paintMs);
  }

  async #acquire(): Promise<void> {
    if (this.#streams >= MAX_STREAMS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#streams += 1;
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#streams -= 1;
  }
}

/** Worth another try without asking anyone. */
function isPassing(problem: Problem): boolean {
  return (
    problem.code === 'offline' ||
    problem.code === 'overloaded' ||
    problem.code === 'rate_limited' ||
    problem.status >= 500
  );
}

export const liveRuns = new LiveRuns();
