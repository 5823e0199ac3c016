// The built app in a real browser against the pretended server: what a component test cannot see.
// node e2e/smoke.mjs: a line for each check.
import assert from 'node:assert/strict';
import { close, check as one } from '../../tests/support/checks.mjs';
import { alertsOf } from '../mock-api/alerts.ts';
import { MockServer } from '../mock-api/server.ts';
import { serve } from '../scripts/serve-mock.mjs';
import { launch, watch } from './browser.mjs';

let mock;
let site;
const browser = await launch();

async function check(name, options, walk) {
  // Each check has a server of its own: what the page of the last one still sends must not reach the next.
  const own = new MockServer({ tick: 20, ...options });
  mock = own;
  site = await serve(() => own);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en' });
  const page = await context.newPage();
  const errors = [];
  watch(page, errors);
  await one(name, async () => {
    await walk(page);
    assert.deepEqual(errors, []);
  });
  await context.close();
  site.stop();
}

const door = (page, name) => page.getByRole('button', { name }).first();
const box = (page, name) => page.getByRole('textbox', { name: `Message to ${name}` });
const reply = (page, name) => page.getByRole('article', { name }).last();
async function open(page, name) {
  await page.goto(`${site.url}/`);
  await door(page, name).click();
  await box(page, name).waitFor();
}
async function say(page, name, text) {
  await box(page, name).fill(text);
  await box(page, name).press('Enter');
}
const done = (page, name) =>
  page.locator(`article[aria-label="${name}"][aria-busy="false"]`).last().waitFor();
const saved = async (windows = 1) => {
  for (let at = 0; at < 100; at += 1) {
    if (mock.layout?.windows?.length >= windows) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the layout was not saved');
};

await check('first run: language, owner, model, first window', { fresh: true }, async (page) => {
  await page.goto(`${site.url}/setup#token=mock-token`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Your name').fill('Mei');
  await page.getByLabel('Login name').fill('mei');
  await page.getByLabel('Password', { exact: true }).fill('correct horse 7');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('The model is ready').waitFor();
  await door(page, 'English tutor').click();
  await say(page, 'English tutor', 'I goed');
  await done(page, 'English tutor');
});

await check('a reload in the middle shows the same text going on', {}, async (page) => {
  await open(page, 'English tutor');
  await say(page, 'English tutor', 'tell me /long');
  await page.getByText(/Paragraph 3\./).waitFor();
  await saved();
  await page.waitForTimeout(900);
  const before = (await reply(page, 'English tutor').innerText())
    .split('\n\n')
    .filter((line) => /^Paragraph \d+\. .*trade\.$/.test(line));
  await page.reload();
  await page.getByText(before.at(-1), { exact: true }).waitFor();
  await page.getByText(/Paragraph 8\./).waitFor();
  await done(page, 'English tutor');
  const whole = await reply(page, 'English tutor').innerText();
  assert.equal(whole.match(/Paragraph 1\./g).length, 1);
  assert.ok(whole.includes('Paragraph 40. The lane wakes early, and every door opens on a different trade.'));
});

await check('a model is pinned, unloaded and loaded again, and the bar follows', {}, async (page) => {
  await page.goto(`${site.url}/models`);
  const card = page.getByRole('article', { name: 'Qwen2.5 Coder 0.5B Instruct' });
  await card.getByRole('button', { name: 'Pin' }).click();
  await card.getByText('Stays in memory').waitFor();
  await card.getByRole('button', { name: 'Unload' }).click();
  await page.getByText('No model in memory').waitFor();
  await card.getByRole('button', { name: 'Load', exact: true }).click();
  await card.getByText('Loading …').waitFor();
  await card.getByText('In memory').waitFor();
  await page.getByText('1 in memory').waitFor();
  assert.equal(await card.getByRole('button', { name: 'Pin' }).getAttribute('aria-pressed'), 'false');
});

await check('a cut connection is made again, and the text has no seam', { tick: 30 }, async (page) => {
  await open(page, 'English tutor');
  await say(page, 'English tutor', 'I goed');
  await page.getByText('The natural way').waitFor();
  mock.cut = '/events';
  mock.hangUp();
  await page.getByText('Connection lost').waitFor();
  mock.cut = null;
  await done(page, 'English tutor');
  const text = await reply(page, 'English tutor').innerText();
  assert.equal(text.match(/natural way/g).length, 1);
  assert.ok(text.includes('what did you buy there?'));
});

await check(
  'three windows stream at once; one behind a tab is unread when done',
  { tick: 30 },
  async (page) => {
    await open(page, 'English tutor');
    // Each answer stops in its middle until the walk lets it go: nothing here depends on how fast this machine is.
    await say(page, 'English tutor', 'one /hold');
    await page.getByRole('button', { name: 'Open another window here' }).click();
    const lane = page.getByRole('complementary', { name: 'The lane' });
    await lane.getByRole('button', { name: 'Writer' }).click();
    await say(page, 'Writer', 'two /hold');
    await lane.getByRole('button', { name: 'Coder' }).click();
    await say(page, 'Coder', 'three /hold');
    await page.getByText('answering in 3 threads').waitFor();
    const marks = page.getByRole('img', { name: 'new answer' });
    const mark = (name) =>
      page.getByRole('tab', { name: new RegExp(name) }).getByRole('img', { name: 'new answer' });
    assert.equal(await marks.count(), 0);
    mock.holds.release('one /hold');
    await mark('English tutor').waitFor();
    await page.getByRole('tab', { name: /English tutor/ }).click();
    await page.getByText('what did you buy there?').first().waitFor();
    assert.equal(await marks.count(), 0);
    mock.holds.release('two /hold');
    await mark('Writer').waitFor();
    mock.holds.release('three /hold');
    await mark('Coder').waitFor();
    assert.equal(await mark('English tutor').count(), 0);
  },
);

await check('a door is dragged beside a window; the layout comes back after a reload', {}, async (page) => {
  await open(page, 'English tutor');
  await page.getByRole('button', { name: 'Open another window here' }).click();
  const from = page.getByRole('complementary').getByRole('button', { name: 'Translator' });
  const panel = await page.locator('.dock').boundingBox();
  await from.hover();
  await page.mouse.down();
  for (const x of [panel.width / 2, panel.width - 80, panel.width - 60]) {
    await page.mouse.move(panel.x + x, panel.y + panel.height / 2, { steps: 4 });
  }
  await page.mouse.up();
  await box(page, 'Translator').waitFor();
  await box(page, 'English tutor').waitFor();
  const sides = await Promise.all(
    [box(page, 'English tutor'), box(page, 'Translator')].map((area) => area.boundingBox()),
  );
  assert.ok(sides[0].x < sides[1].x, 'side by side');
  await saved(2);
  assert.equal(mock.layout.windows.length, 2);
  await page.reload();
  await box(page, 'Translator').waitFor();
  await box(page, 'English tutor').waitFor();
  const again = await Promise.all(
    [box(page, 'English tutor'), box(page, 'Translator')].map((area) => area.boundingBox()),
  );
  assert.ok(again[0].x < again[1].x, 'still side by side');
  await page.getByRole('tab', { name: /Translator/ }).focus();
  await page.keyboard.press('Control+Delete');
  await page.waitForTimeout(200);
  assert.equal(await box(page, 'Translator').count(), 0);
});

await check('the keyboard alone: palette, ask, answer, language', {}, async (page) => {
  await page.goto(`${site.url}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type('What is a hutong?');
  await page.keyboard.press('Enter');
  await done(page, 'Ask');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('切换到中文');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: '发给问一问的消息' }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  assert.equal(mock.me.member.locale, 'zh-CN');
});

await check(
  'a long thread keeps few nodes, stays at its end, and does not jump when older messages come',
  {},
  async (page) => {
    const id = mock.seed('tutor', 2000);
    await page.goto(`${site.url}/threads/${id}`);
    await page.getByText('Answer 1000').waitFor();
    const nodes = () => page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok((await nodes()) < 3000, `${await nodes()} nodes`);
    const list = page.getByRole('region', { name: 'Messages' });
    const gap = () => list.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
    assert.ok((await gap()) < 4, `${await gap()} px from the end`);
    for (let at = 0; at < 30; at += 1) {
      await list.evaluate((node) => node.scrollBy(0, -700));
      await page.waitForTimeout(60);
    }
    const first = await list.locator('article').first().textContent();
    assert.ok(Number(first.match(/\d+/)[0]) < 970, first);
    assert.ok((await nodes()) < 3000, `${await nodes()} nodes`);
    const seen = () =>
      list
        .locator('article')
        .evaluateAll(
          (all, top) =>
            all
              .map((node) => [
                node.innerText.slice(0, 14),
                Math.round(node.getBoundingClientRect().top - top),
              ])
              .find(([, y]) => y >= 0),
          100,
        );
    await page.waitForTimeout(600);
    const [text, y] = await seen();
    await page.waitForTimeout(600);
    assert.deepEqual(await seen(), [text, y]);
  },
);

await check('the end of a session leads to sign-in and back', {}, async (page) => {
  await page.goto(`${site.url}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  mock.signedIn = false;
  await door(page, 'Writer').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByLabel('Login name').fill('mei');
  await page.getByLabel('Password').fill('anything');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'The lane' }).waitFor();
});

await check('somebody asks to join, is let in, gets into a group; a program gets a key', {}, async (page) => {
  mock.people.policy = 'open';
  mock.signedIn = false;
  await page.goto(`${site.url}/signin`);
  await page.getByRole('link', { name: /Ask to join/ }).click();
  await page.getByLabel('Your name').fill('Li Lei');
  await page.getByLabel('Login name').fill('li.lei');
  await page.getByLabel('Password', { exact: true }).fill('correct horse 7');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText('You have asked').waitFor();
  mock.signedIn = true;
  await page.goto(`${site.url}/`);
  await page.getByRole('img', { name: 'somebody asks to join' }).waitFor();
  await page.getByRole('link', { name: 'Admin' }).click();
  await page.getByRole('button', { name: 'Let in' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Let in' }).click();
  await page.getByLabel('Role of Li Lei').waitFor();
  await page.getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByLabel('Name').fill('Class one');
  await page.getByLabel(/Li Lei/).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('1 member').waitFor();
  await page.getByRole('link', { name: 'Service accounts' }).click();
  await page.getByRole('button', { name: 'New service account' }).click();
  await page.getByLabel('Name that others see').fill('Shop bot');
  await page.getByLabel('Short name').fill('shop-bot');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('What it is for').fill('website');
  await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Key, shown this once').waitFor();
});

await check('the pages of those who run the workspace are not there for members', {}, async (page) => {
  mock.me.member.role = 'member';
  await page.goto(`${site.url}/admin/people`);
  await page.getByRole('heading', { level: 2 }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Admin' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Invite' }).count(), 0);
});

await check('a refusal leads to the plan that helps; a voucher pays for it', {}, async (page) => {
  await open(page, 'English tutor');
  await say(page, 'English tutor', 'hello /quota');
  await page.getByText('What your plan includes is used up for now.').waitFor();
  await page.getByRole('link', { name: 'See the plans' }).click();
  const plus = page.getByRole('article', { name: 'Plus' });
  await plus.getByRole('button', { name: 'Buy now' }).click();
  await page.getByText('Your wallet lacks CN¥26.50').waitFor();
  await page.getByRole('link', { name: 'To the wallet' }).click();
  // What is missing is filled in; whoever has a voucher closes it.
  await page.getByRole('button', { name: 'Pay CN¥26.50' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Voucher code').fill('GOOD-7Q2M');
  await page.getByRole('button', { name: 'Redeem' }).click();
  await page.getByText('CN¥50.00 is in your wallet now.').waitFor();
  await page.getByRole('link', { name: 'Plan', exact: true }).click();
  await plus.getByRole('button', { name: 'Buy now' }).click();
  await page.getByRole('button', { name: 'Pay CN¥39.00' }).click();
  await page.getByText('You have Plus now.').waitFor();
  assert.equal(mock.billing.mine.wallet_micros, 23_500_000);
  await page.getByRole('link', { name: 'Statements' }).click();
  await page.getByRole('link', { name: 'November 2026' }).click();
  await page.getByText('CN¥23.500000').first().waitFor();
});

await check('a limit that comes near is told in one line, which is put away for good', {}, async (page) => {
  mock.billing.alerts = alertsOf(mock.me.member.id).map((alert) => ({ ...alert, period_ends_at: null }));
  await page.goto(`${site.url}/`);
  const line = page.getByRole('region', { name: 'Status' }).getByRole('status');
  await line.getByText('What Free includes in 5 hours is used up').waitFor();
  await line.getByRole('button', { name: 'Put away' }).click();
  await line.getByText('80% of your budget for this month is used').click();
  const list = page.getByRole('list', { name: 'Limits that come near' });
  await list.getByText('80% of your budget for this month is used').waitFor();
  assert.equal(await list.getByRole('listitem').count(), 1);
  assert.equal(await line.count(), 0);
  await list.getByRole('button', { name: 'Put away' }).click();
  await list.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Admin' }).click();
  await page.getByRole('link', { name: 'Spending' }).click();
  await list.getByText('50% of this month’s budget of the workspace is used').waitFor();
  assert.equal(await list.getByRole('listitem').count(), 3);
});

await check('the chart of days has a table behind it, and agents have their share', {}, async (page) => {
  await page.goto(`${site.url}/usage/spend`);
  await page.getByRole('img', { name: 'Spending by day' }).waitFor();
  await page.getByText('As a table').click();
  assert.ok((await page.getByRole('row').count()) > 20);
  await page.getByText('Agent', { exact: true }).click();
  await page.getByRole('row', { name: /English tutor.*51%/ }).waitFor();
});

await browser.close();
close();
process.exit();
