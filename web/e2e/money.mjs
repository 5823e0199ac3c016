// The money of one member, in real browsers, against the real binary and the real default model: invited by link on the
// plan that everybody has, every answer with its price, the plan used up, a voucher redeemed, and in the end a statement that
// agrees with every footer to the micro-unit. Each check goes on from the one before it. Set HUTONG_BIN, and
// HUTONG_MODEL_CACHE with the model in it.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from '../../tests/support/books.mjs';
import { close, check as one } from '../../tests/support/checks.mjs';
import { Server } from '../../tests/support/server.mjs';
import { isAccessible, launch, PATIENCE, watch } from './browser.mjs';

/** Pico-units for each token: such that most sums have to be rounded. */
const RATES = { input: 3_333_333, cache_read: 333_333, output: 14_999_999 };
/** Room for a few answers: whatever an answer may cost at most must fit, and after some of them it does not. */
const ALLOWANCE = '0.012';
/** Answers never cost nothing, so the plan is used up long before. */
const MOST_ANSWERS = 40;
const PASSWORD = 'correct horse 7';

const server = new Server({ binary: process.env.HUTONG_BIN });
const browser = await launch();
const troubles = [];
/** A check that the next ones build on: when it fails the walk ends. */
const check = async (name, body) => {
  if (!(await one(name, body))) throw new Error(`the walk ended at: ${name}`);
};

/** Somebody with a browser of their own. */
async function person() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en' });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  watch(page, troubles);
  return page;
}
const owner = await person();
const member = await person();
const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });

/** What the owner of this machine charges, and what the plan that everybody has includes. */
function arrange() {
  const put = (folder, name, text) => {
    mkdirSync(join(server.data, 'overlay', folder), { recursive: true });
    writeFileSync(join(server.data, 'overlay', folder, name), text);
  };
  const rate = (unit) => `${unit} = "${(RATES[unit] / 1e6).toFixed(6)}"`;
  put(
    'prices',
    'local.toml',
    `[vendor]
id = "local"
currency = "CNY"
utc_offset = "+08:00"
checked_on = "2026-11-23"
[[price]]
models = ["*"]
effective_from = "2026-01-01"
rates = { ${Object.keys(RATES).map(rate).join(', ')} }
`,
  );
  put(
    'plans',
    'free.toml',
    `id = "free"
rank = 0
name = { zh = "免费版", en = "Free" }
at_end = { then = "wallet" }
[price]
currency = "CNY"
amount = "0"
every = "month"
[access]
agents = ["*"]
models = ["*"]
tools = []
apps = []
[limits]
concurrent_runs = 2
weight = 1
[[allowance]]
window = "month"
credits = "${ALLOWANCE}"
alert_at = [1]
`,
  );
}

/** Micro-units of an amount as a person reads it: `CN¥0.001234`, `-CN¥1.50`, `0.001234`. Never through a float. */
function micros(text) {
  const found = /^([-−]?)(?:CN¥)?([\d,]+)(?:\.(\d{1,6}))?$/.exec(text.trim());
  assert.ok(found, `no amount: ${text}`);
  const [, sign, whole, part = ''] = found;
  const value = BigInt(whole.replaceAll(',', '')) * 1_000_000n + BigInt(part.padEnd(6, '0'));
  return sign === '' ? value : -value;
}
const sum = (values) => values.reduce((all, value) => all + value, 0n);
const sorted = (values) => values.toSorted((a, b) => (a < b ? -1 : 1));

/** What the footers said: each answer, and who paid. */
const answers = [];
const box = () => member.getByLabel('Message to Joke curator');

/** In the page: how the question that was sent last stands. */
const stateOfLast = (text) => {
  if (document.querySelector('main [role=alert]')?.checkVisibility()) return 'refused';
  const [asked, reply] = [...document.querySelectorAll('main article')].slice(-2);
  const isMine = asked?.innerText.includes(text) && reply?.ariaBusy === 'false';
  return isMine && reply.querySelector('footer li[title^="What it costs"]') ? 'answered' : null;
};

/** Waits for the answer to what was sent, and notes its footer; false when it was refused. */
async function outcome(text) {
  const state = await (await member.waitForFunction(stateOfLast, text)).jsonValue();
  if (state === 'refused') return false;
  const cost = member.locator('main article').last().locator('footer li[title^="What it costs"]');
  const [amount, title] = [await cost.innerText(), await cost.getAttribute('title')];
  answers.push({ micros: micros(amount), by: title.includes('wallet') ? 'wallet' : 'allowance' });
  return true;
}
async function ask(text) {
  await box().fill(text);
  await box().press('Enter');
  return outcome(text);
}
const paidBy = (by) => sum(answers.filter((answer) => answer.by === by).map((answer) => answer.micros));
const all = () => sum(answers.map((answer) => answer.micros));
/** What stands beside a name in a list of sums. */
const sums = (name) => member.locator('dt', { hasText: new RegExp(`^${name}`) });
const beside = async (name) => micros(await sums(name).locator('+ dd').innerText());

/** All statements that the member's page offers: of one month, or of two when it turned just now. */
async function statements() {
  const found = { lines: [], opening: null, closing: null, paid: 0n, covered: 0n, csv: [], json: [] };
  await member.goto(`${server.url}/usage/statements`);
  const rows = member.getByRole('listitem').filter({ has: link(member, 'CSV') });
  await rows.first().waitFor();
  for (let at = (await rows.count()) - 1; at >= 0; at -= 1) {
    const saved = member.waitForEvent('download');
    await link(rows.nth(at), 'CSV').click();
    found.csv.push(readFileSync(await (await saved).path(), 'utf8'));
    const { pathname } = new URL(await link(rows.nth(at), 'CSV').getAttribute('href'), server.url);
    found.json.push(await member.evaluate(async (path) => (await fetch(path)).json(), pathname));
    await rows.nth(at).getByRole('link').first().click();
    await member.getByText('Wallet at the end', { exact: false }).first().waitFor();
    found.opening ??= await beside('Wallet at the beginning');
    found.closing = await beside('Wallet at the end');
    // In a month that turned just now there may be none of the one or the other.
    if (await sums('Answers').isVisible()) found.paid -= await beside('Answers');
    if (await sums('Your plan paid for').isVisible()) found.covered += await beside('Your plan paid for');
    const table = member.getByRole('row').filter({ has: member.getByRole('rowheader', { name: /^Answer/ }) });
    for (const row of await table.all())
      found.lines.push(micros(await row.getByRole('cell').nth(1).innerText()));
    await isAccessible(member, 'a statement');
    await member.goBack();
    await rows.first().waitFor();
  }
  return found;
}

/** What the member is told of limits, with their home page opened anew. */
async function told() {
  await member.goto(`${server.url}/`);
  await member.getByRole('heading', { name: 'The lane' }).waitFor();
  return member.evaluate(async () => (await (await fetch('/api/v1/me/alerts')).json()).items);
}

try {
  arrange();
  const printed = await server.start();
  let invitation;
  let code;
  let refused;

  await check('the owner sets up, with the model', async () => {
    await owner.goto(/(\S+#token=\S+)/.exec(printed)[1]);
    await button(owner, 'Continue').click();
    await owner.getByLabel('Your name').fill('Mei');
    await owner.getByLabel('Login name').fill('mei');
    await owner.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(owner, 'Create account').click();
    await owner.getByRole('button', { name: /^Download/ }).click();
    await owner.getByText('The model is ready.', { exact: false }).waitFor();
  });

  await check('the owner makes a link for one member', async () => {
    await owner.goto(`${server.url}/admin/people`);
    await button(owner, 'Invite').click();
    await button(owner, 'Make the link').click();
    const field = owner.getByLabel('Link, shown this once');
    await field.waitFor();
    await isAccessible(owner, 'the link of an invitation');
    invitation = await field.inputValue();
    await button(owner, 'Close').last().click();
    await isAccessible(owner, 'the people');
  });

  await check('the member comes in by it, and has the plan that everybody has', async () => {
    await member.goto(invitation);
    await member.getByLabel('Your name').fill('Sun');
    await member.getByLabel('Login name').fill('sun');
    await member.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await isAccessible(member, 'the page of an invitation');
    await button(member, 'Join').click();
    await member.getByRole('heading', { name: 'The lane' }).waitFor();
    await member.goto(`${server.url}/usage`);
    await member.getByRole('region', { name: 'Your plan' }).getByText('Free', { exact: true }).waitFor();
    await member.getByText(`CN¥${ALLOWANCE} of CN¥${ALLOWANCE} left`).waitFor();
    await isAccessible(member, 'the plan');
  });

  await check('every answer says what it cost, until the plan is used up', async () => {
    await member.goto(`${server.url}/`);
    await member
      .getByRole('button', { name: /Joke curator/ })
      .first()
      .click();
    await box().waitFor();
    for (let at = 1; at <= MOST_ANSWERS && refused === undefined; at += 1) {
      const question = `Joke number ${at}, about a teapot`;
      if (!(await ask(question))) refused = question;
    }
    assert.ok(refused, 'the plan was never used up');
    assert.ok(answers.length > 0, 'the first answer was refused');
    for (const answer of answers) assert.ok(answer.micros > 0n && answer.by === 'allowance');
    assert.ok(all() <= micros(ALLOWANCE), `${all()} micro-units were used`);
  });

  await check('what is refused says why, what was kept and what helps', async () => {
    const alert = member.locator('main').getByRole('alert');
    const said = await alert.innerText();
    for (const words of [
      'Not sent.',
      'Your wallet has too little',
      'Your text is still here',
      'Top up at least CN¥',
    ])
      assert.ok(said.includes(words), `“${words}” is missing: ${said}`);
    assert.equal(await box().inputValue(), refused);
    await isAccessible(member, 'a window with a refusal');
  });

  await check('the owner makes a voucher', async () => {
    await owner.goto(`${server.url}/admin/vouchers`);
    await button(owner, 'New voucher').click();
    await owner.getByLabel('Amount in CNY').fill('5');
    await button(owner, 'Make it').click();
    const field = owner.getByLabel('Code', { exact: true });
    await field.waitFor();
    code = await field.inputValue();
    await button(owner, 'Close').last().click();
    await owner.getByText('0 of 1 redeemed').waitFor();
    await isAccessible(owner, 'the vouchers');
  });

  await check('the member redeems it where the refusal leads', async () => {
    await member.locator('main').getByRole('alert').getByRole('link', { name: 'To the wallet' }).click();
    // What is missing is filled in already; somebody with a voucher needs none of it.
    const topUp = member.getByRole('dialog', { name: 'Top up the wallet' });
    await topUp.getByRole('textbox', { name: 'Another amount' }).waitFor();
    await isAccessible(member, 'the way to top up');
    await topUp.getByRole('button', { name: 'Cancel' }).click();
    await topUp.waitFor({ state: 'detached' });
    await member.getByText('Nothing has moved yet').waitFor();
    await isAccessible(member, 'an empty wallet');
    await member.getByLabel('Voucher code').fill(code.toLowerCase());
    await button(member, 'Redeem').click();
    await member.getByText('CN¥5.00 is in your wallet now.').waitFor();
    await member.getByText('+CN¥5.00').waitFor();
    await member.getByLabel('Voucher code').fill(code);
    await button(member, 'Redeem').click();
    await member.getByText('You have redeemed this voucher before.').waitFor();
  });

  await check('and goes on asking: the wallet pays', async () => {
    await link(member, 'Windows').click();
    assert.equal(await box().inputValue(), refused);
    await member.locator('main').getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await box().press('Enter');
    assert.ok(await outcome(refused), 'it was refused again');
    assert.ok(await ask('One more, about a bicycle'), 'the second one was refused');
    assert.deepEqual(
      answers.slice(-2).map(({ by }) => by),
      ['wallet', 'wallet'],
    );
  });

  await check('the wallet holds what it did not pay', async () => {
    await member.goto(`${server.url}/usage/wallet`);
    const left = member.getByText('In your wallet', { exact: true }).locator('+ div');
    await left.waitFor();
    assert.equal(micros(await left.innerText()), 5_000_000n - paidBy('wallet'));
    await isAccessible(member, 'the wallet');
  });

  await check('the statement agrees with every footer, as a page, as CSV and as JSON', async () => {
    const found = await statements();
    const due = sorted(answers.map((answer) => -answer.micros));
    assert.deepEqual(sorted(found.lines), due, 'the page');
    assert.deepEqual([found.paid, found.covered], [paidBy('wallet'), paidBy('allowance')], 'who paid');
    assert.equal(found.closing - found.opening, 5_000_000n - paidBy('wallet'), 'the sums of the page');
    const rows = found.csv.flatMap((csv) =>
      csv
        .trim()
        .split('\r\n')
        .map((row) => row.split(',')),
    );
    const settled = rows.filter(([, , reason]) => reason === 'settlement');
    assert.deepEqual(sorted(settled.map((row) => micros(row[5]))), due, 'the CSV');
    const lines = found.json.flatMap((document) => document.lines);
    const ends = lines.filter((line) => line.reason === 'settlement');
    assert.deepEqual(sorted(ends.map((line) => BigInt(line.amount.micros))), due, 'the JSON');
    assert.equal(sum(lines.map((line) => BigInt(line.amount.micros))), 5_000_000n - paidBy('wallet'));
    for (const by of ['wallet', 'allowance']) {
      const paid = ends.filter((line) => line.account === by).map((line) => BigInt(line.amount.micros));
      assert.equal(sum(paid), -paidBy(by), `paid by ${by}`);
    }
    await isAccessible(member, 'the statements');
  });

  await check('so do the spending of the member, and of the workspace', async () => {
    await member.goto(`${server.url}/usage/spend`);
    await member.getByRole('img', { name: 'Spending by day' }).waitFor();
    assert.equal(await beside('Spent'), all());
    await isAccessible(member, 'the spending');
    await owner.goto(`${server.url}/admin/spend`);
    await owner.getByText('Member', { exact: true }).click();
    const row = owner.getByRole('row', { name: /^Sun/ });
    assert.equal(micros(await row.getByRole('cell').first().innerText()), all());
    await isAccessible(owner, 'the spending of the workspace');
  });

  await check('the member is told that the plan’s allowance goes, until they put it away', async () => {
    const line = member.getByRole('region', { name: 'Status' }).getByRole('status');
    // Noted within a minute; the page would look again by itself, a reload looks at once.
    for (const late = Date.now() + PATIENCE; Date.now() < late && (await told()).length === 0; )
      await member.waitForTimeout(500);
    await line.getByText('1% of what Free includes a month is used').click();
    const list = member.getByRole('list', { name: 'Limits that come near' });
    await list.waitFor();
    await isAccessible(member, 'the plan with a limit that comes near');
    const gone = member.waitForResponse((response) => response.request().method() === 'DELETE');
    await list.getByRole('button', { name: 'Put away' }).click();
    await gone;
    await list.waitFor({ state: 'detached' });
    assert.deepEqual(await told(), []);
    assert.equal(await line.count(), 0);
  });

  await check('the browsers complained about nothing', async () => assert.deepEqual(troubles, []));

  await check('and the books of the stopped server say the same', async () => {
    await server.stop();
    const { lost, double, drift, charged, runs } = audit(server.data, [], RATES);
    assert.deepEqual({ lost, double, drift }, { lost: [], double: [], drift: [] });
    assert.deepEqual({ runs, charged }, { runs: answers.length, charged: all() });
    console.log(`${runs} answers, ${charged} micro-yuan, of which the wallet paid ${paidBy('wallet')}`);
  });
} catch (error) {
  console.log(error.message);
} finally {
  if (process.env.HUTONG_KEEP_PICTURE) {
    await owner.screenshot({ path: `${process.env.HUTONG_KEEP_PICTURE}.owner.png` });
    await member.screenshot({ path: `${process.env.HUTONG_KEEP_PICTURE}.member.png` });
  }
  await browser.close();
  await server.remove();
}
close();
