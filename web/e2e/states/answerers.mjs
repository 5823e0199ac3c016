// Who answers: the choice in a window, and the models of providers.
import { MANY_REMOTE } from '../../mock-api/remote.ts';
import { MODELS } from '../../mock-api/words.ts';

export const ANSWERER_WORDS = {
  en: {
    who_answers: /^Who answers/,
    tutor: 'English tutor',
    dear: /deepseek-v4-pro/,
    policies: { auto: /^Automatic/, best: /^Best/, cheap: /^Cheap/ },
  },
  'zh-CN': {
    who_answers: /^由谁回答/,
    tutor: '英语私教',
    dear: /deepseek-v4-pro/,
    policies: { auto: /^自动/, best: /^最好/, cheap: /^省钱/ },
  },
};

const away = () =>
  MODELS.map((model) => ({
    ...model,
    state: { type: 'absent' },
    residency: { type: 'absent' },
    needs_bytes: null,
  }));

export function answererStates(at) {
  const open = async (page, w) => {
    await page.goto(`${at.url}/`);
    await page.getByRole('button', { name: w.tutor }).first().click();
    await page.locator('textarea').last().waitFor();
  };
  const menu = async (page, w) => {
    await page.getByRole('button', { name: w.who_answers }).click();
    await page.getByRole('menu').waitFor();
  };
  const say = async (page, text) => {
    await page.locator('textarea:visible').last().fill(text);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(1800);
  };
  const routed = (policy) => [
    { tick: 2 },
    async (page, w) => {
      await open(page, w);
      await menu(page, w);
      await page.getByRole('menuitemradio', { name: w.policies[policy] }).click();
      await say(page, 'I goed to the market. /short');
      await page.locator('details summary:visible').last().click();
      await page.waitForTimeout(300);
    },
  ];
  return {
    'route-auto': routed('auto'),
    'route-fell-back': routed('best'),
    'route-tried': routed('cheap'),
    'answerer-menu': [
      {},
      async (page, w) => {
        await open(page, w);
        await menu(page, w);
      },
    ],
    'answerer-many': [
      { remote: MANY_REMOTE },
      async (page, w) => {
        await open(page, w);
        await menu(page, w);
      },
    ],
    'answerer-filtered': [
      { remote: MANY_REMOTE },
      async (page, w) => {
        await open(page, w);
        await menu(page, w);
        await page.keyboard.type('plus');
      },
    ],
    'answerer-chosen': [
      { tick: 2 },
      async (page, w) => {
        await open(page, w);
        await menu(page, w);
        await page.getByRole('menuitemradio', { name: w.dear }).click();
        await say(page, 'I goed to the market. /short');
      },
    ],
    'answerer-gone': [
      {},
      async (page, w) => {
        await open(page, w);
        await menu(page, w);
        await page.getByRole('menuitemradio', { name: w.dear }).click();
        await page.waitForTimeout(1500);
        at.mock.remote = [];
        await page.reload();
        await page.getByRole('note').waitFor();
      },
    ],
    'answerer-stands-in': [
      { models: away() },
      async (page, w) => {
        await open(page, w);
        await menu(page, w);
      },
    ],
    'answerer-errors': [
      { tick: 2 },
      async (page, w) => {
        await open(page, w);
        for (const code of ['upstream_funds', 'upstream_cut']) await say(page, `/${code} please`);
      },
    ],
    'home-provider': [{ models: away() }, async (page) => page.goto(`${at.url}/`)],
    'welcome-provider': [{ models: away() }, async (page) => page.goto(`${at.url}/welcome`)],
    'models-providers': [
      {},
      async (page) => {
        await page.goto(`${at.url}/models`);
        await page.locator('#providers').waitFor();
        await page.locator('#providers').scrollIntoViewIfNeeded();
        await page.evaluate(() => document.querySelector('#providers').scrollIntoView());
      },
    ],
    'models-no-provider': [
      { remote: [] },
      async (page) => {
        await page.goto(`${at.url}/models`);
        await page.locator('#providers').waitFor();
        await page.evaluate(() => document.querySelector('#providers').scrollIntoView());
      },
    ],
  };
}
