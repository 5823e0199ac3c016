/**
 * The open windows: which agents and threads, which of them is in front, and the shape of the dock.
 * The dock's own document is opaque here, so that the dock can be exchanged.
 */
import { useSyncExternalStore } from 'react';
import * as v from 'valibot';
import { uuidv7 } from '../core/uuid.ts';

const WindowShape = v.object({
  id: v.string(),
  agentId: v.string(),
  threadId: v.string(),
  /** True until the first message: the server does not know the thread yet. */
  fresh: v.boolean(),
  /** Who answers here, chosen by the member; null leaves it to the agent. */
  model: v.optional(v.nullable(v.string()), null),
});
const LayoutShape = v.object({
  v: v.literal(1),
  windows: v.array(WindowShape),
  active: v.nullable(v.string()),
  dock: v.nullable(v.unknown()),
  /** Providers that questions may leave this machine for, though nobody chose them. */
  away: v.optional(v.array(v.string()), []),
});

export type AgentWindowSpec = v.InferOutput<typeof WindowShape>;
export type Layout = v.InferOutput<typeof LayoutShape>;

export type WindowsState = {
  readonly windows: readonly AgentWindowSpec[];
  readonly active: string | null;
  readonly dock: unknown;
  /** Providers that the member lets answer where nobody chose who does. */
  readonly away: readonly string[];
  readonly closed: readonly AgentWindowSpec[];
  /** Threads with an answer that nobody has looked at. */
  readonly unread: ReadonlySet<string>;
  /** Windows that can be seen right now. */
  readonly visible: ReadonlySet<string>;
};

const NOTHING: WindowsState = {
  windows: [],
  active: null,
  dock: null,
  away: [],
  closed: [],
  unread: new Set(),
  visible: new Set(),
};
const MAX_CLOSED = 10;

export class Windows {
  #state: WindowsState = NOTHING;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly get = (): WindowsState => this.#state;

  /** Opens an agent: on the given thread, or on a new one. A window that shows the thread already comes to the front. */
  open(agentId: string, threadId: string | null = null): AgentWindowSpec {
    const shown = threadId && this.#state.windows.find((window) => window.threadId === threadId);
    if (shown) {
      this.activate(shown.id);
      return shown;
    }
    const window = this.make(agentId, threadId);
    this.#set({ windows: [...this.#state.windows, window], active: window.id });
    return window;
  }

  /** A window that is not open yet, for the dock to place. */
  make(agentId: string, threadId: string | null = null): AgentWindowSpec {
    return { id: uuidv7(), agentId, threadId: threadId ?? uuidv7(), fresh: threadId === null, model: null };
  }

  activate(id: string): void {
    const window = this.#state.windows.find((candidate) => candidate.id === id);
    if (!window || this.#state.active === id) return;
    this.#set({ active: id });
  }

  close(id: string): void {
    const at = this.#state.windows.findIndex((window) => window.id === id);
    const closing = this.#state.windows[at];
    if (!closing) return;
    const windows = this.#state.windows.filter((window) => window.id !== id);
    const neighbour = windows[Math.min(at, windows.length - 1)]?.id ?? null;
    this.#set({
      windows,
      active: this.#state.active === id ? neighbour : this.#state.active,
      closed: closing.fresh ? this.#state.closed : [closing, ...this.#state.closed].slice(0, MAX_CLOSED),
    });
  }

  closeAll(): void {
    for (const window of this.#state.windows) this.close(window.id);
    this.#set({ dock: null });
  }

  /** Takes a window that the dock has placed already. */
  adopt(window: AgentWindowSpec): void {
    const others = this.#state.windows.filter((other) => other.id !== window.id);
    this.#set({ windows: [...others, window], active: window.id });
  }

  /** Brings back the window closed last. */
  reopen(): boolean {
    const [last, ...rest] = this.#state.closed;
    if (!last) return false;
    this.#set({ closed: rest });
    const window = this.open(last.agentId, last.threadId);
    this.answerBy(window.id, last.model);
    return true;
  }

  /** Shows another thread in a window; null starts a new one. */
  show(id: string, threadId: string | null): void {
    this.#change(id, { threadId: threadId ?? uuidv7(), fresh: threadId === null });
  }

  /** Who answers in a window from now on; null leaves it to the agent. */
  answerBy(id: string, model: string | null): void {
    this.#change(id, { model });
  }

  /** The server knows the thread now. */
  kept(threadId: string): void {
    const window = this.#state.windows.find(
      (candidate) => candidate.threadId === threadId && candidate.fresh,
    );
    if (window) this.#change(window.id, { fresh: false });
  }

  setDock(dock: unknown): void {
    this.#set({ dock });
  }

  /** From now on questions may leave this machine for a provider, without being asked again. */
  letAway(provider: string): void {
    if (this.#state.away.includes(provider)) return;
    this.#set({ away: [...this.#state.away, provider] });
  }

  setVisible(ids: readonly string[]): void {
    const visible = new Set(ids);
    const seen = this.#state.windows
      .filter((window) => visible.has(window.id))
      .map((window) => window.threadId);
    this.#set({ visible, unread: without(this.#state.unread, seen) });
  }

  /** An answer is complete. It is unread unless a window shows it. */
  answered(threadId: string): void {
    const window = this.#state.windows.find((candidate) => candidate.threadId === threadId);
    if (!window || this.#state.visible.has(window.id)) return;
    this.#set({ unread: new Set(this.#state.unread).add(threadId) });
  }

  layout(): Layout {
    const { windows, active, dock, away } = this.#state;
    return { v: 1, windows: [...windows], active, dock, away: [...away] };
  }

  /** Takes a saved layout; one of another shape is passed over. */
  restore(layout: unknown): void {
    const read = v.safeParse(LayoutShape, layout);
    this.#state = read.success
      ? {
          ...NOTHING,
          windows: read.output.windows,
          active: read.output.active,
          dock: read.output.dock,
          away: read.output.away,
        }
      : NOTHING;
    this.#emit();
  }

  #change(id: string, change: Partial<AgentWindowSpec>): void {
    this.#set({
      windows: this.#state.windows.map((window) => (window.id === id ? { ...window, ...change } : window)),
    });
  }

  #set(change: Partial<WindowsState>): void {
    this.#state = { ...this.#state, ...change };
    this.#emit();
  }

  #emit(): void {
    for (const listener of this.#listeners) listener();
  }
}

const without = (set: ReadonlySet<string>, gone: readonly string[]): ReadonlySet<string> =>
  gone.some((item) => set.has(item)) ? new Set([...set].filter((item) => !gone.includes(item))) : set;

export const windows = new Windows();

export const useWindows = (): WindowsState => useSyncExternalStore(windows.subscribe, windows.get);
