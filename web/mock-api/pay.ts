/** Ways to pay and orders of the pretended workspace. An order is paid when it was looked at a few times. */
import type { Order, OrderPage, PlaceOrder, StrayMessage, WaysToPay } from '../src/api/types.ts';
import { PLANS } from './plans.ts';
import { Refusal } from './refusal.ts';

type Body = Record<string, unknown>;
type Wish = PlaceOrder & { id: string };

/** Looks until a payment is there. */
const LOOKS = 3;
const CNY = (micros: number) => ({ micros, currency: 'CNY' });

export class Payments {
  ways: WaysToPay = {
    gateways: ['alipay', 'manual', 'stripe', 'wechat'],
    offers: [20, 50, 100, 200, 500].map((yuan) => yuan * 1_000_000),
    least_micros: 1_000_000,
    most_micros: 50_000_000_000,
    currency: 'CNY',
    missing: [],
  };
  strays: StrayMessage[] = [];
  orders: Order[] = [];
  readonly #looks = new Map<string, number>();
  readonly #begin: (plan: string) => void;

  constructor(begin: (plan: string) => void) {
    this.#begin = begin;
  }

  /** An answer of this part; null for everything else. */
  answer(method: string, path: string, query: URLSearchParams, body: Body): unknown {
    const [first, ...rest] = path.split('/');
    if (path === 'payments') return this.ways;
    if (path === 'payments/strays') return { items: this.strays };
    if (path === 'payments/strays/credit') return this.#creditStray(body);
    if (path === 'payments/strays/settle') return { items: this.#putAway(body) };
    if (first === 'me' && rest[0] === 'orders') return this.#mine(method, rest.slice(1), body);
    if (first === 'orders') return this.#managed(method, rest, query, body);
    return null;
  }

  #mine(method: string, [id, action]: string[], body: Body): unknown {
    if (id === undefined)
      return method === 'POST' ? this.#place(body as unknown as Wish) : this.#page(this.orders);
    if (action === 'cancel') return this.#change(id, { status: 'closed' });
    const looks = (this.#looks.get(id) ?? 0) + 1;
    this.#looks.set(id, looks);
    const order = this.#order(id);
    if (order.status === 'open' && order.next?.next !== 'wait' && looks >= LOOKS) return this.#paid(order);
    return order;
  }

  #managed(method: string, [id, action]: string[], query: URLSearchParams, body: Body): unknown {
    if (id === undefined) {
      const isToLookAt = (order: Order) =>
        (order.flags.length > 0 && !order.seen) || (order.gateway === 'manual' && order.status === 'open');
      return this.#page(query.get('to_look_at') === 'true' ? this.orders.filter(isToLookAt) : this.orders);
    }
    if (method !== 'POST') return null;
    const order = this.#order(id);
    if (action === 'confirm') return this.#paid(order);
    if (action === 'decline') return this.#change(id, { status: 'closed' });
    if (action === 'seen') return this.#change(id, { seen: true });
    if (action === 'credit') return this.#credit(order, String(body.payment));
    const left = order.payments[0]?.left?.micros ?? 0;
    const rest = left - Number(body.micros);
    if (rest < 0) throw new Refusal('invalid_request');
    const payments = order.payments.map((payment) => ({ ...payment, left: CNY(rest) }));
    return this.#change(id, { payments, status: rest === 0 ? 'refunded' : 'partly_refunded' });
  }

  #putAway({ gateway, payment }: Body): StrayMessage[] {
    const rest = this.strays.filter((stray) => stray.gateway !== gateway || stray.payment !== payment);
    if (rest.length === this.strays.length) throw new Refusal('conflict');
    this.strays = rest;
    return rest;
  }

  #creditStray(body: Body): Order {
    const { id, gateway, payment, member_id } = body as Record<string, string>;
    const price = this.strays.find((stray) => stray.payment === payment && stray.what === 'paid')?.money;
    if (!price || !id || !gateway || !payment || !member_id) throw new Refusal('invalid_request');
    this.#putAway(body);
    const order = orderOf(id, {
      gateway,
      member_id,
      price,
      status: 'paid',
      payments: [{ payment, paid: price, left: price, kept: false }],
    });
    this.orders = [order, ...this.orders];
    return order;
  }

  #credit(order: Order, name: string): Order {
    const payments = order.payments.map((one) => (one.payment === name ? { ...one, kept: true } : one));
    const flags = order.flags.filter(({ flag }) => flag !== 'wrong_amount' && flag !== 'paid_twice');
    return this.#change(order.id, { payments, flags, seen: flags.length === 0 });
  }

  #place({ id, gateway, product }: Wish): Order {
    const next: Record<string, Order['next']> = {
      manual: { next: 'wait' },
      stripe: { next: 'visit', url: 'https://checkout.stripe.com/c/pay/cs_test_1' },
      alipay: { next: 'scan', text: 'https://qr.alipay.com/bavh4wjlxf12tper3a' },
      wechat: { next: 'scan', text: 'weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00' },
    };
    const now = Date.now();
    const isPlan = product.product === 'plan';
    const plan = isPlan ? PLANS.find((one) => one.id === product.plan) : undefined;
    if (isPlan && !plan) throw new Refusal('plan_unavailable');
    const order = orderOf(id, {
      gateway,
      product: isPlan ? product : { product: 'top_up' },
      price: CNY(isPlan ? (plan?.price.micros ?? 0) : product.micros),
      next: next[gateway] ?? null,
      placed_at: new Date(now).toISOString(),
      expires_at: new Date(now + 7_200_000).toISOString(),
    });
    this.orders = [order, ...this.orders.filter((other) => other.id !== id)];
    return order;
  }

  #paid(order: Order): Order {
    const payments = [{ payment: `pay-${order.id}`, paid: order.price, left: order.price, kept: false }];
    const isPlan = order.product.product === 'plan';
    if (order.product.product === 'plan') this.#begin(order.product.plan);
    const delivery = isPlan ? ({ delivery: 'begun', at: order.placed_at } as const) : null;
    return this.#change(order.id, { status: 'paid', payments, delivery });
  }

  #order(id: string): Order {
    const found = this.orders.find((order) => order.id === id);
    if (!found) throw new Refusal('not_found');
    return found;
  }

  #change(id: string, change: Partial<Order>): Order {
    const changed = { ...this.#order(id), ...change };
    this.orders = this.orders.map((order) => (order.id === id ? changed : order));
    return changed;
  }

  #page(items: Order[]): OrderPage {
    return { items, next: null };
  }
}

function orderOf(id: string, more: Partial<Order>): Order {
  return {
    id,
    member_id: 'm2',
    product: { product: 'top_up' },
    price: CNY(20_000_000),
    gateway: 'manual',
    status: 'open',
    delivery: null,
    next: { next: 'wait' },
    placed_at: '2026-11-22T08:30:00Z',
    expires_at: '2026-11-22T10:30:00Z',
    payments: [],
    flags: [],
    seen: true,
    ...more,
  };
}

/** Orders of everything that can be seen of one. */
export function someOrders(): Order[] {
  const paid = (micros: number, left = micros) => [
    { payment: 'pi_3PqL', paid: CNY(micros), left: CNY(left), kept: false },
  ];
  return [
    orderOf('o1', { price: CNY(50_000_000) }),
    orderOf('o2', {
      gateway: 'stripe',
      status: 'closed',
      payments: paid(19_990_000),
      flags: [{ flag: 'wrong_amount', payment: 'pi_3PqL', money: CNY(19_990_000) }],
      seen: false,
    }),
    orderOf('o3', {
      gateway: 'wechat',
      status: 'refunded',
      price: CNY(100_000_000),
      payments: paid(100_000_000, 0),
      flags: [{ flag: 'disputed', payment: '4200000991', money: null }],
      seen: false,
    }),
    orderOf('o4', {
      gateway: 'alipay',
      status: 'paid',
      price: CNY(200_000_000),
      payments: paid(200_000_000),
    }),
  ];
}
