import { useState } from 'react';
import type { CallDecision, Part, Verdict } from '../../api/types.ts';

export type Decisions = {
  chosen: (callId: string) => Verdict | null;
  decide: (callId: string, verdict: Verdict | null) => void;
};

/** Gathers a member's words about the calls of an answer; when each that waits has one they are sent together. */
export function useDecisions(
  parts: readonly Part[],
  onSend: ((decisions: CallDecision[]) => void) | null,
): Decisions | null {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Verdict>>(new Map());
  if (!onSend) return null;
  const waiting = parts.flatMap((part) =>
    part.type === 'tool' && part.call.state.is === 'asking' ? [part.call.call_id] : [],
  );
  return {
    chosen: (callId) => chosen.get(callId) ?? null,
    decide: (callId, verdict) => {
      const next = new Map(chosen);
      if (verdict) next.set(callId, verdict);
      else next.delete(callId);
      const decisions = waiting.flatMap((id): CallDecision[] => {
        const word = next.get(id);
        return word ? [{ call_id: id, verdict: word }] : [];
      });
      const complete = decisions.length === waiting.length;
      setChosen(complete ? new Map() : next);
      if (complete) onSend(decisions);
    },
  };
}
