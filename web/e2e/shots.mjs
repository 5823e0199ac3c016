// Walks every state of the command centre against the pretended server and takes a picture of each.
// node e2e/shots.mjs [--only=name] [--themes=light,dark] [--locales=en,zh-CN] [--sizes=desk,laptop,phone]; pictures go to web/shots.
import { mkdirSync, readFileSync } from 'node:fs';
import { MockServer } from '../mock-api/server.ts';
import { MODELS } from '../mock-api/words.ts';
import { serve } from '../scripts/serve-mock.mjs';
import { launch } from './browser.mjs';
import { ACTING_WORDS, actingStates } from './states/acting.mjs';
import { ANSWERER_WORDS, answererStates } from './states/answerers.mjs';
import { PAY_WORDS, payStates } from './states/pay.mjs';
import { PEOPLE_WORDS, peopleStates } from './states/people.mjs';
import { PLAN_WORDS, planStates } from './states/plan.mjs';
import { PROVIDER_WORDS, providerStates } from './states/providers.mjs';
import { REQUEST_WORDS, requestStates } from './states/requests.mjs';

const OUT = new URL('../shots/', import.meta.url).pathname;
const argument = (name, fallback) =>
  (process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? fallback).split(',');
const SIZES = {
  desk: { width: 1440, height: 900 },
  laptop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};
const only = argument('only', '').filter(Boolean);
const SLOW = 60_000;
const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let mock = new MockServer();
const site = await serve(() => mock);
mkdirSync(OUT, { recursive: true });
const browser = await launch();

const WORDS = {
  en: {
    ...ACTING_WORDS.en,
    ...ANSWERER_WORDS.en,
    ...PEOPLE_WORDS.en,
    ...PAY_WORDS.en,
    ...PLAN_WORDS.en,
    ...PROVIDER_WORDS.en,
    ...REQUEST_WORDS.en,
    send: 'Send',
    again: 'Answer again',
    menu: 'Menu of this window',
    hist: 'Threads with this agent',
    add: 'Open another window here',
    name: 'Your name',
    login: 'Login name',
    pass: 'Password',
    next: 'Continue',
    edit: 'Edit and resend',
    who: 'English tutor',
    signIn: 'Sign in',
    create: 'Create account',
    download: /Download/,
    thought: /Thought for/,
    del: 'Delete thread',
    load: 'Load',
    unload: 'Unload',
  },
  'zh-CN': {
    ...ACTING_WORDS['zh-CN'],
    ...ANSWERER_WORDS['zh-CN'],
    ...PEOPLE_WORDS['zh-CN'],
    ...PAY_WORDS['zh-CN'],
    ...PLAN_WORDS['zh-CN'],
    ...PROVIDER_WORDS['zh-CN'],
    ...REQUEST_WORDS['zh-CN'],
    send: '发送',
    again: '重新回答',
    menu: '窗口菜单',
    hist: '与它的历史对话',
    add: '在这里再开一个窗口',
    name: '你的名字',
    login: '登录名',
    pass: '密码',
    next: '继续',
    edit: '编辑并重发',
    who: '英语私教',
    signIn: '登录',
    create: '创建账号',
    download: /下载/,
    thought: /思考了/,
    del: '删除对话',
    load: '载入',
    unload: '卸载',
  },
};

async function open(page, agent) {
  await page.goto(`${site.url}/`);
  await page.getByRole('button', { name: agent }).first().click();
  await page.locator('textarea').last().waitFor();
}
async function say(page, text, wait = true) {
  await page.locator('textarea:visible').last().fill(text);
  await page.keyboard.press('Enter');
  if (wait)
    await page
      .locator('main article[aria-busy=true]')
      .waitFor({ state: 'detached', timeout: SLOW })
      .catch(() => {});
  await page.waitForTimeout(wait ? 900 : 700);
}
const absent = () =>
  MODELS.map((model) =>
    model.default
      ? { ...model, state: { type: 'absent' }, residency: { type: 'absent' }, needs_bytes: null }
      : { ...model },
  );

/** What the states of other files need: where the page is, and the pretended server of the moment. */
const at = {
  url: site.url,
  get mock() {
    return mock;
  },
};

/** name → [options of the pretended server, walk] */
const STATES = {
  ...actingStates(at),
  ...answererStates(at),
  ...peopleStates(at),
  ...payStates(at),
  ...planStates(at),
  ...providerStates(at),
  ...requestStates(at),
  'setup-language': [{ fresh: true }, async (page) => page.goto(`${site.url}/setup#token=mock-token`)],
  'setup-no-token': [{ fresh: true }, async (page) => page.goto(`${site.url}/`)],
  'setup-account': [
    { fresh: true },
    async (page, w) => {
      await page.goto(`${site.url}/setup#token=mock-token`);
      await page.getByRole('button', { name: w.next }).click();
      await page.getByLabel(w.name).fill('小梅');
      await page.getByLabel(w.login).fill('mei');
      await page.getByLabel(w.pass, { exact: true }).fill('correct horse 7');
    },
  ],
  'setup-model': [
    { fresh: true, models: absent(), remote: [] },
    async (page, w) => {
      await page.goto(`${site.url}/setup#token=mock-token`);
      await page.getByRole('button', { name: w.next }).click();
      await page.getByLabel(w.name).fill('小梅');
      await page.getByLabel(w.login).fill('mei');
      await page.getByLabel(w.pass, { exact: true }).fill('correct horse 7');
      await page.getByRole('button', { name: w.create }).click();
      await page.getByRole('button', { name: w.download }).click();
      await page.waitForTimeout(3500);
    },
  ],
  'signin-wrong': [
    { signedIn: false },
    async (page, w) => {
      await page.goto(`${site.url}/`);
      await page.getByLabel(w.login).fill('mei');
      await page.getByLabel(w.pass).fill('wrong');
      await page.getByRole('button', { name: w.signIn }).click();
      await page.getByRole('alert').waitFor();
    },
  ],
  'home-empty': [{}, async (page) => page.goto(`${site.url}/`)],
  home: [
    {},
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market yesterday. /short');
      await page.goto(`${site.url}/`);
      await page.waitForTimeout(600);
    },
  ],
  'home-no-model': [{ models: absent(), remote: [] }, async (page) => page.goto(`${site.url}/`)],
  'windows-empty': [{}, async (page) => page.goto(`${site.url}/windows`)],
  greeting: [{}, async (page, w) => open(page, w.who)],
  'greeting-not-yet': [{}, async (page) => open(page, /3D/)],
  answer: [
    { tick: 4 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market yesterday. /think');
    },
  ],
  reasoning: [
    { tick: 4 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market yesterday. /think');
      await page.getByText(w.thought).click();
    },
  ],
  streaming: [
    {},
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market yesterday.', false);
      await page.waitForTimeout(900);
    },
  ],
  outcomes: [
    { tick: 4 },
    async (page, w) => {
      await open(page, w.who);
      for (const text of ['/fail please', '/interrupt please', '/short please']) await say(page, text);
    },
  ],
  branches: [
    { tick: 3 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market. /short');
      await page.getByRole('button', { name: w.again }).first().click();
      await page.waitForTimeout(1500);
    },
  ],
  editing: [
    { tick: 3 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market. /short');
      await page.locator('main article').first().hover();
      await page.getByRole('button', { name: w.edit }).click();
    },
  ],
  refused: [
    {},
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'Will you answer? /refuse');
    },
  ],
  'no-model': [{ models: absent() }, async (page, w) => open(page, w.who)],
  pulling: [
    { models: absent() },
    async (page, w) => {
      await open(page, w.who);
      await page.getByRole('button', { name: w.download }).click();
      await page.waitForTimeout(3500);
    },
  ],
  menu: [
    { tick: 3 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market. /short');
      await page.getByRole('button', { name: w.menu }).click();
    },
  ],
  history: [
    { tick: 3 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market. /short');
      await page.getByRole('button', { name: w.menu }).click();
      await page.getByText(w.hist).click();
      await page.waitForTimeout(400);
    },
  ],
  delete: [
    { tick: 3 },
    async (page, w) => {
      await open(page, w.who);
      await say(page, 'I goed to the market. /short');
      await page.getByRole('button', { name: w.menu }).click();
      await page.getByText(w.del).click();
    },
  ],
  palette: [
    {},
    async (page) => {
      await page.goto(`${site.url}/`);
      await page.waitForTimeout(300);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('写');
    },
  ],
  'palette-empty': [
    {},
    async (page) => {
      await page.goto(`${site.url}/`);
      await page.waitForTimeout(300);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
    },
  ],
  'three-windows': [
    { tick: 20 },
    async (page, _, size) => {
      mock.layout = threeWindows();
      await page.goto(`${site.url}/windows`);
      await page.locator('textarea:visible').first().waitFor();
      if (size === 'phone') return;
      const areas = page.locator('textarea:visible');
      for (let at = 0; at < (await areas.count()); at += 1) {
        await areas.nth(at).fill(at === 1 ? '/long please' : 'I goed to the market. /think');
        await areas.nth(at).press('Enter');
      }
      await page.waitForTimeout(3800);
    },
  ],
  lane: [
    {},
    async (page, w, size) => {
      await open(page, w.who);
      if (size === 'desk') await page.getByRole('button', { name: w.add }).first().click();
    },
  ],
  models: [{}, async (page) => page.goto(`${site.url}/models`)],
  'models-memory': [{ models: crowded() }, async (page) => page.goto(`${site.url}/models`)],
  'models-refused': [
    { models: crowded() },
    async (page, w) => {
      await page.goto(`${site.url}/models`);
      await page.getByRole('button', { name: w.load, exact: true }).last().click();
      await page.getByRole('alert').waitFor();
      await page.getByRole('alert').scrollIntoViewIfNeeded();
    },
  ],
  'models-unload': [
    { models: crowded() },
    async (page, w) => {
      await page.goto(`${site.url}/models`);
      await page.getByRole('button', { name: w.unload }).nth(1).click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  'models-member': [
    { models: crowded() },
    async (page) => {
      mock.me.member.role = 'member';
      await page.goto(`${site.url}/models`);
    },
  ],
  'models-empty': [{ models: [] }, async (page) => page.goto(`${site.url}/models`)],
  'models-down': [
    {},
    async (page) => {
      mock.cut = '/models';
      await page.goto(`${site.url}/models`);
      await page.getByRole('alert').waitFor();
    },
  ],
  settings: [{}, async (page) => page.goto(`${site.url}/settings`)],
  'not-found': [{}, async (page) => page.goto(`${site.url}/nowhere`)],
  offline: [
    {},
    async (page) => {
      mock.cut = '/threads';
      await page.goto(`${site.url}/`);
      await page.waitForTimeout(3800);
    },
  ],
  'server-down': [
    {},
    async (page) => {
      mock.cut = '/api';
      await page.goto(`${site.url}/`);
      await page.getByRole('alert').waitFor();
    },
  ],
};

/** Models in every state that the memory knows. */
function crowded() {
  const [small, middle, tiny] = structuredClone(MODELS);
  const installed = { type: 'installed' };
  const ready = small.residency;
  return [
    { ...small, pinned: true, residency: { ...ready, idle_seconds_left: null } },
    {
      ...tiny,
      state: installed,
      needs_bytes: 236e6,
      residency: { ...ready, memory_bytes: 221e6, requests: 2 },
    },
    { ...middle, state: installed, needs_bytes: 1610e6, residency: { type: 'loading' } },
    {
      ...small,
      id: 'qwen3-4b',
      name: 'Qwen3 4B',
      default: false,
      parameters: '4B',
      bytes: 2.5e9,
      needs_bytes: 3.4e9,
      residency: {
        ...ready,
        memory_bytes: 3.3e9,
        idle_seconds_left: 45,
        isolation: { landlock: null, seccomp: true },
      },
    },
    {
      ...middle,
      id: 'deepseek-r1-7b',
      name: 'DeepSeek R1 Distill 7B',
      parameters: '7B',
      bytes: 4.7e9,
      state: installed,
      needs_bytes: 4.9e9,
    },
    {
      ...middle,
      id: 'qwen2.5-coder-14b',
      name: 'Qwen2.5 Coder 14B Instruct',
      parameters: '14B',
      bytes: 8.99e9,
      state: installed,
      needs_bytes: 10.2e9,
    },
  ];
}

function threeWindows() {
  const window = (id, agentId) => ({ id, agentId, threadId: crypto.randomUUID(), fresh: true });
  const windows = [window('a', 'tutor'), window('b', 'writer'), window('c', 'coder'), window('d', 'ask')];
  const tab = ({ id }) => ({ type: 'tab', id, name: id, component: 'window' });
  const set = (weight, ...tabs) => ({ type: 'tabset', weight, children: tabs.map(tab) });
  const [a, b, c, d] = windows;
  return {
    v: 1,
    windows,
    active: 'a',
    dock: {
      global: {},
      borders: [],
      layout: {
        type: 'row',
        children: [set(50, a, d), { type: 'row', weight: 50, children: [set(50, b), set(50, c)] }],
      },
    },
  };
}

const troubles = new Set();
for (const sizeName of argument('sizes', 'desk,phone')) {
  for (const theme of argument('themes', 'light,dark')) {
    for (const locale of argument('locales', 'en,zh-CN')) {
      for (const [name, [options, walk]] of Object.entries(STATES)) {
        if (only.length > 0 && !only.includes(name)) continue;
        mock = new MockServer({
          tick: 12,
          ...options,
          ...(options.models ? { models: structuredClone(options.models) } : {}),
        });
        if (mock.me) mock.me.member.locale = locale;
        const context = await browser.newContext({
          viewport: SIZES[sizeName],
          locale,
          colorScheme: theme,
          reducedMotion: 'reduce',
          hasTouch: sizeName === 'phone',
        });
        await context.addInitScript((chosen) => localStorage.setItem('hutong.locale', chosen), locale);
        const page = await context.newPage();
        page.on('console', (message) => {
          if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
            troubles.add(`${name}: ${message.text()}`);
        });
        page.on('pageerror', (error) => troubles.add(`${name}: ${error.message}`));
        try {
          await walk(page, WORDS[locale], sizeName);
        } catch (error) {
          troubles.add(`${name} ${sizeName} ${locale}: ${error.message.split('\n')[0]}`);
        }
        await page
          .locator('h1, h2, [role=alert], [role=note]')
          .first()
          .waitFor({ timeout: 5000 })
          .catch(() => {});
        await page.waitForTimeout(450);
        await page.evaluate(AXE);
        const found = await page.evaluate(() =>
          window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
        );
        for (const { id, nodes } of found.violations) {
          const first = nodes[0];
          troubles.add(
            `${name} ${sizeName} ${theme}: ${id} ×${nodes.length}: ${first?.html.slice(0, 160)} ${first?.any[0]?.message ?? first?.all[0]?.message ?? ''}`,
          );
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) troubles.add(`${name} ${sizeName} ${locale}: ${wide} px too wide`);
        await page.screenshot({ path: `${OUT}${name}.${sizeName}.${theme}.${locale}.png` });
        await context.close();
      }
    }
  }
}
await browser.close();
site.stop();
for (const trouble of troubles) console.log(trouble);
process.exit(troubles.size > 0 ? 1 : 0);
