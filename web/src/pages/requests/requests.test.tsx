import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MockServer } from '../../../mock-api/server.ts';
import type { Me } from '../../api/types.ts';
import { pretend, show } from '../../testing/render.tsx';
import SettingsPage from '../SettingsPage.tsx';
import RequestsPage from './RequestsPage.tsx';

let mock: MockServer;

beforeEach(() => {
  mock = pretend();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const rows = () => within(screen.getByRole('region', { name: 'The latest' })).getAllByRole('listitem');

test('the figures, the breakdown and the latest requests are there', async () => {
  show(<RequestsPage />);
  expect(await screen.findByText(/a minute$/)).toBeTruthy();
  expect(screen.getByRole('img', { name: 'Requests, failed ones on top' })).toBeTruthy();
  expect(screen.getByRole('rowheader', { name: /deepseek\/deepseek-chat/ })).toBeTruthy();
  await userEvent.click(screen.getByLabelText('Key'));
  expect(screen.getByRole('rowheader', { name: /shop floor/ })).toBeTruthy();
  await waitFor(() => expect(rows()).toHaveLength(mock.requests.items.length));
});

test('only what failed is shown when it is asked for', async () => {
  show(<RequestsPage />);
  await userEvent.click(await screen.findByLabelText('Failed only'));
  await waitFor(() => expect(rows()).toHaveLength(2));
  expect(rows()[1]?.textContent).toContain('What your plan includes is used up');
});

test('a request shows each attempt and how its time went', async () => {
  show(<RequestsPage />);
  await userEvent.click((await screen.findAllByRole('button', { name: /qwen3-235b/ }))[0] as HTMLElement);
  const dialog = within(screen.getByRole('dialog', { hidden: true }));
  expect(await dialog.findByText(/^Attempt 1/)).toBeTruthy();
  expect(dialog.getByText(/^Attempt 2/)).toBeTruthy();
  expect(dialog.queryByText(/upstream_busy/)).toBeNull();
  expect(dialog.getByText(/1,204 in \(1,024 cached\), 311 out/)).toBeTruthy();
});

test('what policies saved stands there, and what one would have that is only watched', async () => {
  show(<RequestsPage />);
  const savings = within(await screen.findByRole('region', { name: 'What policies saved this month' }));
  const dearer = (await savings.findByRole('rowheader', { name: /^Best/ })).closest('tr');
  expect(dearer?.textContent).toContain('-CN¥0.048');
  expect(savings.getByText(/Not in the amounts: 3 answers/)).toBeTruthy();
  const watched = savings.getByText(/would have asked another model for 128 of 216 answers/);
  expect(watched.textContent).toContain('saved CN¥0.2005.');
});

test('where nothing is noted, or nothing was asked, the page says so', async () => {
  mock.requests.hasAny = false;
  show(<RequestsPage />);
  expect(await screen.findByText('Nothing was asked yet')).toBeTruthy();
  cleanup();
  mock.requests.log = 'none';
  show(<RequestsPage />, 'zh-CN');
  expect(await screen.findByText('这里不记录请求')).toBeTruthy();
});

test('members are told what is kept of what they ask', async () => {
  mock.requests.log = 'full';
  show(<SettingsPage me={mock.me as Me} />);
  expect(await screen.findByText(/keeps what programs send with keys .* for 7 days/)).toBeTruthy();
});
