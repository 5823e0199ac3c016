import { useMessages } from '../../i18n/index.tsx';

/** What a way in is called: an address of the faces by itself, threads and tests by their names. */
export function useFaceName(): (face: string) => string {
  const said = useMessages().requests;
  const named: Record<string, string> = { runs: said.inThreads, tests: said.inTests };
  return (face) => named[face] ?? `/v1/${face}`;
}
