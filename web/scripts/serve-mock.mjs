// Serves web/dist as the real server does (strict policy, one page for every path), with the API from memory.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { answer } from '../mock-api/node.ts';
import { MockServer } from '../mock-api/server.ts';

const DIST = new URL('../dist/', import.meta.url).pathname;
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Resolves to the address and a way to stop. `current()` gives the pretended server for each request. */
export function serve(current, port = 0) {
  const server = createServer(async (request, response) => {
    if (await answer(current(), request, response)) return;
    const path = normalize(new URL(request.url, 'http://x').pathname);
    const file = join(DIST, path);
    const found =
      path !== '/' && existsSync(file) && statSync(file).isFile() ? file : join(DIST, 'index.html');
    response.writeHead(200, {
      'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'cache-control': found.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    createReadStream(found).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        stop: () => server.closeAllConnections() ?? server.close(),
      });
    });
  });
}

if (import.meta.main) {
  const mock = new MockServer();
  const { url } = await serve(() => mock, Number(process.env.PORT ?? 7710));
  console.log(`The built app with a pretended server: ${url}`);
}
