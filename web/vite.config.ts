import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { answer } from './mock-api/node.ts';
import { MockServer } from './mock-api/server.ts';
import { markdownAliases } from './src/ui/markdown/slim/aliases.ts';

const SERVER = process.env.HUTONG_SERVER ?? 'http://127.0.0.1:7700';

/** `npm run dev:mock`: the whole API from memory, no server needed. */
function mockApi(): Plugin {
  return {
    name: 'mock-api',
    configureServer(server) {
      const mock = new MockServer();
      server.middlewares.use(async (request, response, next) => {
        if (!(await answer(mock, request, response))) next();
      });
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === 'mock' ? [mockApi()] : [])],
  resolve: { alias: markdownAliases },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'safari17.5', 'firefox120'],
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    ...(mode === 'mock' ? {} : { proxy: { '/api': SERVER, '/v1': SERVER } }),
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', 'mock-api/**/*.test.ts'],
    testTimeout: 60_000,
    // so that tests see the same lexer as the bundle
    server: { deps: { inline: ['markdown-it'] } },
  },
}));
