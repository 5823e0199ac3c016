/** What a pretended run does, by words in the message that started it. */
import { isErrorCode, type RunEvent } from '../src/api/types.ts';
import { actingScript } from './acting.ts';
import { ANSWER_EN, ANSWER_ZH, LONG, THOUGHT } from './words.ts';

export type Script = {
  steps: RunEvent[];
  finish: Pick<Extract<RunEvent, { type: 'finished' }>, 'state' | 'finish_reason' | 'error'>;
};

/** What a run does, by words in the message that started it. */
export function script(asked: string, english: boolean, model: string): Script {
  const acting = actingScript(asked, english);
  if (acting) return acting;
  const answer = asked.includes('/long') ? LONG : english ? ANSWER_EN : ANSWER_ZH;
  const tokens = cut(asked.includes('/short') ? answer.slice(0, 90) : answer);
  const steps: RunEvent[] = [
    { type: 'queued', position: 0 },
    { type: 'started', model },
    ...(asked.includes('/think')
      ? [
          ...cut(THOUGHT).map((text): RunEvent => ({ type: 'reasoning_delta', text })),
          { type: 'reasoning_done', millis: 2100 } as const,
        ]
      : []),
    ...tokens.map((text): RunEvent => ({ type: 'text_delta', text })),
  ];
  if (asked.includes('/fail')) {
    return {
      steps: steps.slice(0, 14),
      finish: {
        state: 'failed',
        finish_reason: null,
        error: { code: 'engine_failed', detail: 'The worker exited.' },
      },
    };
  }
  const upstream = /\/(upstream_[a-z]+)/.exec(asked)?.[1];
  if (upstream && isErrorCode(upstream)) {
    return {
      steps: steps.slice(0, upstream === 'upstream_cut' ? 14 : 2),
      finish: {
        state: 'failed',
        finish_reason: null,
        error: { code: upstream, detail: 'The provider said so.' },
      },
    };
  }
  if (asked.includes('/interrupt')) {
    return {
      steps: steps.slice(0, 16),
      finish: {
        state: 'interrupted',
        finish_reason: null,
        error: { code: 'interrupted', detail: 'The server was stopped.' },
      },
    };
  }
  const finish_reason = asked.includes('/short') ? 'length' : 'stop';
  return { steps, finish: { state: 'succeeded', finish_reason, error: null } };
}

const cut = (text: string): string[] => text.match(/[\s\S]{1,4}/g) ?? [];
