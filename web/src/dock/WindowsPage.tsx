import { AppWindow } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useMessages } from '../i18n/index.tsx';
import { useIsPhone } from '../shared/useIsPhone.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { LanePanel } from './LanePanel.tsx';
import { Stack } from './Stack.tsx';
import css from './WindowsPage.module.css';
import { useWindows } from './windows.ts';

const Dock = lazy(() => import('./Dock.tsx'));

type WindowsPageProps = { shown: boolean; onOpenLane: () => void };

/** The open windows: docked on a desk, one at a time on a phone. */
export function WindowsPage({ shown, onOpenLane }: WindowsPageProps) {
  const m = useMessages();
  const isPhone = useIsPhone();
  const [laneOpen, setLaneOpen] = useState(false);
  const none = useWindows().windows.length === 0;
  const empty = (
    <div className={css.main}>
      <Empty
        icon={<AppWindow size={28} aria-hidden="true" />}
        title={m.windows.empty}
        action={
          <Button look="primary" onClick={onOpenLane}>
            {m.windows.openLane}
          </Button>
        }
      >
        {m.windows.emptyHint}
      </Empty>
    </div>
  );

  return (
    <div className={css.page}>
      <h1 className="visually-hidden">{m.windows.title}</h1>
      {laneOpen && !isPhone ? <LanePanel onClose={() => setLaneOpen(false)} /> : null}
      {none && (isPhone || !laneOpen) ? (
        empty
      ) : isPhone ? (
        <Stack shown={shown} onAdd={onOpenLane} />
      ) : (
        <div className={css.main}>
          <div className="dock">
            <Suspense fallback={null}>
              <Dock shown={shown} onAdd={() => setLaneOpen(true)} />
            </Suspense>
          </div>
        </div>
      )}
    </div>
  );
}
