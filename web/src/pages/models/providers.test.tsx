import { cleanup, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WRONG_KEY } from '../../../mock-api/providers.ts';
import type { MockServer } from '../../../mock-api/server.ts';
import { pretend, show } from '../../testing/render.tsx';
import ModelsPage from '../ModelsPage.tsx';

let mock: MockServer;

beforeEach(() => {
  mock = pretend();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const desk = async () => within(await screen.findByRole('region', { name: 'Providers' }));
const row = async (name: string) => within(await (await desk()).findByRole('listitem', { name }));
const provider = (id: string) => mock.providers.all.find((one) => one.id === id);

test('each provider says where its key is, and what is wrong with it', async () => {
  show(<ModelsPage />);
  expect((await row('DeepSeek')).getByText(/key in DEEPSEEK_API_KEY · 2 models/)).toBeTruthy();
  const zhipu = await row('Zhipu');
  expect(zhipu.getByText('Trouble')).toBeTruthy();
  expect(
    zhipu.getByText(/glm-4.7-flash failed again and again: it is not asked for another 42 s/),
  ).toBeTruthy();
  const written = await row('vLLM');
  expect(written.getByText(/Change it there and start Hutong again/)).toBeTruthy();
  expect(written.queryByRole('button', { name: 'Change' })).toBeNull();
});

test('a provider is added with its key and asked for a word', async () => {
  show(<ModelsPage />);
  await userEvent.click(await (await desk()).findByRole('button', { name: 'Add a provider' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.selectOptions(dialog.getByLabelText('Provider'), 'moonshot');
  const save = dialog.getByRole('button', { name: 'Save and test' });
  expect(save).toHaveProperty('disabled', true);
  const key = dialog.getByLabelText('Key');
  expect(key.getAttribute('type')).toBe('password');
  await userEvent.type(key, 'sk-one');
  await userEvent.click(save);
  expect(await dialog.findByText('kimi-k3 answers')).toBeTruthy();
  expect(dialog.getByText(/connected in 84 ms · first token after 412 ms/)).toBeTruthy();
  expect(dialog.getByText(/12 tokens in, 3 out · cost \$0.000004/)).toBeTruthy();
  expect(mock.providers.keys.get('moonshot')).toBe('sk-one');
  await userEvent.click(dialog.getByRole('button', { name: 'Close' }));
  expect((await row('Moonshot AI')).getByText('In use')).toBeTruthy();
});

test('a key that is not taken is said to be so, in the words of the language', async () => {
  show(<ModelsPage />, 'zh-CN');
  await userEvent.click(await screen.findByRole('button', { name: '添加服务商' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.selectOptions(dialog.getByLabelText('服务商'), 'moonshot');
  await userEvent.type(dialog.getByLabelText('密钥'), WRONG_KEY);
  await userEvent.click(dialog.getByRole('button', { name: '保存并测试' }));
  const alert = await dialog.findByRole('alert');
  expect(alert.textContent).toContain('没有回答');
  expect(alert.textContent).not.toContain(WRONG_KEY);
  await userEvent.click(dialog.getByRole('button', { name: '修改' }));
  const key = dialog.getByLabelText('密钥');
  await userEvent.clear(key);
  await userEvent.type(key, 'sk-one');
  await userEvent.click(dialog.getByRole('button', { name: '保存并测试' }));
  expect(await dialog.findByText('kimi-k3 能够回答')).toBeTruthy();
});

test('what makes up the address is asked for', async () => {
  show(<ModelsPage />);
  await userEvent.click(await (await desk()).findByRole('button', { name: 'Add a provider' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.selectOptions(dialog.getByLabelText('Provider'), 'azure');
  await userEvent.type(dialog.getByLabelText('Key'), 'k');
  const save = dialog.getByRole('button', { name: 'Save and test' });
  expect(save).toHaveProperty('disabled', true);
  await userEvent.type(dialog.getByLabelText(/^resource/), 'our-own');
  expect(save).toHaveProperty('disabled', false);
});

test('switched off, its models are gone; removed, its key is', async () => {
  show(<ModelsPage />);
  expect(await screen.findByRole('table', { name: /^DeepSeek/ })).toBeTruthy();
  await userEvent.click((await row('DeepSeek')).getByRole('button', { name: 'More about DeepSeek' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Switch off' }));
  expect(await (await row('DeepSeek')).findByText('Switched off')).toBeTruthy();
  expect(screen.queryByRole('table', { name: /^DeepSeek/ })).toBeNull();
  await userEvent.click((await row('Zhipu')).getByRole('button', { name: 'More about Zhipu' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Remove' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.click(dialog.getByRole('button', { name: 'Remove' }));
  await vi.waitFor(() => expect(provider('zhipu')?.state).toBe('absent'));
});

test('whoever runs nothing sees prices and no keys', async () => {
  if (mock.me) mock.me.member.role = 'member';
  show(<ModelsPage />);
  expect(await screen.findByRole('table', { name: /^DeepSeek/ })).toBeTruthy();
  expect(screen.queryByRole('region', { name: 'Providers' })).toBeNull();
});
