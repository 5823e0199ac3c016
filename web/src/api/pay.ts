/** Orders and ways to pay, through the one door. */
import { queryOptions } from '@tanstack/react-query';
import { request } from './client.ts';
import type {
  CreditStray,
  Order,
  OrderPage,
  PlaceOrder,
  SettleStray,
  StrayMessage,
  WaysToPay,
} from './types.ts';

export const pay = {
  ways: () => request<WaysToPay>('GET', '/payments'),
  strays: async () => (await request<{ items: StrayMessage[] }>('GET', '/payments/strays')).items,
  creditStray: (body: CreditStray) => request<Order>('POST', '/payments/strays/credit', { body }),
  settleStray: (body: SettleStray) => request<unknown>('POST', '/payments/strays/settle', { body }),
  myOrders: () => request<OrderPage>('GET', '/me/orders', { query: { limit: 20 } }),
  myOrder: (id: string) => request<Order>('GET', `/me/orders/${id}`),
  place: (body: PlaceOrder) => request<Order>('POST', '/me/orders', { body }),
  cancel: (id: string) => request<Order>('POST', `/me/orders/${id}/cancel`, { body: {} }),

  orders: (toLookAt: boolean) =>
    request<OrderPage>('GET', '/orders', { query: { limit: 50, to_look_at: toLookAt ? 'true' : null } }),
  confirm: (id: string) => request<Order>('POST', `/orders/${id}/confirm`, { body: {} }),
  decline: (id: string) => request<Order>('POST', `/orders/${id}/decline`, { body: {} }),
  markSeen: (id: string) => request<Order>('POST', `/orders/${id}/seen`, { body: {} }),
  refund: (id: string, body: { id: string; payment: string; micros: number }) =>
    request<Order>('POST', `/orders/${id}/refund`, { body }),
  credit: (id: string, payment: string) =>
    request<Order>('POST', `/orders/${id}/credit`, { body: { payment } }),
};

/** A payment that the order did not ask for and that nobody has given back or credited yet: of another amount, or of the
    same the one of which least is left. */
export const toCredit = ({ price, payments, flags }: Order): Order['payments'][number] | undefined => {
  const has = (kind: string) => flags.some(({ flag }) => flag === kind);
  const there = payments.filter(
    ({ left, kept }) => left && left.micros > 0 && left.currency === price.currency && !kept,
  );
  const other = there.find(({ paid }) => paid?.micros !== price.micros);
  if (has('wrong_amount') && other) return other;
  const same = there.filter(({ paid }) => paid?.micros === price.micros);
  if (!has('paid_twice') || same.length < 2) return undefined;
  return same.toSorted((one, two) => (two.left?.micros ?? 0) - (one.left?.micros ?? 0)).at(-1);
};

/** The names of the gateways; what pays by itself stands before what somebody has to confirm. */
export const inOrder = (ways: WaysToPay): string[] =>
  ways.gateways.toSorted((one, other) => Number(one === 'manual') - Number(other === 'manual'));

/** True while the page goes on asking about an order. */
export const isWaiting = (order: Order): boolean => order.status === 'open' || order.status === 'pending';

/** Often at first, then more and more rarely: people pay within a minute, or later. */
export const patience = (placedAt: string, now: number): number =>
  Math.min(30_000, Math.max(3000, (now - Date.parse(placedAt)) / 20));

export const payQueries = {
  ways: queryOptions({ queryKey: ['payments'], queryFn: pay.ways }),
  strays: queryOptions({ queryKey: ['payments', 'strays'], queryFn: pay.strays, staleTime: 0 }),
  myOrders: queryOptions({ queryKey: ['orders', 'mine'], queryFn: pay.myOrders, staleTime: 0 }),
  orders: (toLookAt: boolean) =>
    queryOptions({
      queryKey: ['orders', toLookAt ? 'look' : 'all'],
      queryFn: () => pay.orders(toLookAt),
      staleTime: 0,
    }),
  /** Asked again while it waits, but not behind a hidden tab. */
  myOrder: (id: string) =>
    queryOptions({
      queryKey: ['orders', 'one', id],
      queryFn: () => pay.myOrder(id),
      staleTime: 0,
      refetchInterval: ({ state: { data } }) =>
        data && isWaiting(data) ? patience(data.placed_at, Date.now()) : false,
    }),
};
