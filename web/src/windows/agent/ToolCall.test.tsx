import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import type { Part, ToolUse } from '../../api/types.ts';
import { LocaleProvider } from '../../i18n/index.tsx';
import { ToolCall } from './ToolCall.tsx';
import { useDecisions } from './useDecisions.ts';

afterEach(cleanup);

const call = (id: string, more: Partial<ToolUse> = {}): ToolUse => ({
  call_id: id,
  tool: 'note',
  title: `Note ${id}`,
  class: 'write',
  is_outside: false,
  arguments: '{"text":"milk"}',
  state: { is: 'asking', because: 'writes', until: '2099-01-01T00:00:00Z' },
  ...more,
});

function Answer({ calls, onSend }: { calls: ToolUse[]; onSend: (decisions: unknown) => void }) {
  const parts: Part[] = calls.map((it) => ({ type: 'tool', call: it }));
  const decisions = useDecisions(parts, onSend);
  return calls.map((it) => (
    <ToolCall
      key={it.call_id}
      call={it}
      running={false}
      chosen={decisions?.chosen(it.call_id) ?? null}
      onDecide={(verdict) => decisions?.decide(it.call_id, verdict)}
    />
  ));
}

const show = (calls: ToolUse[], onSend = vi.fn()) => {
  render(
    <LocaleProvider initial="en">
      <Answer calls={calls} onSend={onSend} />
    </LocaleProvider>,
  );
  return onSend;
};

test('a word about one call is sent at once', async () => {
  const sent = show([call('a')]);
  await userEvent.click(screen.getByRole('button', { name: 'Allow' }));
  expect(sent).toHaveBeenCalledExactlyOnceWith([{ call_id: 'a', verdict: 'allow' }]);
});

test('words about several calls are sent together, and may be changed before', async () => {
  const sent = show([call('a'), call('b')]);
  await userEvent.click(screen.getAllByRole('button', { name: 'Allow' })[0] as HTMLElement);
  expect(sent).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Change' }));
  await userEvent.click(screen.getAllByRole('button', { name: 'Refuse' })[0] as HTMLElement);
  await userEvent.click(screen.getByRole('button', { name: 'Allow in this thread' }));
  expect(sent).toHaveBeenCalledExactlyOnceWith([
    { call_id: 'a', verdict: 'refuse' },
    { call_id: 'b', verdict: 'allow_for_thread' },
  ]);
});

test('what strangers may wish for is never allowed for a whole thread', () => {
  show([call('a', { state: { is: 'asking', because: 'tainted', until: '2099-01-01T00:00:00Z' } })]);
  expect(screen.queryByRole('button', { name: 'Allow in this thread' })).toBeNull();
});

test('what is too late can only be refused', () => {
  show([call('a', { state: { is: 'asking', because: 'writes', until: '2000-01-01T00:00:00Z' } })]);
  expect(screen.getByRole('button', { name: 'Allow' })).toHaveProperty('disabled', true);
  expect(screen.getByRole('button', { name: 'Refuse' })).toHaveProperty('disabled', false);
});

test('what came from outside is text and never a link', () => {
  const state = {
    is: 'answered' as const,
    text: '<a href="x">x</a>',
    links: ['https://x.example'],
    millis: 5,
  };
  show([call('a', { class: 'read', is_outside: true, state })]);
  expect(document.querySelector('a')).toBeNull();
  expect(screen.getByText('<a href="x">x</a>')).toBeTruthy();
});

test('arguments that are no object are shown as they are', () => {
  show([call('a', { arguments: '[oops' })]);
  expect(screen.getByText('[oops')).toBeTruthy();
});
