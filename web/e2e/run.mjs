// One person's first hour, in a real browser, against the real binary and the real default model. Each check goes on
// from the one before it. Set HUTONG_BIN, and HUTONG_MODEL_CACHE with the model in it; --shots also renews the
// pictures in docs/shots.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { close, check as one } from '../../tests/support/checks.mjs';
import { Server } from '../../tests/support/server.mjs';
import { isAccessible, launch, PATIENCE, watch } from './browser.mjs';

const SHOTS = new URL('../../docs/shots/', import.meta.url).pathname;
const wantsShots = process.argv.includes('--shots');
/** Whoever finds one of them too much to ask gets the next one. */
const LONG = [
  'Write a story of at least 300 words about an old lane in Beijing and the people who live there.',
  'Count from one to two hundred in words, one number on each line, and leave none out.',
  'List eighty animals, and write one sentence about each of them.',
];

const server = new Server({ binary: process.env.HUTONG_BIN });
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en' });
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();
const troubles = [];
/** A check that the next ones build on: when it fails the walk ends. */
const check = async (name, body) => {
  if (!(await one(name, body))) throw new Error(`the walk ended at: ${name}`);
};
watch(page, troubles);

const tab = (name) => page.locator('.flexlayout__tab_button', { hasText: name }).first();
const button = (name, options) => page.getByRole('button', { name, ...options });
const message = (agent) => page.getByLabel(new RegExp(`Message to ${agent}`)).filter({ visible: true });
const replies = () => page.locator('main article[aria-busy]:visible');
const lastReply = () => replies().last();
const box = () => page.locator('textarea:visible').last();
const ask = async (text) => {
  await box().fill(text);
  await box().press('Enter');
};
const text = async (locator) => (await locator.innerText()).trim();
const written = async (locator) =>
  (
    await locator
      .locator('.md, [data-answer]')
      .first()
      .innerText()
      .catch(() => '')
  )
    // Whether blocks stand one line apart or two depends on what follows them.
    .replaceAll(/\s+/g, ' ')
    .trim();
/** In the page: whether the last answer on show is being written, as wished. */
const lastIsLive = (wish) => {
  const shown = [...document.querySelectorAll('main article[aria-busy]')].filter((it) =>
    it.checkVisibility(),
  );
  return (shown.at(-1)?.ariaBusy === 'true') === wish;
};
const writes = () => page.waitForFunction(lastIsLive, true);
const rests = () => page.waitForFunction(lastIsLive, false);
const isLive = () => page.evaluate(lastIsLive, true);
/** Waits until the last answer is longer than this, and still written; false when it has ended before. */
async function grows(least) {
  for (;;) {
    const live = await isLive();
    if (live && (await text(lastReply())).length > least) return true;
    if (!live) return false;
    await page.waitForTimeout(30);
  }
}
/** Until what is said about the end of the last answer stands below it: its figures, or why it ended. */
const isTold = () => lastReply().locator('[role=note], footer li').first().waitFor();
async function stop() {
  // It may end by itself just now.
  await button('Stop')
    .last()
    .click({ timeout: 2000 })
    .catch(() => {});
  await rests();
  await isTold();
}
/** A small model ends its answer whenever it likes: tries until one is caught in the middle. */
async function inTheMiddle(attempt) {
  for (let tries = 0; tries < 12; tries += 1) if (await attempt()) return;
  throw new Error('every answer ended too soon');
}
let begun = 0;
/**
 * Asks an agent for something long in the window on show, and waits for the beginning of the answer. In a thread of its own: a
 * small model takes its own short answers for an example.
 */
async function begin(agent, least) {
  await message(agent).waitFor();
  if ((await replies().count()) > 0) {
    if (await isLive()) await stop();
    await button('New thread').last().click();
    await replies().first().waitFor({ state: 'detached' });
  }
  await ask(LONG[begun % LONG.length]);
  begun += 1;
  await lastReply().waitFor();
  return grows(least);
}
async function api(path) {
  return page.evaluate(async (url) => (await fetch(url)).json(), `/api/v1${path}`);
}
async function storedText(threadId) {
  const { items } = await api(`/threads/${threadId}/messages`);
  return items.flatMap((message) => message.parts.map((part) => part.text)).join('\n');
}
async function shot(name) {
  if (!wantsShots) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${SHOTS}${name}.png` });
}

try {
  const printed = await server.start();
  let thread;

  await check('first run: language, owner, model', async () => {
    await page.goto(/(\S+#token=\S+)/.exec(printed)[1]);
    await isAccessible(page, 'the language page');
    await button('Continue').click();
    await page.getByLabel('Your name').fill('Mei');
    await page.getByLabel('Login name').fill('mei');
    await page.getByLabel('Password', { exact: true }).fill('correct horse 7');
    await shot('first-run-account');
    await button('Create account').click();
    await button(/^Download/).click();
    await page.getByText('The model is ready.', { exact: false }).waitFor();
    await isAccessible(page, 'the model page');
    await shot('first-run-model');
  });

  await check('the tutor’s window answers in a stream', async () => {
    await button(/English tutor/)
      .first()
      .click();
    await box().waitFor();
    await shot('window-empty');
    await ask('I goed to the market yesterday. Please correct this sentence.');
    await writes();
    await rests();
    assert.ok((await written(lastReply())).length > 0);
    await page
      .getByText(/tok\/s/)
      .first()
      .waitFor();
    await isAccessible(page, 'a window with an answer');
    await shot('window-en-light');
    ({
      items: [thread],
    } = await api('/threads'));
    assert.match(thread.title, /I goed/);
  });

  await check('a reload in the middle shows the same text going on', () =>
    inTheMiddle(async () => {
      if (!(await begin('English tutor', 200))) return false;
      const before = await written(lastReply());
      await page.reload();
      await message('English tutor').waitFor();
      await lastReply().waitFor();
      const goesOn = await grows(before.length);
      const after = await written(lastReply());
      assert.ok(after.startsWith(before.slice(0, 120)), `${before.slice(0, 120)}\n≠\n${after.slice(0, 120)}`);
      return goesOn;
    }),
  );

  await check('a second window streams at the same time', async () => {
    await page.keyboard.press('Control+k');
    // Whoever is called by name comes first.
    await page.getByRole('combobox').fill('Writer');
    await page
      .getByRole('option', { name: /Writer/ })
      .first()
      .waitFor();
    await page.keyboard.press('Enter');
    await message('Writer').waitFor();
    await inTheMiddle(async () => {
      await tab('English tutor').click();
      if (!(await begin('English tutor', 1))) return false;
      await tab('Writer').click();
      if (!(await begin('Writer', 80))) return false;
      return (await api('/threads')).items.filter((item) => item.active_run_id).length === 2;
    });
    await shot('two-windows');
  });

  await check('stop keeps what was written', () =>
    inTheMiddle(async () => {
      if (!(await isLive()) && !(await begin('Writer', 80))) return false;
      await stop();
      if (!(await lastReply().getByText('You stopped this answer.').isVisible())) return false;
      assert.ok((await text(lastReply())).length > 80);
      return true;
    }),
  );

  await check('edit and resend makes a branch, and the arrows go back', async () => {
    await page.getByLabel('You', { exact: true }).filter({ visible: true }).last().hover();
    await button('Edit and resend').last().click();
    await page.getByLabel('Edit your message').fill('Say hello in five words.');
    await button('Send', { exact: true }).first().click();
    await page.getByLabel('Version 2 of 2').waitFor();
    await rests();
    await isTold();
    await button('Previous version').last().click();
    await page.getByLabel('Version 1 of 2').waitFor();
    await lastReply().getByText('You stopped this answer.').waitFor();
    await button('Next version').last().click();
    await page.getByLabel('Version 2 of 2').waitFor();
    await shot('branches');
  });

  await check('another answer to the same question', async () => {
    await button('Answer again').last().click();
    await page.getByLabel('Version 2 of 2').nth(1).waitFor();
  });

  await check('after a restart of the server everything is there', async () => {
    const before = await storedText(thread.id);
    const titles = async () =>
      Object.fromEntries((await api('/threads')).items.map(({ id, title }) => [id, title]));
    const threads = await titles();
    await server.stop();
    await server.start();
    await page.goto(`${server.url}/`);
    // The first one may be so far down by now that home does not show it.
    await page
      .getByText((await api('/threads')).items[0].title)
      .first()
      .waitFor();
    assert.deepEqual(await titles(), threads);
    await isAccessible(page, 'the home page');
    await shot('home-en-light');
    assert.equal(await storedText(thread.id), before);
    assert.equal((await api('/threads')).items.filter((item) => item.active_run_id).length, 0);
    await page.goto(`${server.url}/windows`);
    await page
      .getByLabel(/Message to/)
      .first()
      .waitFor();
    await page.getByLabel('Version 2 of 2').first().waitFor();
  });

  await check('kill -9 in the middle keeps what was shown', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('Joke');
    await page.getByRole('option', { name: /Joke/ }).first().waitFor();
    await page.keyboard.press('Enter');
    await message('Joke').waitFor();
    await inTheMiddle(async () => {
      if (!(await begin('Joke', 150))) return false;
      const shown = await written(lastReply());
      await server.stop('SIGKILL');
      await server.start();
      await page.reload();
      await message('Joke').waitFor();
      await isTold();
      const kept = await written(lastReply());
      assert.ok(kept.startsWith(shown.slice(0, 100)), `${shown}\n≠\n${kept}`);
      return lastReply().getByText('The server stopped while it was answering.').isVisible();
    });
  });

  await check('Chinese and dark at once, on a phone too', async () => {
    await page.goto(`${server.url}/settings`);
    await page.getByText('中文', { exact: false }).first().click();
    await page.getByText('深色').first().click();
    await page.getByText('语言').first().waitFor();
    await page.goto(`${server.url}/`);
    await isAccessible(page, 'the home page in Chinese, dark');
    await shot('home-zh-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${server.url}/windows`);
    await box().waitFor();
    await isAccessible(page, 'a window on a phone');
    await shot('phone-zh-dark');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(wide, 0, 'the page is wider than the phone');
  });

  await check('the browser complained about nothing', async () => assert.deepEqual(troubles, []));
} catch (error) {
  console.log(error.message);
} finally {
  if (process.env.HUTONG_KEEP_PICTURE) await page.screenshot({ path: process.env.HUTONG_KEEP_PICTURE });
  await browser.close();
  await server.remove();
}
close();
