/** The pretended server behind Node's HTTP: for Vite's dev server and for the screenshot walk. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MockServer } from './server.ts';

/** Answers a request under /api; false when the path is somebody else's. */
export async function answer(
  mock: MockServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (!url.pathname.startsWith('/api/')) return false;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const method = request.method ?? 'GET';
  let reply: Response;
  try {
    reply = await mock.handle(
      new Request(url, {
        method,
        signal: abort.signal,
        ...(method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) }),
      }),
    );
  } catch {
    response.destroy();
    return true;
  }
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  if (reply.body) {
    try {
      for await (const chunk of reply.body) response.write(chunk);
    } catch {
      response.destroy();
      return true;
    }
  }
  response.end();
  return true;
}
