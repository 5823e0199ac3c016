import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MockServer } from '../../../mock-api/server.ts';
import type { Me } from '../../api/types.ts';
import { pretend, show } from '../../testing/render.tsx';
import JoinPage from '../JoinPage.tsx';
import GroupsPage from './GroupsPage.tsx';
import PeoplePage from './PeoplePage.tsx';
import ProgramsPage from './ProgramsPage.tsx';
import VouchersPage from './VouchersPage.tsx';

let mock: MockServer;
const me = () => mock.me as Me;
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole('button', { name }));
const type = async (label: string | RegExp, text: string) =>
  userEvent.type(await screen.findByLabelText(label), text);
const value = async (label: string) => ((await screen.findByLabelText(label)) as HTMLInputElement).value;
const dialog = () => within(screen.getByRole('dialog'));

beforeEach(() => {
  mock = pretend();
});
afterEach(() => {
  cleanup();
  location.hash = '';
  vi.unstubAllGlobals();
});

test('people are listed with their roles, and a role is changed', async () => {
  show(<PeoplePage me={me()} />);
  const sun = (await screen.findByText('Sun')).closest('li') as HTMLElement;
  expect(within(sun).getByText('Second factor')).toBeTruthy();
  await userEvent.selectOptions(screen.getByLabelText('Role of Sun'), 'admin');
  await waitFor(() => expect(mock.people.members[1]?.role).toBe('admin'));
});

test('the last owner stays, and the page says why', async () => {
  show(<PeoplePage me={me()} />);
  await userEvent.selectOptions(await screen.findByLabelText('Role of 小梅'), 'member');
  expect((await screen.findByRole('alert')).textContent).toContain('without an owner');
});

test('an invitation is a link that is shown once', async () => {
  show(<PeoplePage me={me()} />);
  await press('Invite');
  await userEvent.selectOptions(await screen.findByLabelText('They come as'), 'guest');
  await userEvent.click(await screen.findByLabelText('English tutor'));
  await press('Make the link');
  expect(await value('Link, shown this once')).toMatch(/\/join#token=hi_token$/);
  expect(mock.people.invitations[0]).toMatchObject({ role: 'guest', agents: ['tutor'] });
  await press('Close');
  await press('Take back');
  expect(await screen.findByText('No invitation is open.')).toBeTruthy();
});

test('who may join is a choice of three', async () => {
  show(<PeoplePage me={me()} />);
  await userEvent.click(await screen.findByLabelText('Nobody'));
  await waitFor(() => expect(mock.people.policy).toBe('closed'));
});

test('an error says so and can be tried again', async () => {
  mock.cut = '/members';
  show(<PeoplePage me={me()} />, 'zh-CN');
  expect((await screen.findByRole('alert', {}, { timeout: 5000 })).textContent).toContain('连不上服务器');
  mock.cut = null;
  await press('重试');
  expect(await screen.findByText('Sun')).toBeTruthy();
}, 10_000);

test('whoever asks to join waits, is let in with a role, and is a member', async () => {
  mock.signedIn = false;
  mock.people.policy = 'open';
  show(<JoinPage />);
  await type('Your name', 'Li Lei');
  await type('Login name', 'li.lei');
  await type('Password', 'a fine password');
  await type('Who you are (optional)', 'A teacher');
  await press('Ask');
  expect(await screen.findByText('You have asked')).toBeTruthy();
  cleanup();
  mock.signedIn = true;
  show(<PeoplePage me={me()} />);
  expect(await screen.findByText('A teacher')).toBeTruthy();
  await press('Let in');
  await userEvent.selectOptions(dialog().getByLabelText('They come as'), 'guest');
  await userEvent.click(await dialog().findByLabelText('English tutor'));
  await userEvent.click(dialog().getByRole('button', { name: 'Let in' }));
  await waitFor(() => expect(screen.queryByText('Waiting to be let in')).toBeNull());
  expect(mock.people.members.at(-1)).toMatchObject({ login: 'li.lei', role: 'guest', agents: ['tutor'] });
});

test('a request is refused only after a second look', async () => {
  mock.people.requests = [
    { id: 'r1', login: 'x', name: 'Somebody', note: '', locale: 'en', created_at: '2026-11-20T09:00:00Z' },
  ];
  show(<PeoplePage me={me()} />);
  await press('Refuse');
  expect(mock.people.requests).toHaveLength(1);
  await userEvent.click(dialog().getByRole('button', { name: 'Refuse' }));
  await waitFor(() => expect(mock.people.requests).toHaveLength(0));
});

test('asking is offered only where the workspace is open', async () => {
  mock.signedIn = false;
  show(<JoinPage />);
  expect(await screen.findByText(/needs the whole link/)).toBeTruthy();
});

test('a member becomes a guest of chosen agents', async () => {
  show(<PeoplePage me={me()} />);
  await userEvent.selectOptions(await screen.findByLabelText('Role of Sun'), 'guest');
  await userEvent.click(await dialog().findByLabelText('Writer'));
  await press('Save');
  await waitFor(() => expect(mock.people.members[1]).toMatchObject({ role: 'guest', agents: ['writer'] }));
});

test('a group is made, gets members and another name, and goes', async () => {
  show(<GroupsPage />);
  expect(await screen.findByText('No groups yet')).toBeTruthy();
  await press('New group');
  await type('Name', 'Class one');
  await userEvent.click(dialog().getByLabelText(/Sun/));
  await press('Save');
  expect(await screen.findByText('1 member')).toBeTruthy();
  expect(mock.people.members[1]?.group_ids).toHaveLength(1);
  await press('Edit');
  await type('Name', ' b');
  await userEvent.click(dialog().getByLabelText(/Sun/));
  await press('Save');
  expect(await screen.findByText('Class one b')).toBeTruthy();
  expect(screen.getByText('Nobody is in it yet.')).toBeTruthy();
});

test('a name that another group has is refused beside the field', async () => {
  mock.people.groups = [{ id: 'g1', name: 'Class', member_ids: [], created_at: '2026-11-20T09:00:00Z' }];
  show(<GroupsPage />);
  await press('New group');
  await type('Name', 'Class');
  await press('Save');
  expect(await screen.findByText(/Another group is called so/)).toBeTruthy();
});

test('a service account is made and works by its keys', async () => {
  show(<ProgramsPage me={me()} />);
  expect(await screen.findByText('No service accounts yet')).toBeTruthy();
  await press('New service account');
  await type('Name that others see', 'Shop bot');
  await type('Short name', 'shop-bot');
  expect(within(screen.getByLabelText('What it may do')).queryByText('Owner')).toBeNull();
  await press('Make it');
  const card = within(await screen.findByRole('region', { name: 'Shop bot' }));
  await userEvent.click(card.getByRole('button', { name: 'New key' }));
  await type('What it is for', 'website');
  await userEvent.click(dialog().getByRole('button', { name: 'New key' }));
  expect(await value('Key, shown this once')).toBe('hk_token');
  const program = mock.people.members.find(({ kind }) => kind === 'service');
  expect(mock.people.keys[0]?.member_id).toBe(program?.id);
  await press('Close');
  expect(await card.findByText('website')).toBeTruthy();
});

test('a voucher is made, its code stays in the list, and it is taken back', async () => {
  show(<VouchersPage />);
  expect(await screen.findByText('No vouchers yet')).toBeTruthy();
  await press('New voucher');
  await type('Amount in CNY', '0');
  expect(await dialog().findByText(/An amount above zero/)).toBeTruthy();
  await userEvent.clear(dialog().getByLabelText('Amount in CNY'));
  await type('Amount in CNY', '9.90');
  await press('Make it');
  expect(await value('Code')).toBe('GOOD-7Q2M-X4KD-9T3B');
  expect(mock.billing.vouchers[0]?.worth).toEqual({
    kind: 'credit',
    amount: { micros: 9_900_000, currency: 'CNY' },
  });
  await press('Close');
  expect(await screen.findByText('CN¥9.90 credit')).toBeTruthy();
  await press('Take back');
  await userEvent.click(dialog().getByRole('button', { name: 'Take back' }));
  expect(await screen.findByText('Taken back')).toBeTruthy();
});

test('a member is given a plan and paid in for; what takes too much out is refused', async () => {
  show(<PeoplePage me={me()} />);
  await press('More about Sun');
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Plan and wallet' }));
  await userEvent.selectOptions(await dialog().findByLabelText('Plan'), 'plus');
  await press('Give this plan');
  expect(await dialog().findByText('Now: Plus')).toBeTruthy();
  await type('Amount in CNY', '20');
  await press('Pay in');
  expect(await dialog().findByText('In the wallet: CN¥23.00')).toBeTruthy();
  await type('Amount in CNY', '-30');
  await press('Take out');
  expect((await dialog().findByRole('alert')).textContent).toContain('too little');
  expect(mock.billing.members.get('m2')?.wallet.micros).toBe(23_000_000);
});
