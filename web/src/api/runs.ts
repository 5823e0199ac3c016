/** The stream of one run, as an async sequence of numbered events. */
import { createParser } from 'eventsource-parser';
import { open } from './client.ts';
import { Problem } from './problem.ts';
import type { RunEvent } from './types.ts';

export type Frame = { seq: number; event: RunEvent };

/** A line longer than this is not ours. */
const MAX_LINE = 1 << 20;

/** Turns chunks of an event stream, cut anywhere, into frames. */
export class FrameReader {
  #ready: Frame[] = [];
  #broken: Error | null = null;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    maxBufferSize: MAX_LINE,
    onEvent: ({ id, data }) => {
      const seq = Number(id);
      if (!Number.isSafeInteger(seq) || seq < 1) return;
      try {
        this.#ready.push({ seq, event: JSON.parse(data) as RunEvent });
      } catch {
        this.#broken = new Problem('internal', 200, 'The stream carried something that is not JSON.');
      }
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') this.#broken = error;
    },
  });

  /** The frames that this chunk completes. */
  push(chunk: Uint8Array): Frame[] {
    this.#parser.feed(this.#decoder.decode(chunk, { stream: true }));
    if (this.#broken) throw this.#broken;
    const frames = this.#ready;
    this.#ready = [];
    return frames;
  }
}

/**
 * Reads the events after number `after` until the stream ends, a chunk's worth at a time. Ends without `finished`
 * when the connection was cut: the caller resumes after the last number it saw.
 */
export async function* runEvents(runId: string, after: number, signal: AbortSignal): AsyncGenerator<Frame[]> {
  const response = await open('GET', `/runs/${runId}/events`, { query: { after }, signal });
  if (!response.body) return;
  const reader = response.body.getReader();
  const frames = new FrameReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const batch = frames.push(value);
      if (batch.length > 0) yield batch;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
