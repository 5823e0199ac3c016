import type { Answer, Request } from './colours.ts';
import { highlight } from './highlight.ts';

// Colouring a language for the first time takes up to a second, which the page must not feel.
self.addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  self.postMessage(await answer(data));
});

export async function answer({ id, language, text }: Request): Promise<Answer> {
  try {
    return { id, lines: await highlight(text, language) };
  } catch (error) {
    console.warn(`No colours for ${language}.`, error);
    return { id, lines: null };
  }
}
