import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MockServer } from '../../../mock-api/server.ts';
import type { Me } from '../../api/types.ts';
import { pretend, show } from '../../testing/render.tsx';
import JoinPage from '../JoinPage.tsx';
import RecoverPage from '../RecoverPage.tsx';
import SignInPage from '../SignInPage.tsx';
import KeysPage from './KeysPage.tsx';
import SecurityPage from './SecurityPage.tsx';

let mock: MockServer;
const me = () => mock.me as Me;
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole('button', { name }));
const type = async (label: string | RegExp, text: string) =>
  userEvent.type(await screen.findByLabelText(label), text);
const value = async (label: string) => ((await screen.findByLabelText(label)) as HTMLInputElement).value;

beforeEach(() => {
  mock = pretend();
});
afterEach(() => {
  cleanup();
  location.hash = '';
  vi.unstubAllGlobals();
});

test('an invited person joins under a name of their own', async () => {
  location.hash = '#token=good';
  show(<JoinPage />);
  expect(await screen.findByText('Mei invites you as: Guest.')).toBeTruthy();
  await type('Your name', 'Sun');
  await type('Login name', 'mei');
  await type('Password', 'a fine password');
  await press('Join');
  expect((await screen.findByRole('alert')).textContent).toContain('Choose another one');
  await userEvent.clear(screen.getByLabelText('Login name'));
  await type('Login name', 'sun');
  await press('Join');
  await waitFor(() => expect(mock.me?.member.login).toBe('sun'));
});

test('a link that opens nothing says so', async () => {
  location.hash = '#token=spent';
  show(<JoinPage />, 'zh-CN');
  expect((await screen.findByRole('alert')).textContent).toContain('链接已失效');
});

test('a new password by a link', async () => {
  location.hash = '#token=good';
  show(<RecoverPage />);
  await type('New password', 'a fine password');
  await press('Set the password');
  expect(await screen.findByText(/The new password holds/)).toBeTruthy();
});

test('the second factor is set up with a picture, a code and recovery codes', async () => {
  show(<SecurityPage me={me()} />);
  const form = (await screen.findByRole('button', { name: 'Set up' })).closest('form') as HTMLElement;
  await userEvent.type(within(form).getByLabelText('Current password'), 'right');
  await press('Set up');
  expect((await screen.findByRole('img', { name: 'Secret' })).querySelector('path')).toBeTruthy();
  await type('The code it shows', '123456');
  await press('Turn on');
  expect(await screen.findByText('AAAA-BBBB-CCCC-0009')).toBeTruthy();
  await press('I have kept them');
  expect(await screen.findByText('On · 10 recovery codes left')).toBeTruthy();
});

test('sign-in asks for the code only when it is needed', async () => {
  mock.people.factor = { on: true, recovery_codes_left: 1 };
  mock.signedIn = false;
  show(<SignInPage />);
  await type('Login name', 'mei');
  await type('Password', 'right');
  await press('Sign in');
  await type(/Code of your authenticator/, '123456');
  await press('Sign in');
  await waitFor(() => expect(mock.signedIn).toBe(true));
});

test('other sessions are seen and ended', async () => {
  show(<SecurityPage me={me()} />);
  expect(await screen.findByText('A phone')).toBeTruthy();
  await press('End');
  await waitFor(() => expect(screen.queryByText('A phone')).toBeNull());
});

test('a key is made with limits, rotated and revoked', async () => {
  show(<KeysPage me={me()} />);
  expect(await screen.findByText('No keys yet')).toBeTruthy();
  await press('New key');
  await type('What it is for', 'laptop');
  await type(/^Models/, 'tiny-*, qwen*');
  const dialog = within(screen.getByRole('dialog'));
  await userEvent.click(dialog.getByRole('button', { name: 'New key' }));
  expect(await value('Key, shown this once')).toBe('hk_token');
  expect(mock.people.keys[0]?.scope.models).toEqual(['tiny-*', 'qwen*']);
  await press('Close');
  expect(await screen.findByText('Limited')).toBeTruthy();
  await press('New token');
  expect(await value('Key, shown this once')).toBe('hk_another');
  await press('Close');
  await press('Revoke');
  expect(await screen.findByText('No keys yet')).toBeTruthy();
});
