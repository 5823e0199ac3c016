/** Runs asked with `/hold` stand still in the middle of their answer until they are told to go on. */
export class Holds {
  readonly #standing = new Map<string, () => void>();
  readonly #released = new Set<string>();

  /** Resolves when `asked` is let go, at once when it already was. */
  wait(asked: string): Promise<void> {
    if (!asked.includes('/hold') || this.#released.has(asked)) return Promise.resolve();
    return new Promise((resolve) => this.#standing.set(asked, resolve));
  }

  release(asked: string): void {
    this.#released.add(asked);
    this.#standing.get(asked)?.();
    this.#standing.delete(asked);
  }
}
