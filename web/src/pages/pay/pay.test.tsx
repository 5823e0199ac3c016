import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { someOrders } from '../../../mock-api/pay.ts';
import type { MockServer } from '../../../mock-api/server.ts';
import { toCredit } from '../../api/pay.ts';
import { pretend, show } from '../../testing/render.tsx';
import { OrderProgress } from './OrderProgress.tsx';
import OrdersPage from './OrdersPage.tsx';
import { TopUpDialog } from './TopUpDialog.tsx';

let mock: MockServer;
beforeEach(() => {
  mock = pretend({});
  // The DOM of the tests knows no modal dialogs.
  HTMLDialogElement.prototype.showModal ??= function open(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= () => {};
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name, hidden: true }));
const choose = (name: string) => fireEvent.click(screen.getByRole('radio', { name, hidden: true }));

test('a member chooses how much and by which way, and scans', async () => {
  show(<TopUpDialog onClose={() => {}} />);
  fireEvent.click(await screen.findByRole('radio', { name: 'CN¥50', hidden: true }));
  choose('WeChat Pay');
  press('Pay CN¥50.00');
  expect(await screen.findByRole('img', { name: 'Scan this with WeChat', hidden: true })).toBeTruthy();
  expect(mock.payments.orders[0]).toMatchObject({ gateway: 'wechat', price: { micros: 50_000_000 } });
});

test('an amount that cannot be is not sent', async () => {
  show(<TopUpDialog onClose={() => {}} />);
  fireEvent.click(await screen.findByRole('radio', { name: 'Another amount', hidden: true }));
  const field = screen.getByRole('textbox', { name: 'Another amount', hidden: true });
  for (const wrong of ['0', '0.5', '9.999', '60000', 'x']) {
    fireEvent.change(field, { target: { value: wrong } });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Top up', hidden: true }).disabled).toBe(
      true,
    );
  }
  fireEvent.change(field, { target: { value: '9.90' } });
  choose('An admin');
  press('Pay CN¥9.90');
  expect(await screen.findByText(/Pay an admin of this workspace/)).toBeTruthy();
});

test('where nobody can pay it says so', async () => {
  mock.payments.ways = { ...mock.payments.ways, gateways: [] };
  show(<TopUpDialog onClose={() => {}} />);
  expect(await screen.findByText('Nobody can pay here yet.')).toBeTruthy();
});

test('what became of an order is told when it is known', async () => {
  const [, , , paid] = someOrders() as [never, never, never, ReturnType<typeof someOrders>[number]];
  mock.payments.orders = [paid];
  show(<OrderProgress placed={{ ...paid, status: 'open' }} onClose={() => {}} />);
  expect(await screen.findByText('CN¥200.00 is in your wallet.')).toBeTruthy();
});

test('what became of a plan that was paid is told: it began, ended, or is in the wallet', async () => {
  const [, , , paid] = someOrders() as [never, never, never, ReturnType<typeof someOrders>[number]];
  const plan = { ...paid, product: { product: 'plan', plan: 'plus' } as const };
  const cases = [
    [{ delivery: 'begun', at: paid.placed_at }, 'paid', 'Plus has begun.'],
    [{ delivery: 'ended' }, 'refunded', 'Plus has ended: its price was paid back.'],
    [
      { delivery: 'credited', because: 'not_offered' },
      'paid',
      'CN¥200.00 is in your wallet; Plus did not begin.',
    ],
  ] as const;
  for (const [delivery, status, words] of cases) {
    const order = { ...plan, delivery, status };
    mock.payments.orders = [order];
    show(<OrderProgress placed={order} onClose={() => {}} />);
    expect(await screen.findByText(words)).toBeTruthy();
    cleanup();
  }
});

test('an admin confirms, gives back and takes off the list what was looked at', async () => {
  mock.payments.orders = someOrders();
  show(<OrdersPage />);
  const rows = await waitFor(() => {
    const found = screen.getAllByRole('listitem').filter((row) => within(row).queryByText('Sun'));
    expect(found).toHaveLength(3);
    return found;
  });
  expect(screen.getByText(/CN¥19.99 was paid instead/)).toBeTruthy();
  fireEvent.click(within(rows[2] as HTMLElement).getByRole('button', { name: 'Done' }));
  await waitFor(() => expect(mock.payments.orders[2]?.seen).toBe(true));
  fireEvent.click(screen.getAllByRole('button', { name: 'The money is here' })[0] as HTMLElement);
  expect(await screen.findByText('Has Sun paid CN¥50.00?')).toBeTruthy();
  fireEvent.click(
    screen.getAllByRole('button', { name: 'The money is here', hidden: true }).at(-1) as HTMLElement,
  );
  await waitFor(() => expect(mock.payments.orders[0]?.status).toBe('paid'));
});

const STRAY = {
  gateway: 'stripe',
  payment: 'pi_nobodys',
  what: 'paid',
  money: { micros: 12_000_000, currency: 'CNY' },
  reason: 'unknown_order',
  heard_at: '2026-11-22T08:00:00Z',
} as const;

test('a payment without an order is credited to whoever paid, once one is chosen', async () => {
  mock.payments.strays = [STRAY];
  show(<OrdersPage />);
  expect(await screen.findByText('pi_nobodys')).toBeTruthy();
  press('Credit');
  expect(await screen.findByText('Credit CN¥12.00 to whom?')).toBeTruthy();
  const go = () => screen.getAllByRole<HTMLButtonElement>('button', { name: 'Credit', hidden: true }).at(-1);
  expect(go()?.disabled).toBe(true);
  await screen.findByRole('option', { name: 'Sun', hidden: true });
  const who = screen.getByRole('combobox', { name: 'Member', hidden: true });
  fireEvent.change(who, { target: { value: 'm2' } });
  fireEvent.click(go() as HTMLElement);
  await waitFor(() => expect(mock.payments.strays).toEqual([]));
  expect(mock.payments.orders[0]).toMatchObject({ member_id: 'm2', status: 'paid', price: STRAY.money });
  await waitFor(() => expect(screen.queryByText('pi_nobodys')).toBeNull());
});

test('a payment that somebody has seen to goes off the list, and credits nothing', async () => {
  mock.payments.strays = [STRAY, { ...STRAY, what: 'refunded' }];
  show(<OrdersPage />);
  expect(await screen.findAllByText('pi_nobodys')).toHaveLength(1);
  press('Done');
  expect(await screen.findByText('Done at the gateway?')).toBeTruthy();
  fireEvent.change(screen.getByRole('textbox', { name: 'What was done', hidden: true }), {
    target: { value: 'given back' },
  });
  fireEvent.click(screen.getAllByRole('button', { name: 'Done', hidden: true }).at(-1) as HTMLElement);
  await waitFor(() => expect(mock.payments.strays).toEqual([]));
  expect(mock.payments.orders).toEqual([]);
});

test('money of another amount is credited instead of given back', async () => {
  mock.payments.orders = someOrders();
  show(<OrdersPage />);
  fireEvent.click(await screen.findByRole('button', { name: 'Credit' }));
  expect(await screen.findByText('Credit CN¥19.99 to Sun?')).toBeTruthy();
  fireEvent.click(screen.getAllByRole('button', { name: 'Credit', hidden: true }).at(-1) as HTMLElement);
  await waitFor(() => expect(mock.payments.orders[1]?.payments[0]?.kept).toBe(true));
  await waitFor(() => expect(screen.queryByText(/CN¥19.99 was paid instead/)).toBeNull());
});

test('of several payments the one that is too much is offered as credit', () => {
  const [order] = someOrders() as [ReturnType<typeof someOrders>[number]];
  const yuan = (amount: number) => ({ micros: amount * 1_000_000, currency: 'CNY' });
  const of = (payment: string, paid: number, left = paid, kept = false) => ({
    payment,
    paid: yuan(paid),
    left: yuan(left),
    kept,
  });
  const twice = { ...order, flags: [{ flag: 'paid_twice', payment: null, money: yuan(50) }] as const };
  const offered = (payments: ReturnType<typeof of>[], flags: (typeof order)['flags'] = [...twice.flags]) =>
    toCredit({ ...order, payments, flags })?.payment;
  expect(offered([of('p', 50), of('q', 50)])).toBe('q');
  expect(offered([of('p', 50, 30), of('q', 50)])).toBe('p');
  expect(offered([of('p', 50), of('q', 50), of('r', 50, 50, true)])).toBe('q');
  expect(offered([of('p', 50), of('q', 50, 0)])).toBeUndefined();
  expect(offered([of('p', 50)], [])).toBeUndefined();
});

test('who puts away what somebody else has put away is told so', async () => {
  mock.payments.strays = [STRAY];
  show(<OrdersPage />);
  await screen.findByText('pi_nobodys');
  expect(screen.queryByText('Nothing to look at.')).toBeNull();
  press('Done');
  await screen.findByText('Done at the gateway?');
  mock.payments.strays = [];
  fireEvent.click(screen.getAllByRole('button', { name: 'Done', hidden: true }).at(-1) as HTMLElement);
  expect(await screen.findByRole('alert', { hidden: true })).toBeTruthy();
  expect(screen.getByText('Somebody put it away in the meantime. Nothing was done twice.')).toBeTruthy();
  expect(screen.queryByRole('heading', { name: 'Payments without an order', hidden: true })).toBeNull();
});

test('money in another currency, of several amounts or of another order is not offered as credit', async () => {
  const dollars = { micros: 12_000_000, currency: 'USD' };
  mock.payments.strays = [
    { ...STRAY, payment: 'dollars', money: dollars },
    { ...STRAY, payment: 'taken', reason: 'other_order' },
    { ...STRAY, payment: 'several' },
    { ...STRAY, payment: 'several', money: { ...STRAY.money, micros: 1 } },
    { ...STRAY, payment: 'ours', what: 'refunded', money: { ...STRAY.money, micros: 5_000_000 } },
    { ...STRAY, payment: 'ours' },
  ];
  show(<OrdersPage />);
  const row = (await screen.findByText('ours')).closest('li') as HTMLElement;
  expect(await within(row).findByRole('button', { name: 'Credit' })).toBeTruthy();
  expect(screen.getAllByRole('button', { name: 'Credit' })).toHaveLength(1);
  expect(screen.getAllByRole('button', { name: 'Done' })).toHaveLength(4);
  expect(within(row).getByText('CN¥12.00')).toBeTruthy();
  expect(row.textContent).toMatch(/oursNo order of ours Card \(Stripe\)Paid .*Given back CN¥5\.00 /);
});
