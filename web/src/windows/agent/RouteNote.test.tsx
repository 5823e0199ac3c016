import { cleanup, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Route } from '../../api/types.ts';
import { pretend, show } from '../../testing/render.tsx';
import { RouteNote } from './RouteNote.tsx';

const LOCAL = 'qwen2.5-0.5b';

const route: Route = {
  policy: 'thrifty',
  class: 'general',
  currency: 'CNY',
  chosen: {
    model: 'toy/small',
    reason: { because: 'good_enough', floor: '0.550' },
    cost_micros: 0,
    quality: '0.610',
    concerns: [{ concern: 'slow_start', first_token_ms: 900, most_ms: 500 }],
  },
  runner_up: { model: LOCAL, reason: { because: 'unrated' }, cost_micros: 43, quality: null, concerns: [] },
  excluded: [
    {
      model: 'toy/large',
      causes: [
        { cause: 'over_budget', ceiling_micros: 9_000_000, left_micros: 1_500_000 },
        { cause: 'resting' },
      ],
    },
  ],
  more_excluded: 2,
  expected_micros: 0,
  reference: 'toy/huge',
  saving: { saving: 'known', reference_micros: 50, saved_micros: 50 },
  ending: {
    draft: null,
    tried: [{ model: 'toy/small', code: 'upstream_down' }],
    model: LOCAL,
    cost_micros: 43,
    reference_micros: 100,
    saved_micros: 57,
  },
};

beforeEach(() => {
  pretend();
});
afterEach(cleanup);

test('who answered stands in one line, and why behind it', () => {
  show(<RouteNote route={route} />);
  expect(screen.getByText(`thrifty: ${LOCAL}`)).toBeDefined();
  const lines = screen.getAllByRole('listitem', { hidden: true }).map((line) => line.textContent);
  expect(lines).toEqual([
    'small: quality 0.610 ≥ 0.550, its first word takes 900 ms, price 0',
    `Runner-up: ${LOCAL}: nobody has measured its quality, about CN¥0.000043 expected`,
    expect.stringMatching(/^Asked in vain: small\. .+/),
    `Answered: ${LOCAL}`,
    'CN¥0.000057 saved against toy/huge',
    'Left out: large (up to CN¥9.00, and CN¥1.50 is left, only failed of late)',
    '2 more were left out.',
  ]);
});

test('what was found of a first try stands there, and what it cost', () => {
  const ending = {
    tried: [],
    model: 'toy/large',
    cost_micros: 270,
    reference_micros: 180,
    saved_micros: -90,
  };
  const found = { found: 'disagree' as const, agree: 2, needs: 3 };
  const draft = { model: 'toy/small', answers: 4, passed: false, found, cost_micros: 90 };
  const { unmount } = show(<RouteNote route={{ ...route, ending: { ...ending, draft } }} />);
  expect(
    screen.getByText(
      'A first try by small was checked: not passed, because only 2 answers say the same, not 3. What was not shown of it cost CN¥0.00009.',
    ),
  ).toBeDefined();
  expect(screen.getByText('Answered: large')).toBeDefined();
  unmount();
  const passed = {
    model: 'toy/small',
    answers: 1,
    passed: true,
    found: { found: 'fits' as const },
    cost_micros: 0,
  };
  show(<RouteNote route={{ ...route, ending: { ...ending, model: 'toy/small', draft: passed } }} />);
  expect(
    screen.getByText('A first try by small was checked: passed, because it is what was asked for'),
  ).toBeDefined();
  expect(screen.queryByText(/^Answered/)).toBeNull();
});

test('what cost more is not called saved, and what nobody knows is not told', () => {
  const ending = {
    draft: null,
    tried: [],
    model: LOCAL,
    cost_micros: 43,
    reference_micros: 40,
    saved_micros: -3,
  };
  const { unmount } = show(<RouteNote route={{ ...route, ending }} />);
  expect(screen.getByText('CN¥0.000003 dearer than toy/huge')).toBeDefined();
  unmount();
  show(<RouteNote route={{ ...route, ending: null }} />);
  expect(screen.queryByText(/saved|dearer/)).toBeNull();
});
