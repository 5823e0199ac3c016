export { AgentWindow } from './AgentWindow.tsx';
