import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { readDraft } from '../../core/drafts.ts';
import { show } from '../../testing/render.tsx';
import { Composer } from './Composer.tsx';

const box = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message to Tutor' });

function compose(given: Partial<Parameters<typeof Composer>[0]> = {}) {
  const onSend = vi.fn(async () => true);
  const onStop = vi.fn(async () => {});
  const props = { threadId: 't', agentName: 'Tutor', busy: false, blocked: null, onSend, onStop, ...given };
  return { ...show(<Composer {...props} />), onSend: props.onSend, onStop };
}

afterEach(() => {
  cleanup();
  sessionStorage.clear();
});

test('Enter sends what was typed, trimmed, and empties the box and the draft', async () => {
  const { onSend } = compose();
  await userEvent.type(box(), ' Hello {Enter}');
  expect(onSend).toHaveBeenCalledWith('Hello');
  expect(box().value).toBe('');
  await waitFor(() => expect(readDraft('t')).toBe(''));
});

test('Shift+Enter ends a line', async () => {
  const { onSend } = compose();
  await userEvent.type(box(), 'a{Shift>}{Enter}{/Shift}b');
  expect(box().value).toBe('a\nb');
  expect(onSend).not.toHaveBeenCalled();
});

test('the Enter that chooses a Chinese word does not send', async () => {
  const { onSend } = compose();
  await userEvent.type(box(), '你好');
  fireEvent.keyDown(box(), { key: 'Enter', isComposing: true });
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 229 });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 });
  expect(onSend).toHaveBeenCalledWith('你好');
});

test('a text that was refused comes back, before what was typed meanwhile', async () => {
  let refuse = (_: boolean) => {};
  compose({ onSend: () => new Promise<boolean>((resolve) => (refuse = resolve)) });
  await userEvent.type(box(), 'first{Enter}');
  expect(readDraft('t')).toBe('first');
  await userEvent.type(box(), 'second');
  refuse(false);
  await waitFor(() => expect(box().value).toBe('first\nsecond'));
  expect(readDraft('t')).toBe('first\nsecond');
});

test('the draft of a thread survives the window', async () => {
  const { unmount } = compose();
  await userEvent.type(box(), 'half a thought');
  unmount();
  compose();
  expect(box().value).toBe('half a thought');
});

test('while an answer is written Enter sends nothing and says why; Stop stops', async () => {
  const { onSend, onStop } = compose({ busy: true });
  await userEvent.type(box(), 'next{Enter}');
  expect(onSend).not.toHaveBeenCalled();
  expect(box().value).toBe('next');
  expect(screen.getByRole('status').textContent).toContain('Stop it, or wait');
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  expect(onStop).toHaveBeenCalledTimes(1);
});

test('without a model the text is kept and the reason is said', async () => {
  const { onSend } = compose({ blocked: 'Not ready.' });
  await userEvent.type(box(), 'hello{Enter}');
  expect(onSend).not.toHaveBeenCalled();
  expect(screen.getByRole('status').textContent).toBe('Not ready.');
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
});
