import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MANY_REMOTE } from '../../../mock-api/remote.ts';
import type { MockServer } from '../../../mock-api/server.ts';
import { AGENTS } from '../../../mock-api/words.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useWindows, windows } from '../../dock/windows.ts';
import { liveRuns } from '../../runs/live.ts';
import { useRunEndings } from '../../runs/useRunEndings.ts';
import { pretend, show } from '../../testing/render.tsx';
import { AgentWindow } from './AgentWindow.tsx';

// The list has no sizes here: show every message.
vi.mock('virtua', () => ({ Virtualizer: ({ children }: { children: unknown }) => children }));

const tutor = AGENTS.find((agent) => agent.id === 'tutor');
if (!tutor) throw new Error('the pretended workspace has no tutor');

function Page() {
  useRunEndings();
  const [spec] = useWindows().windows;
  if (!spec || !tutor) return null;
  return (
    <AgentWindow
      key={spec.threadId}
      agent={tutor}
      threadId={spec.threadId}
      fresh={spec.fresh}
      model={spec.model}
      onModel={(model) => windows.answerBy(spec.id, model)}
      onShow={(threadId) => windows.show(spec.id, threadId)}
    />
  );
}

const box = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message to English tutor' });
const replies = () => screen.queryAllByRole('article', { name: 'English tutor' });
const asked = () => screen.queryAllByRole('article', { name: 'You' });
const answered = (count: number) =>
  waitFor(
    () => {
      expect(replies()).toHaveLength(count);
      expect(replies().at(-1)?.getAttribute('aria-busy')).toBe('false');
    },
    { timeout: 8000 },
  );
const canSend = () => waitFor(() => expect(screen.queryByRole('button', { name: 'Send' })).not.toBeNull());
async function say(text: string) {
  await waitFor(() => expect(box()).toBeTruthy());
  await userEvent.type(box(), text);
  await waitFor(() =>
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(false),
  );
  await userEvent.keyboard('{Enter}');
}

let mock: MockServer;
beforeEach(() => {
  mock = pretend();
  windows.restore(null);
  windows.open('tutor');
});
afterEach(() => {
  cleanup();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

test('a question is answered, with its figures, and read out once', async () => {
  show(<Page />);
  await say('I goed');
  await answered(1);
  expect(replies()[0]?.textContent).toContain('what did you buy there?');
  expect(replies()[0]?.textContent).toContain('312 in (288 cached)');
  expect(
    screen.getAllByRole('status').some((node) => node.textContent?.startsWith('English tutor answered:')),
  ).toBe(true);
  expect(windows.get().windows[0]?.fresh).toBe(false);
});

test('an opening is a question', async () => {
  show(<Page />);
  const opening = await screen.findByRole<HTMLButtonElement>('button', { name: /Three ways/ });
  await waitFor(() => expect(opening.disabled).toBe(false));
  await userEvent.click(opening);
  await answered(1);
  expect(asked()[0]?.textContent).toContain('Three ways');
});

test('an edited question is a branch; the arrows lead back', async () => {
  show(<Page />);
  await say('first /short');
  await answered(1);
  await canSend();
  await userEvent.click(within(asked()[0] as HTMLElement).getByRole('button', { name: 'Edit and resend' }));
  const editor = screen.getByRole('textbox', { name: 'Edit your message' });
  await userEvent.clear(editor);
  await userEvent.type(editor, 'second /short{Enter}');
  await waitFor(() => expect(asked()[0]?.textContent).toContain('second'));
  await answered(1);
  expect(screen.getByRole('img', { name: 'Version 2 of 2' })).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Previous version' }));
  await waitFor(() => expect(asked()[0]?.textContent).toContain('first'));
  const thread = [...mock.threads.values()][0];
  const shown = mock.messages.get(thread?.id ?? '')?.find((message) => message.id === thread?.leaf_id);
  expect(shown?.role).toBe('assistant');
});

test('answering again keeps the first answer as a version', async () => {
  show(<Page />);
  await say('hello /short');
  await answered(1);
  await canSend();
  await userEvent.click(
    within(replies()[0] as HTMLElement).getAllByRole('button', { name: 'Answer again' })[0] as HTMLElement,
  );
  await waitFor(() => expect(screen.getByRole('img', { name: 'Version 2 of 2' })).toBeTruthy());
  expect([...mock.messages.values()][0]?.filter((message) => message.role === 'assistant')).toHaveLength(2);
});

test('a refused question comes back to the box, with the reason', async () => {
  show(<Page />);
  await say('please /refuse');
  expect((await screen.findByRole('alert')).textContent).toContain('The machine is busy');
  await waitFor(() => expect(box().value).toBe('please /refuse'));
  expect(asked()).toHaveLength(0);
});

test('a question whose answer was lost is asked once: the same ids go again', async () => {
  const bodies: string[] = [];
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (path: string, init?: RequestInit) => {
    if (!path.endsWith('/runs')) return real(path, init);
    bodies.push(String(init?.body));
    const response = await real(path, init);
    if (bodies.length === 1) throw new TypeError('the answer was lost');
    return response;
  });
  show(<Page />);
  await say('only once /short');
  await screen.findByRole('alert');
  await waitFor(() => expect(box().value).toBe('only once /short'));
  await userEvent.click(screen.getByRole('button', { name: 'Send' }));
  await answered(1);
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).toBe(bodies[0]);
  expect(mock.runs.size).toBe(1);
});

test('Stop keeps what was written and says so', async () => {
  mock.tick = 15;
  show(<Page />);
  await say('tell me /long');
  await waitFor(() => expect(replies()[0]?.textContent).toContain('Paragraph 1'), { timeout: 5000 });
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  await answered(1);
  expect(replies()[0]?.textContent).toContain('You stopped this answer.');
  expect(replies()[0]?.textContent).toContain('Paragraph 1');
});

test.each([
  ['/fail', 'The model stopped working and is being restarted'],
  ['/interrupt', 'The server stopped while it was answering'],
  ['/short', 'The answer reached its length limit'],
])('%s: the end is explained, with one thing to do', async (word, said) => {
  show(<Page />);
  await say(`hello ${word}`);
  await answered(1);
  expect(replies()[0]?.textContent).toContain(said);
  const action = word === '/short' ? 'Go on' : 'Answer again';
  expect(
    within(within(replies()[0] as HTMLElement).getByRole('note')).getByRole('button', { name: action }),
  ).toBeTruthy();
});

test('a window that opens in the middle of an answer shows the same text going on', async () => {
  mock.tick = 10;
  show(<Page />);
  await say('tell me /long');
  await waitFor(() => expect(replies()[0]?.textContent).toContain('Paragraph 2'), { timeout: 8000 });
  cleanup();
  liveRuns.clear();
  const [spec] = windows.get().windows;
  windows.restore({ v: 1, windows: [spec], active: spec?.id ?? null, dock: null });
  show(<Page />);
  await waitFor(() => expect(replies()[0]?.textContent).toContain('Paragraph 2'), { timeout: 8000 });
  expect(replies()[0]?.textContent?.match(/Paragraph 1\./g)).toHaveLength(1);
});

test('a thread that was deleted elsewhere says so and offers a new one', async () => {
  const [spec] = windows.get().windows;
  windows.show(spec?.id ?? '', uuidv7());
  show(<Page />);
  await userEvent.click(await screen.findByRole('button', { name: 'Start a new thread' }));
  expect(await screen.findByRole('button', { name: /Three ways/ })).toBeTruthy();
});

test('without the model the window explains and offers the download', async () => {
  mock.remote = [];
  for (const model of mock.shelf.models) model.state = { type: 'absent' };
  show(<Page />);
  expect(await screen.findByText(/is not on this machine yet/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: /Download/ }));
  expect(await screen.findByRole('progressbar')).toBeTruthy();
});

/** The bodies of the questions that were sent. */
function requests(): Record<string, unknown>[] {
  const bodies: Record<string, unknown>[] = [];
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (path: string, init?: RequestInit) => {
    if (path.endsWith('/runs')) bodies.push(JSON.parse(String(init?.body)));
    return real(path, init);
  });
  return bodies;
}
const menu = async () => {
  await userEvent.click(await screen.findByRole('button', { name: /^Who answers/ }));
  return within(await screen.findByRole('menu'));
};

test('a model of a provider is chosen once and sent with each question', async () => {
  const bodies = requests();
  show(<Page />);
  await say('first /short');
  await answered(1);
  const list = await menu();
  expect(list.getByRole('menuitemradio', { name: /As the agent says/, checked: true })).toBeTruthy();
  const flash = list.getByRole('menuitemradio', { name: /deepseek-v4-flash/ });
  expect(flash.textContent).toContain('$0.15 in, $0.60 out per million tokens');
  expect(list.getByRole('menuitemradio', { name: /our-own-finetune/ }).textContent).toContain(
    'no price known',
  );
  await userEvent.click(flash);
  expect(await screen.findByRole('button', { name: 'Who answers: deepseek-v4-flash' })).toBeTruthy();
  await canSend();
  await say('second');
  await answered(2);
  expect(bodies.map((body) => body.model)).toEqual([undefined, 'deepseek/deepseek-v4-flash']);
  expect('model' in (bodies[0] ?? {})).toBe(false);
  expect(replies().at(-1)?.textContent).toContain('deepseek-v4-flash');
  expect(replies().at(-1)?.textContent).toContain('$0.00');
  expect(windows.layout().windows[0]?.model).toBe('deepseek/deepseek-v4-flash');
});

test('the menu is a menu of the keyboard', async () => {
  show(<Page />);
  const button = await screen.findByRole('button', { name: /^Who answers/ });
  expect(button.getAttribute('aria-haspopup')).toBe('menu');
  button.focus();
  await userEvent.keyboard('{Enter}');
  await screen.findByRole('menu');
  await userEvent.keyboard('{End}{Enter}');
  await waitFor(() => expect(windows.get().windows[0]?.model).toMatch(/^vllm/));
});

test('of many models one is found by its name', async () => {
  mock.remote = MANY_REMOTE;
  show(<Page />);
  await userEvent.click(await screen.findByRole('button', { name: /^Who answers/ }));
  await userEvent.type(await screen.findByLabelText('Find a model'), 'coder-plus');
  await waitFor(() => expect(screen.getAllByRole('menuitemradio')).toHaveLength(1));
  await userEvent.keyboard('{ArrowDown}{Enter}');
  await waitFor(() => expect(windows.get().windows[0]?.model).toBe('dashscope/qwen3-coder-plus'));
});

test('when the chosen one is gone nothing is sent until somebody is chosen', async () => {
  const bodies = requests();
  windows.answerBy(windows.get().windows[0]?.id ?? '', 'deepseek/deepseek-v3');
  show(<Page />);
  expect(await screen.findByText('deepseek-v3 cannot be asked any more')).toBeTruthy();
  await userEvent.type(box(), 'hello /short{Enter}');
  expect(await screen.findByText('Choose who answers first. Your text is kept.')).toBeTruthy();
  expect(bodies).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'As the agent says' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Send' }));
  await answered(1);
  expect('model' in (bodies[0] ?? {})).toBe(false);
});

test('without a model of this machine it is asked once whether a provider may answer', async () => {
  const bodies = requests();
  for (const model of mock.shelf.models) model.state = { type: 'absent' };
  show(<Page />);
  const notice = await screen.findByRole('region', { name: /would leave this machine for DeepSeek/ });
  expect(notice.textContent).toContain('deepseek-v4-flash of DeepSeek answers');
  await userEvent.type(box(), 'hello /short{Enter}');
  expect(await screen.findByText('Say first that what you write may go to DeepSeek.')).toBeTruthy();
  expect(bodies).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Let DeepSeek answer' }));
  await userEvent.click(screen.getByRole('button', { name: 'Send' }));
  await answered(1);
  expect(bodies[0]?.model).toBe('deepseek/deepseek-v4-flash');
  expect(screen.queryByRole('region', { name: /would leave/ })).toBeNull();
  expect(windows.layout().away).toEqual(['DeepSeek']);
  expect(screen.queryByText(/is not on this machine yet/)).toBeNull();
});

test('whoever chose a provider is not asked about it', async () => {
  const bodies = requests();
  for (const model of mock.shelf.models) model.state = { type: 'absent' };
  windows.answerBy(windows.get().windows[0]?.id ?? '', 'deepseek/deepseek-v4-pro');
  show(<Page />);
  await canSend();
  await say('hello /short');
  await answered(1);
  expect(bodies[0]?.model).toBe('deepseek/deepseek-v4-pro');
  expect(windows.layout().away).toEqual([]);
});

test('a server of one’s own that stands in asks nothing', async () => {
  const bodies = requests();
  for (const model of mock.shelf.models) model.state = { type: 'absent' };
  mock.remote = mock.remote.filter(({ leaves_machine }) => !leaves_machine);
  show(<Page />);
  await canSend();
  await say('hello /short');
  await answered(1);
  expect(String(bodies[0]?.model)).toMatch(/^vllm/);
});

test.each([
  ['upstream_busy', 'The model’s provider is busy'],
  ['upstream_key', 'does not take the server’s key'],
])('%s: the end says what the provider did', async (code, said) => {
  show(<Page />);
  await say(`hello /${code}`);
  await answered(1);
  expect(replies()[0]?.textContent).toContain(said);
});
