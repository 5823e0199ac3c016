import { useMessages } from '../../i18n/index.tsx';

/** What a gateway is called. One that the page does not know has its own name. */
export function useGatewayName(): (gateway: string) => string {
  const names: Record<string, string> = useMessages().pay.ways;
  return (gateway) => names[gateway] ?? gateway;
}
