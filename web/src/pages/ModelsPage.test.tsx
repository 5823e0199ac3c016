import { cleanup, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MockServer } from '../../mock-api/server.ts';
import { MODELS } from '../../mock-api/words.ts';
import type { Model } from '../api/types.ts';
import { pretend, show } from '../testing/render.tsx';
import ModelsPage from './ModelsPage.tsx';

const SMALL = 'Qwen2.5 Coder 0.5B Instruct';
const MIDDLE = 'Qwen2.5 Coder 1.5B Instruct';
let mock: MockServer;

beforeEach(() => {
  mock = pretend({
    models: [change(0, {}), change(1, { state: { type: 'installed' }, needs_bytes: 1.6e9 })],
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function change(at: number, with_: Partial<Model>): Model {
  return { ...structuredClone(MODELS[at] as Model), ...with_ };
}
const card = async (name: string) => within(await screen.findByRole('article', { name }));
const model = (at: number) => mock.shelf.models[at] as Model;

test('a model is loaded ahead of its first question and unloaded again', async () => {
  show(<ModelsPage />);
  const middle = await card(MIDDLE);
  expect(middle.getByText('Needs about 1.60 GB of memory')).toBeTruthy();
  await userEvent.click(await middle.findByRole('button', { name: 'Load' }));
  expect(await middle.findByText('In memory')).toBeTruthy();
  expect(screen.getByText('2 in memory · 2.32 GB')).toBeTruthy();
  await userEvent.click(await middle.findByRole('button', { name: 'Unload' }));
  expect(await middle.findByText('Installed')).toBeTruthy();
});

test('a pin is a switch, and says what it means', async () => {
  show(<ModelsPage />);
  const small = await card(SMALL);
  expect(small.getByText(/Unloads in 24 min if nobody asks/)).toBeTruthy();
  await userEvent.click(await small.findByRole('button', { name: 'Pin' }));
  const pinned = await small.findByRole('button', { name: 'Pinned', pressed: true });
  expect(small.getByText(/Stays in memory, loaded at every start/)).toBeTruthy();
  await userEvent.click(pinned);
  expect(await small.findByRole('button', { name: 'Pin', pressed: false })).toBeTruthy();
});

test('a model that answers is unloaded only after a question', async () => {
  const { residency } = model(0);
  if (residency.type === 'ready') residency.requests = 2;
  show(<ModelsPage />);
  const small = await card(SMALL);
  await userEvent.click(await small.findByRole('button', { name: 'Unload' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByText(/It is writing 2 answers/)).toBeTruthy();
  expect(model(0).residency.type).toBe('ready');
  await userEvent.click(dialog.getByRole('button', { name: 'Unload' }));
  expect(await small.findByText('Installed')).toBeTruthy();
});

test('whether it fits is said before it is tried, and why it did not after', async () => {
  model(1).needs_bytes = 9e9;
  show(<ModelsPage />);
  const middle = await card(MIDDLE);
  expect(middle.getByText('Needs about 9.00 GB of memory · only 6.00 GB can be freed')).toBeTruthy();
  await userEvent.click(await middle.findByRole('button', { name: 'Load' }));
  expect((await middle.findByRole('alert')).textContent).toContain('It could not be loaded');
  expect(middle.getByRole('button', { name: 'Try again' })).toBeTruthy();
});

test('idle models make room, which is said as well', async () => {
  model(1).needs_bytes = 5.5e9;
  show(<ModelsPage />);
  const middle = await card(MIDDLE);
  expect(middle.getByText(/idle models make room for it/)).toBeTruthy();
  await userEvent.click(await middle.findByRole('button', { name: 'Load' }));
  expect(await middle.findByText('In memory')).toBeTruthy();
  expect(model(0).residency.type).toBe('absent');
});

test('a member sees the memory and finds nothing to press', async () => {
  if (mock.me) mock.me.member.role = 'member';
  show(<ModelsPage />);
  const small = await card(SMALL);
  expect(small.getByText(/781 MB of memory/)).toBeTruthy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(screen.queryByRole('button')).toBeNull();
});

test('what is kept of computed prompts is told, and what it spares', async () => {
  show(<ModelsPage />);
  const small = await card(SMALL);
  expect(small.getByText('Prompts kept: 116 MB in memory · 268 MB on disk · 83% reused')).toBeTruthy();
});

test('a machine with weaker walls is told apart', async () => {
  const { residency } = model(0);
  if (residency.type === 'ready') residency.isolation = { landlock: null, seccomp: true };
  show(<ModelsPage />, 'zh-CN');
  expect((await card(SMALL)).getByText(/仅由 seccomp 隔离/)).toBeTruthy();
});

test('a model that does not chat says what it is for', async () => {
  mock.shelf.models.push({
    ...change(2, { kind: 'embedding', state: { type: 'installed' } }),
    id: 'e',
    name: 'Encoder',
  });
  show(<ModelsPage />);
  expect((await card('Encoder')).getByText('Embeddings')).toBeTruthy();
  expect((await card(SMALL)).queryByText('Embeddings')).toBeNull();
});

test('what providers ask for stands by a million tokens, in their own currency', async () => {
  show(<ModelsPage />);
  const table = within(await screen.findByRole('table', { name: /^DeepSeek/ }));
  const row = within(table.getByRole('row', { name: /deepseek-v4-flash/ }));
  expect(row.getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['$0.15', '$0.60', '$0.003']);
  const own = within(screen.getByRole('table', { name: /^vLLM/ }));
  expect(own.getByRole('cell').textContent).toBe('No price known');
  const zhipu = within(screen.getByRole('table', { name: /^Zhipu/ }));
  expect(zhipu.getAllByRole('cell').map((cell) => cell.textContent)).toEqual([
    'CN¥0.50',
    'CN¥2.00',
    '–No price known',
  ]);
});

test('without a provider the page says how one is added', async () => {
  mock.remote = [];
  show(<ModelsPage />);
  expect(await screen.findByText(/No provider is set up/)).toBeTruthy();
  expect(screen.getByText('docs/adding/provider.md')).toBeTruthy();
  expect(screen.queryByRole('table')).toBeNull();
});
