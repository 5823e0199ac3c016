import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MockServer } from '../../mock-api/server.ts';
import { takeFirstAsk } from '../dock/firstAsk.ts';
import { windows } from '../dock/windows.ts';
import { pretend, show } from '../testing/render.tsx';
import { HomePage } from './HomePage.tsx';

let mock: MockServer;
beforeEach(() => {
  mock = pretend();
  windows.restore(null);
});
afterEach(() => {
  cleanup();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

const page = () => {
  if (!mock.me) throw new Error('nobody is signed in');
  return <HomePage me={mock.me} />;
};
const type = async (text: string) =>
  userEvent.type(await screen.findByRole('textbox', { name: 'Ask anything' }), text);
const left = () => windows.get().windows.map((window) => takeFirstAsk(window.threadId));

test('a question that stays here is sent at once', async () => {
  show(page());
  await screen.findByText('English tutor');
  await type('hello{Enter}');
  expect(left()).toEqual(['hello']);
});

test('a question that would leave this machine is asked about once, and never goes before', async () => {
  for (const model of mock.shelf.models) model.state = { type: 'absent' };
  show(page());
  expect(await screen.findByText(/DeepSeek · leaves this machine · deepseek-v4-flash/)).toBeTruthy();
  await type('hello{Enter}');
  expect(await screen.findByText(/What you write goes to DeepSeek over the internet/)).toBeTruthy();
  expect(left()).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
  expect(screen.queryByText(/over the internet/)).toBeNull();
  expect(screen.getByRole('textbox', { name: 'Ask anything' })).toHaveProperty('value', 'hello');
  await type('{Enter}');
  await userEvent.click(await screen.findByRole('button', { name: 'Send to DeepSeek' }));
  expect(left()).toEqual(['hello']);
  await type('again{Enter}');
  expect(screen.queryByText(/over the internet/)).toBeNull();
  expect(left()).toEqual([null, 'again']);
});

test('在中文界面也说清楚会发到哪里', async () => {
  for (const model of mock.shelf.models) model.state = { type: 'absent' };
  show(page(), 'zh-CN');
  expect(await screen.findByText(/DeepSeek · 会离开本机/)).toBeTruthy();
});
