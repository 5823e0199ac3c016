import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { alertsOf } from '../../mock-api/alerts.ts';
import type { MockServer } from '../../mock-api/server.ts';
import AdminSpendPage from '../pages/admin/AdminSpendPage.tsx';
import PlanPage from '../pages/plan/PlanPage.tsx';
import { pretend, show } from '../testing/render.tsx';
import { AlertLine } from './AlertLine.tsx';

let mock: MockServer;
const NOON = Date.parse('2026-11-23T12:00:00Z');

beforeEach(() => {
  history.replaceState(null, '', '/');
  vi.setSystemTime(NOON);
  mock = pretend();
  mock.billing.alerts = alertsOf(mock.me?.member.id ?? '');
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const list = async () => within(await screen.findByRole('list', { name: 'Limits that come near' }));
const titles = async () => (await list()).getAllByRole('listitem').map((item) => item.textContent);

test('what is theirs stands on the page of their plan, in words', async () => {
  show(<PlanPage />);
  await screen.findByText('What Free includes in 5 hours is used up');
  expect(await titles()).toEqual([
    expect.stringMatching(/^What Free includes in 5 hours is used up50,000 of 50,000 tokens at /),
    expect.stringMatching(
      /^80% of your budget for this month is used.*CN¥8\.12 of CN¥10\.00 at .*begins anew/,
    ),
  ]);
});

test('what is the workspace’s stands where its spending is', async () => {
  show(<AdminSpendPage />, 'zh-CN');
  expect(await screen.findByText('用户组“一班”今日的预算已用 80%')).toBeTruthy();
  expect(screen.getByText('工作区本月的预算已用 50%')).toBeTruthy();
  expect(screen.queryByText(/免费版/)).toBeNull();
});

test('members see all of theirs on the page of their plan, keys too', async () => {
  if (mock.me) mock.me.member.role = 'member';
  mock.billing.alerts = mock.billing.alerts.filter(({ scope }) => scope === 'plan' || scope === 'key');
  show(<PlanPage />);
  expect(await screen.findByText('50% of the budget of the key “website” is used')).toBeTruthy();
});

test('a period that is over is told no more', async () => {
  vi.setSystemTime(Date.parse('2026-12-02T12:00:00Z'));
  show(<AdminSpendPage />);
  await screen.findByText('50% of the budget of the key “website” is used');
  expect(await titles()).toHaveLength(1);
});

test('one line says the nearest, leads to the others, and is put away', async () => {
  show(<AlertLine />);
  const line = await screen.findByRole('link', { name: /What Free includes in 5 hours is used up.*4 more/ });
  expect(line.getAttribute('href')).toBe('/usage');
  await userEvent.click(screen.getByRole('button', { name: 'Put away' }));
  await screen.findByRole('link', { name: /80% of your budget for this month is used/ });
  await waitFor(() => expect(mock.billing.alerts).toHaveLength(4));
  expect(mock.billing.alerts.some(({ scope }) => scope === 'plan')).toBe(false);
});

test('where it stands in full no line repeats it, and where there is nothing, there is no line', async () => {
  history.replaceState(null, '', '/usage');
  show(<AlertLine />);
  await waitFor(() => expect(screen.queryByRole('status')).toBeNull());
  cleanup();
  history.replaceState(null, '', '/');
  mock.billing.alerts = [];
  show(<AlertLine />);
  await waitFor(() => expect(screen.queryByRole('status')).toBeNull());
});
