import type { QueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import type { Locale } from '../api/types.ts';
import { windows } from '../dock/windows.ts';
import { liveRuns } from '../runs/live.ts';

/** Tells the server about a language that is on show already. It holds here even when the server cannot be told. */
export async function changeLocale(client: QueryClient, locale: Locale): Promise<void> {
  try {
    client.setQueryData(queries.me.queryKey, await api.changeMe({ locale }));
  } catch {
    // The choice stands on this device and is told again with the next change.
  }
}

/** Ends the session and forgets what belonged to it. */
export async function signOut(client: QueryClient, navigate: (to: string) => void): Promise<void> {
  await api.signOut().catch(() => {});
  liveRuns.clear();
  windows.restore(null);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'status' });
  navigate('/signin');
}
