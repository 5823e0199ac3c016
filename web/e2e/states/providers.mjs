// Which providers are asked, and what is said before a question leaves the machine for one.
import { MODELS } from '../../mock-api/words.ts';

export const PROVIDER_WORDS = {
  en: {
    addProvider: 'Add a provider',
    provider: 'Provider',
    providerKey: 'Key',
    saveProvider: 'Save and test',
    testProvider: 'Test',
    removeProvider: 'Remove',
    moreOfProvider: /^More about DeepSeek/,
  },
  'zh-CN': {
    addProvider: '添加服务商',
    provider: '服务商',
    providerKey: '密钥',
    saveProvider: '保存并测试',
    testProvider: '测试',
    removeProvider: '移除',
    moreOfProvider: /^DeepSeek 的更多操作/,
  },
};

const absent = () =>
  MODELS.map((model) => ({
    ...model,
    state: { type: 'absent' },
    residency: { type: 'absent' },
    needs_bytes: null,
  }));

export function providerStates(at) {
  const desk = (walk = async () => {}) => [
    {},
    async (page, w) => {
      await page.goto(`${at.url}/models`);
      await page.locator('#provider-desk').waitFor();
      await page.evaluate(() => document.querySelector('#provider-desk').scrollIntoView());
      await page.waitForTimeout(400);
      await walk(page, w);
    },
  ];
  const add = async (page, w) => {
    await page.getByRole('button', { name: w.addProvider }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(w.provider, { exact: true }).selectOption('moonshot');
    return dialog;
  };
  const asked = async (page) => {
    await page.goto(`${at.url}/`);
    await page.waitForTimeout(400);
    await page.locator('textarea').first().fill('为什么天是蓝的？ Why is the sky blue?');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(400);
  };
  return {
    'providers-desk': desk(),
    'providers-add': desk(add),
    'providers-added': desk(async (page, w) => {
      const dialog = await add(page, w);
      await dialog.getByLabel(w.providerKey, { exact: true }).fill('sk-one');
      await dialog.getByRole('button', { name: w.saveProvider }).click();
      await page.waitForTimeout(800);
    }),
    'providers-refused': desk(async (page, w) => {
      const dialog = await add(page, w);
      await dialog.getByLabel(w.providerKey, { exact: true }).fill('sk-wrong');
      await dialog.getByRole('button', { name: w.saveProvider }).click();
      await page.waitForTimeout(800);
    }),
    'providers-tested': desk(async (page, w) => {
      await page.getByRole('button', { name: w.testProvider, exact: true }).first().click();
      await page.waitForTimeout(800);
    }),
    'home-leaves': [{ models: absent() }, asked],
    'window-leaves': [
      { models: absent() },
      async (page, w) => {
        await page.goto(`${at.url}/`);
        await page.getByRole('button', { name: w.tutor }).first().click();
        await page.locator('textarea').last().waitFor();
        await page.waitForTimeout(500);
      },
    ],
  };
}
