import { useEffect, useState } from 'react';
import { api } from '../api/client.ts';
import { type Layout, windows } from './windows.ts';

const PAUSE_MS = 800;

/** Restores the member's layout once, then saves every change of it after a short pause. */
export function useSavedLayout(): { ready: boolean; unsaved: boolean } {
  const [ready, setReady] = useState(false);
  const [unsaved, setUnsaved] = useState(false);

  // The windows live outside React, and the server is further outside still.
  useEffect(() => {
    let last = '';
    let timer: ReturnType<typeof setTimeout> | null = null;
    let gone = false;
    let stop = () => {};

    const save = (layout: Layout, text: string, keepalive: boolean) => {
      last = text;
      api.saveLayout(layout, keepalive).then(
        () => setUnsaved(false),
        () => {
          last = '';
          setUnsaved(true);
        },
      );
    };
    const flush = (keepalive: boolean) => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const layout = windows.layout();
      const text = JSON.stringify(layout);
      if (text !== last) save(layout, text, keepalive);
    };
    const onHide = () => {
      if (timer !== null) flush(true);
    };

    const begin = (maySave: boolean) => {
      if (gone) return;
      last = JSON.stringify(windows.layout());
      setReady(true);
      if (!maySave) return;
      stop = windows.subscribe(() => {
        if (timer !== null) clearTimeout(timer);
        timer = setTimeout(() => flush(false), PAUSE_MS);
      });
      addEventListener('pagehide', onHide);
    };

    api.layout().then(
      ({ layout }) => {
        if (!gone) windows.restore(layout);
        begin(true);
      },
      () => {
        // What could not be read must not be written over.
        if (!gone) setUnsaved(true);
        begin(false);
      },
    );
    return () => {
      gone = true;
      stop();
      removeEventListener('pagehide', onHide);
      if (timer !== null) flush(true);
    };
  }, []);

  return { ready, unsaved };
}
