import { useMessages } from '../../i18n/index.tsx';

/** What a way in is called: an address of the faces by itself, threads by their name. */
export function useFaceName(): (face: string) => string {
  const said = useMessages().requests;
  return (face) => (face === 'runs' ? said.inThreads : `/v1/${face}`);
}
