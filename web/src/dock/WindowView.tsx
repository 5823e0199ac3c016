import { lazy, Suspense } from 'react';
import { useAgents } from '../api/queries.ts';
import { useMessages } from '../i18n/index.tsx';
import { ErrorBoundary } from '../shared/ErrorBoundary.tsx';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { useWindows, windows } from './windows.ts';

const AgentWindow = lazy(() =>
  import('../windows/agent/index.ts').then((module) => ({ default: module.AgentWindow })),
);

/** What stands inside a window, wherever the window is shown. */
export function WindowView({ id }: { id: string }) {
  const m = useMessages();
  const { byId, ready } = useAgents();
  const spec = useWindows().windows.find((window) => window.id === id);
  if (!spec) return null;
  const agent = byId(spec.agentId);
  if (!agent) {
    if (!ready) return null;
    return (
      <Empty
        title={m.windows.gone}
        action={<Button onClick={() => windows.close(id)}>{m.common.close}</Button>}
      />
    );
  }
  return (
    <ErrorBoundary
      fallback={(retry) => (
        <Empty title={m.windows.broken} action={<Button onClick={retry}>{m.windows.reload}</Button>}>
          {m.windows.brokenHint}
        </Empty>
      )}
    >
      <Suspense fallback={null}>
        <AgentWindow
          key={spec.threadId}
          agent={agent}
          threadId={spec.threadId}
          fresh={spec.fresh}
          model={spec.model}
          onModel={(model) => windows.answerBy(id, model)}
          onShow={(threadId) => windows.show(id, threadId)}
        />
      </Suspense>
    </ErrorBoundary>
  );
}
