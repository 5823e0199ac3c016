import workerUrl from './highlight-worker.ts?worker&url';
import type { Language, Line } from './languages.ts';

export interface Request {
  id: number;
  language: Language;
  text: string;
}

export interface Answer {
  id: number;
  /** `null`: this code stays plain. */
  lines: readonly Line[] | null;
}

/** Colours found lately, so that a block scrolled back into view has them at once. */
const RECENT = 200;
const recent = new Map<string, readonly Line[]>();
const waiting = new Map<number, (lines: readonly Line[] | null) => void>();
let worker: Worker | null = null;
let requests = 0;

/** The colours of `text` if they are known already. */
export function coloursOf(language: Language, text: string): readonly Line[] | null {
  return recent.get(keyOf(language, text)) ?? null;
}

/** Has the worker colour `text`; true when `coloursOf` knows it then. Never rejects: colours are a nicety. */
export async function requestColours(language: Language, text: string): Promise<boolean> {
  const lines = coloursOf(language, text) ?? (await ask(language, text));
  if (!lines) return false;
  recent.set(keyOf(language, text), lines);
  const [oldest] = recent.keys();
  if (recent.size > RECENT && oldest !== undefined) recent.delete(oldest);
  return true;
}

const keyOf = (language: Language, text: string) => `${language}\n${text}`;

function ask(language: Language, text: string): Promise<readonly Line[] | null> {
  if (typeof Worker === 'undefined') return Promise.resolve(null);
  return new Promise((resolve) => {
    const id = requests++;
    waiting.set(id, resolve);
    try {
      worker ??= start();
      worker.postMessage({ id, language, text } satisfies Request);
    } catch (error) {
      giveUp(error);
    }
  });
}

function start(): Worker {
  const started = new Worker(trusted(workerUrl), { type: 'module', name: 'highlight' });
  started.onmessage = ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data.lines);
    waiting.delete(data.id);
  };
  started.onerror = giveUp;
  return started;
}

/** Whatever went wrong with the worker, code is readable without it. The next request tries again. */
function giveUp(reason: unknown): void {
  console.warn('Code stays without colours.', reason);
  worker?.terminate();
  worker = null;
  for (const resolve of waiting.values()) resolve(null);
  waiting.clear();
}

/** Under trusted types only this one address can become a worker: the policy `hutong-highlight`. */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy: CreatePolicy } };
  if (!trustedTypes) return address;
  policy ??= trustedTypes.createPolicy('hutong-highlight', {
    createScriptURL: (url) => {
      if (url !== workerUrl) throw new TypeError('Not the worker of the code blocks.');
      return url;
    },
  });
  return policy.createScriptURL(address);
}

interface Policy {
  createScriptURL: (url: string) => string;
}
type CreatePolicy = (name: string, rules: Policy) => Policy;
let policy: Policy | undefined;
