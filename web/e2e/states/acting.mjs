// Agents that act: calls in an answer, and the question whether one may be made.

export const ACTING_WORDS = {
  en: { allow: 'Allow', refuse: 'Refuse', page: /Read a page/, goOn: 'Go on' },
  'zh-CN': { allow: '允许', refuse: '拒绝', page: /读网页/, goOn: '继续' },
};

export function actingStates(at) {
  const said = (text, walk = async () => {}) => [
    { tick: 2 },
    async (page, w) => {
      await page.goto(`${at.url}/`);
      await page.getByRole('button', { name: w.tutor }).first().click();
      await page.locator('textarea').last().waitFor();
      await page.locator('textarea:visible').last().fill(text);
      await page.keyboard.press('Enter');
      await page.waitForTimeout(1200);
      await walk(page, w);
      await page.waitForTimeout(400);
    },
  ];
  return {
    'acting-tools': said('Split 1,200 with 10 % off between three of us. /tools', async (page, w) => {
      await page.locator('summary', { hasText: w.page }).last().click();
    }),
    'acting-approve': said('Dinner on Saturday at seven? /approve'),
    'acting-both': said('Dinner, and pay my share. /approve /both', async (page, w) => {
      await page.getByRole('button', { name: w.allow, exact: true }).last().click();
    }),
    'acting-allowed': said('Dinner on Saturday at seven? /approve', async (page, w) => {
      await page.getByRole('button', { name: w.allow, exact: true }).click();
      await page.waitForTimeout(1200);
    }),
    'acting-cut': said('How much is it each? /cut'),
  };
}
