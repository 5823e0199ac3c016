/** For component tests: a page with the pretended server behind it. */
import { QueryClientProvider } from '@tanstack/react-query';
import { configure, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { vi } from 'vitest';
import { type MockOptions, MockServer } from '../../mock-api/server.ts';
import { makeQueryClient } from '../api/queries.ts';
import type { Locale } from '../api/types.ts';
import { LocaleProvider } from '../i18n/index.tsx';

// A busy machine takes its time, and nothing is waited for longer than it takes.
configure({ asyncUtilTimeout: 20_000 });

/** Replaces the network by a pretended server. */
export function pretend(options: MockOptions = {}): MockServer {
  const mock = new MockServer({ tick: 0, ...options });
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) =>
    mock.handle(new Request(new URL(path, 'http://mock'), init)),
  );
  return mock;
}

export function show(page: ReactNode, locale: Locale = 'en') {
  return render(
    <QueryClientProvider client={makeQueryClient()}>
      <LocaleProvider initial={locale}>{page}</LocaleProvider>
    </QueryClientProvider>,
  );
}
