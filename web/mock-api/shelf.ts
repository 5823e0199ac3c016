/** The pretended machine's models: on the disk, on their way there, and in memory. */
import type { Model, Residency } from '../src/api/types.ts';
import { Refusal } from './refusal.ts';

/** What models can have of the pretended memory. */
const MEMORY = 6e9;

const READY: Extract<Residency, { type: 'ready' }> = {
  type: 'ready',
  memory_bytes: 0,
  context_tokens: 8192,
  threads: 2,
  requests: 0,
  idle_seconds_left: 1800,
  isolation: { landlock: 7, seccomp: true },
  cache: {
    memory: { tokens: 0, bytes: 0 },
    disk: { tokens: 0, bytes: 0 },
    prompt_tokens: 0,
    cached_tokens: 0,
  },
};

export class Shelf {
  readonly models: Model[];
  readonly #tick: number;

  /** Loading takes sixty ticks. */
  constructor(models: Model[], tick: number) {
    this.models = models;
    this.#tick = tick;
  }

  get free(): number {
    return this.models.reduce((left, model) => left - held(model), MEMORY);
  }

  /** `load`, `unload`, `pin`, `unpin`, `pull` or its `cancel`. */
  act(id: string, action: string): Model {
    const model = this.models.find((candidate) => candidate.id === id);
    if (!model) throw new Refusal('not_found');
    switch (action) {
      case 'pull':
        this.#pull(model);
        return model;
      case 'cancel':
        model.state = { type: 'absent' };
        return model;
      case 'pin':
        model.pinned = true;
        if (model.residency.type === 'ready') model.residency.idle_seconds_left = null;
        this.#load(model);
        return model;
      case 'unpin':
        model.pinned = false;
        if (model.residency.type === 'ready') model.residency.idle_seconds_left = 1800;
        return model;
      case 'load':
        this.#load(model);
        return model;
      case 'unload':
        model.pinned = false;
        model.residency = { type: 'absent' };
        return model;
      default:
        throw new Refusal('not_found');
    }
  }

  #load(model: Model): void {
    if (model.state.type !== 'installed') throw new Refusal('model_not_installed');
    if (model.residency.type === 'ready' || model.residency.type === 'loading') return;
    const needs = model.needs_bytes ?? 0;
    for (const other of this.models) {
      const isIdle = other.residency.type === 'ready' && other.residency.requests === 0 && !other.pinned;
      if (needs > this.free && isIdle) other.residency = { type: 'absent' };
    }
    if (needs > this.free) {
      model.residency = { type: 'failed', code: 'out_of_memory', detail: 'It does not fit.' };
      return;
    }
    model.residency = { type: 'loading' };
    setTimeout(() => {
      if (model.residency.type !== 'loading') return;
      const idle_seconds_left = model.pinned ? null : 1800;
      model.residency = { ...READY, memory_bytes: Math.round(needs * 0.96), idle_seconds_left };
    }, this.#tick * 60);
  }

  #pull(model: Model): void {
    model.state = {
      type: 'pulling',
      done_bytes: 0,
      total_bytes: model.bytes,
      bytes_per_second: 0,
      seconds_left: null,
    };
    void download(model);
  }
}

const held = ({ residency }: Model): number => (residency.type === 'ready' ? residency.memory_bytes : 0);

async function download(model: Model): Promise<void> {
  const speed = model.bytes / 12;
  while (model.state.type === 'pulling') {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (model.state.type !== 'pulling') return;
    const done = Math.min(model.bytes, model.state.done_bytes + speed / 2);
    if (done >= model.bytes) {
      model.state = { type: 'installed' };
      model.needs_bytes = Math.round(model.bytes * 1.4);
      return;
    }
    model.state = {
      ...model.state,
      done_bytes: done,
      bytes_per_second: speed,
      seconds_left: Math.round((model.bytes - done) / speed),
    };
  }
}
