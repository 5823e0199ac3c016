/** What a dragged door carries: the agent's id. */
export const AGENT_DRAG_TYPE = 'application/x-hutong-agent';
