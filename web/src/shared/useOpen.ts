import { useLocation } from 'wouter';
import { useAnswerer } from '../api/answerer.ts';
import type { Thread } from '../api/types.ts';
import { writeDraft } from '../core/drafts.ts';
import { leaveFirstAsk } from '../dock/firstAsk.ts';
import { windows } from '../dock/windows.ts';
import { useAway } from './useAway.ts';

/** Ways into a window, from anywhere. */
export function useOpen() {
  const [, navigate] = useLocation();
  const answerer = useAnswerer();
  const away = useAway(answerer);
  return {
    openAgent: (agentId: string) => {
      windows.open(agentId);
      navigate('/windows');
    },
    openThread: (thread: Pick<Thread, 'id' | 'agent_id'>) => {
      windows.open(thread.agent_id, thread.id);
      navigate('/windows');
    },
    /** Opens an agent and asks. Without a model, or before a question may leave this machine, the text waits in the composer,
     *  where it can be seen. */
    ask: (agentId: string, text: string) => {
      const window = windows.make(agentId);
      const mayLeave = away === null || windows.get().away.includes(away.provider);
      if (answerer.type === 'ready' && mayLeave) leaveFirstAsk(window.threadId, text);
      else writeDraft(window.threadId, text);
      windows.adopt(window);
      navigate('/windows');
    },
  };
}
