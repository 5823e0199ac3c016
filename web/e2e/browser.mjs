// The browser of the walks: how it is started, what it may not complain about, and whether everybody can use what it shows.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

/** A small model on a busy machine takes its time; nothing in a walk waits longer than it must. */
export const PATIENCE = Number(process.env.HUTONG_PATIENCE_MS ?? 180_000);

/** Starts the browser of this machine. */
export const launch = () =>
  chromium.launch({
    executablePath:
      process.env.CHROMIUM ??
      ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path)),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** Notes in `troubles` what goes wrong on a page. */
export function watch(page, troubles) {
  page.on('console', (message) => {
    // A refusal, and a server that is stopped on purpose, make the browser note failed loads; all else is a fault of ours.
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
}

/** Fails where axe finds what keeps somebody from using the page. */
export async function isAccessible(page, where) {
  await page.locator('h1:visible, h2:visible, textarea:visible').first().waitFor();
  await page.evaluate(axe.source).catch(async () => {
    // The strict policy of the page forbids text as script; the tool is brought in past it.
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: axe.source });
  });
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  assert.deepEqual(found, [], `axe on ${where}`);
}
