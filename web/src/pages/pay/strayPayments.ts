import type { StrayMessage } from '../../api/types.ts';

/** A payment that is for no order of ours, and all that was said of it. */
export type StrayPayment = {
  gateway: string;
  /** The gateway's own reference. */
  payment: string;
  /** The first first. */
  said: [StrayMessage, ...StrayMessage[]];
  /** What was paid; absent when nothing was, and when several amounts were named. */
  paid: StrayMessage['money'];
  /** True when an order has it by now. */
  isTaken: boolean;
};

/** What was said, by payment: of one several things may be said, and it is put away once. The newest payment comes first. */
export function strayPayments(messages: readonly StrayMessage[]): StrayPayment[] {
  const found = new Map<string, StrayMessage[]>();
  for (const message of messages) {
    const key = `${message.gateway} ${message.payment}`;
    found.set(key, [message, ...(found.get(key) ?? [])]);
  }
  return [...found.values()].map((said) => {
    const [first, ...more] = said as StrayPayment['said'];
    const paid = said.flatMap(({ what, money }) => (what === 'paid' && money ? [money] : []));
    const [one] = paid;
    const isOne = paid.every(({ micros, currency }) => micros === one?.micros && currency === one.currency);
    return {
      gateway: first.gateway,
      payment: first.payment,
      said: [first, ...more],
      paid: one && isOne ? one : null,
      isTaken: said.some(({ reason }) => reason === 'other_order'),
    };
  });
}
