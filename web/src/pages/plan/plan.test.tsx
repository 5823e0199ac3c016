import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MockServer } from '../../../mock-api/server.ts';
import { Problem } from '../../api/problem.ts';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { pretend, show } from '../../testing/render.tsx';
import PlanPage from './PlanPage.tsx';
import SpendPage from './SpendPage.tsx';
import StatementPage from './StatementPage.tsx';
import WalletPage from './WalletPage.tsx';

let mock: MockServer;
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole('button', { name }));
const dialog = async () => within(await screen.findByRole('dialog'));
const card = async (name: string) => within(await screen.findByRole('article', { name }));

beforeEach(() => {
  history.replaceState(null, '', '/usage');
  mock = pretend();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('a member sees what is left, and when a window has room again', async () => {
  show(<PlanPage />);
  expect(await screen.findByText('0 of 50,000 tokens left')).toBeTruthy();
  expect(screen.getByText(/^Used up\. There is room again from/)).toBeTruthy();
  const day = screen.getByRole('progressbar', { name: 'Today' });
  expect(day.getAttribute('aria-valuenow')).toBe('54');
  expect(screen.getByText('CN¥12.50')).toBeTruthy();
});

test('plans stand side by side, and one’s own is marked', async () => {
  show(<PlanPage />);
  const plus = await card('Plus');
  expect(plus.getByText('CN¥3.00 in 5 hours')).toBeTruthy();
  expect(plus.getByText('Free for the first 7 days')).toBeTruthy();
  expect(await plus.findByText('Who answers is chosen by: Cheap')).toBeTruthy();
  const free = await card('Free');
  expect(free.getByText('Your plan')).toBeTruthy();
  expect(free.getByText('Then it waits until there is room again')).toBeTruthy();
});

test('the sum is shown to the last bit before anything is paid', async () => {
  mock.billing.mine.wallet_micros = 300_000_000;
  show(<PlanPage />);
  await press('Choose Pro');
  const box = await dialog();
  expect(await box.findByText('Pro, first month')).toBeTruthy();
  expect(box.getByText('CN¥101.00')).toBeTruthy();
  expect(mock.billing.mine.plan.id).toBe('free');
  await userEvent.click(box.getByRole('button', { name: 'Pay CN¥199.00' }));
  expect(await screen.findByText('You have Pro now.')).toBeTruthy();
  expect(mock.billing.mine).toMatchObject({ wallet_micros: 101_000_000, plan: { id: 'pro' } });
});

test('a plan is paid through a gateway, and begins when the money is there', async () => {
  show(<PlanPage />);
  await press('Choose Pro');
  const box = await dialog();
  await userEvent.click(await box.findByRole('radio', { name: 'WeChat Pay' }));
  expect(box.getByText(/Later ones are paid from your wallet, at CN¥199.00/)).toBeTruthy();
  await userEvent.click(box.getByRole('button', { name: 'Pay CN¥199.00' }));
  expect(await screen.findByRole('img', { name: 'Scan this with WeChat' })).toBeTruthy();
  const [order] = mock.payments.orders;
  expect(order).toMatchObject({ gateway: 'wechat', product: { product: 'plan', plan: 'pro' } });
});

test('a wallet with too little says what it lacks and leads there', async () => {
  show(<PlanPage />);
  await press('Choose Pro');
  const box = await dialog();
  expect(await box.findByText('Your wallet lacks CN¥186.50')).toBeTruthy();
  expect(box.getByRole('link', { name: 'To the wallet' }).getAttribute('href')).toBe(
    '/usage/wallet?need=186500000',
  );
  expect((box.getByRole('button', { name: 'Pay CN¥199.00' }) as HTMLButtonElement).disabled).toBe(true);
});

test('a trial begins, is cancelled, and the cancelling is taken back', async () => {
  show(<PlanPage />);
  await press('Try it 7 days');
  await userEvent.click((await dialog()).getByRole('button', { name: 'Begin the trial' }));
  expect(await screen.findByText('You have Plus now.')).toBeTruthy();
  expect(mock.billing.mine.wallet_micros).toBe(12_500_000);
  await press('Cancel plan');
  await userEvent.click((await dialog()).getByRole('button', { name: 'Cancel plan' }));
  await waitFor(() => expect(mock.billing.mine.subscription?.next).toEqual({ then: 'end' }));
  await press('Keep Plus');
  await waitFor(() => expect(mock.billing.mine.subscription?.next).toEqual({ then: 'renew' }));
});

test('a voucher is redeemed, or said beside the field what is wrong with it', async () => {
  show(<WalletPage />);
  await userEvent.type(await screen.findByLabelText('Voucher code'), 'SPENT');
  await press('Redeem');
  const field = screen.getByLabelText('Voucher code');
  await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
  await userEvent.clear(field);
  await userEvent.type(field, 'GOOD-7Q2M');
  await press('Redeem');
  expect(await screen.findByText('CN¥50.00 is in your wallet now.')).toBeTruthy();
  expect(await screen.findByText('CN¥62.50')).toBeTruthy();
});

test('who comes from a refusal finds the missing amount filled in, in what can be paid', async () => {
  for (const [need, words] of [
    ['186500000', 'Pay CN¥186.50'],
    ['12345', 'Pay CN¥1.00'],
    ['20000001', 'Pay CN¥20.01'],
    ['50000000', 'Pay CN¥50.00'],
  ]) {
    history.replaceState(null, '', `/usage/wallet?need=${need}`);
    show(<WalletPage />);
    expect(await screen.findByRole('button', { name: words as string })).toBeTruthy();
    await userEvent.click((await dialog()).getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(location.search).toBe('');
    cleanup();
  }
  for (const wrong of ['', '0', '-5', '1.5', 'x', '9'.repeat(20)]) {
    history.replaceState(null, '', `/usage/wallet?need=${wrong}`);
    show(<WalletPage />);
    await screen.findByLabelText('Voucher code');
    expect(screen.queryByRole('dialog')).toBeNull();
    cleanup();
  }
});

test('movements say what they were for', async () => {
  show(<WalletPage />, 'zh-CN');
  expect(await screen.findByText('英语私教')).toBeTruthy();
  expect(screen.getByTitle('deepseek-chat').textContent).toBe('deepseek-chat');
  expect(screen.getByText(/现金，十一月/)).toBeTruthy();
  expect(screen.getByText('+¥10.00')).toBeTruthy();
});

test('a statement adds up', async () => {
  show(<StatementPage month="2026-11" />);
  expect(await screen.findByText('November 2026')).toBeTruthy();
  const end = (await screen.findByText('Wallet at the end')).nextElementSibling;
  expect(end?.textContent).toBe('CN¥12.500000');
  expect(screen.getByRole('link', { name: 'CSV' }).getAttribute('href')).toBe(
    '/api/v1/me/statements/2026-11?format=csv',
  );
});

test('what the plan paid is one line for each answer, and no part of the wallet', async () => {
  show(<StatementPage month="2026-11" />);
  const covered = (await screen.findByText('Your plan paid for 9 answers')).nextElementSibling;
  expect(covered?.textContent).toBe('CN¥0.034565');
  expect(screen.getByText('Answers').nextElementSibling?.textContent).toBe('-CN¥0.042318');
  const rows = screen.getAllByRole('row').slice(1);
  expect(rows).toHaveLength(12);
  expect(rows.filter((row) => within(row).queryByText('Plan'))).toHaveLength(9);
  expect(screen.queryByText('Lapsed')).toBeNull();
});

test('spending has a table behind its chart, and one for each agent', async () => {
  show(<SpendPage />);
  expect(await screen.findByRole('img', { name: 'Spending by day' })).toBeTruthy();
  expect(screen.getAllByRole('row').length).toBeGreaterThan(10);
  await userEvent.click(screen.getByLabelText('Agent'));
  expect(await screen.findByRole('row', { name: /English tutor CN¥6.184212 51% 258/ })).toBeTruthy();
  expect(screen.getByRole('row', { name: /Without an agent/ })).toBeTruthy();
});

test('a refusal leads to the plan that would help, by its name', async () => {
  history.replaceState(null, '', '/windows');
  show(
    <ProblemNotice
      error={new Problem('quota_exceeded', 429, '', null, [{ kind: 'upgrade', plan: 'plus' }])}
    />,
  );
  expect(await screen.findByText(/Plus has it/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'See the plans' }).getAttribute('href')).toBe('/usage?plan=plus');
});

test('a wallet with too little comes before a higher plan, which is paid from it', async () => {
  history.replaceState(null, '', '/windows');
  const remedies = [
    { kind: 'top_up', micros: 1_500_000, currency: 'CNY' },
    { kind: 'upgrade', plan: 'plus' },
  ] as const;
  show(<ProblemNotice error={new Problem('wallet_empty', 402, '', null, remedies)} />);
  expect(await screen.findByText(/Top up at least CN¥1\.50\..*Plus has it/)).toBeTruthy();
  expect(screen.getByRole('link').getAttribute('href')).toBe('/usage/wallet?need=1500000');
});
