import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pretend, show } from '../../testing/render.tsx';
import { PlanSection } from './PlanSection.tsx';

beforeEach(() => void pretend({}));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('a member sees what is used, and when a full window has room again', async () => {
  show(<PlanSection />);
  expect(await screen.findByText('50,000 of 50,000 tokens')).toBeTruthy();
  expect(screen.getByText(/^Full\. There is room again from/)).toBeTruthy();
  const day = screen.getByRole('progressbar', { name: 'Today' });
  expect(day.getAttribute('aria-valuenow')).toBe('46');
  expect(screen.getByText('CN¥12.50')).toBeTruthy();
});

test('plans stand side by side, and one’s own is marked', async () => {
  show(<PlanSection />);
  const plus = within(await screen.findByRole('article', { name: 'Plus' }));
  expect(plus.getByText('CN¥39.00 a month')).toBeTruthy();
  expect(plus.getByText('CN¥3.00 in 5 hours')).toBeTruthy();
  expect(plus.getByText('Free for the first 7 days')).toBeTruthy();
  const free = within(screen.getByRole('article', { name: 'Free' }));
  expect(free.getByText('Your plan')).toBeTruthy();
  expect(free.getByText('Then it waits until there is room again')).toBeTruthy();
});
