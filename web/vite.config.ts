import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const SERVER = process.env.HUTONG_SERVER ?? 'http://127.0.0.1:7700';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'safari17.5', 'firefox120'],
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': SERVER, '/v1': SERVER },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}', 'mock-api/**/*.test.ts'] },
});
