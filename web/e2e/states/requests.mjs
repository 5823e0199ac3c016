// The states of the page about requests to models.

export const REQUEST_WORDS = {
  en: { openRequest: /^qwen3-235b/, spentChart: 'Spent', failedOnly: 'Failed only', byKey: 'Key' },
  'zh-CN': {
    openRequest: /^qwen3-235b/,
    spentChart: '花费',
    failedOnly: '只看失败',
    byKey: '密钥',
  },
};

export const requestStates = (at) => {
  const visit = (arrange = () => {}, walk = async () => {}) => [
    {},
    async (page, w) => {
      arrange(at.mock);
      await page.goto(`${at.url}/admin/requests`);
      await page.waitForTimeout(500);
      await walk(page, w);
    },
  ];
  const opened = (arrange = () => {}) =>
    visit(arrange, async (page, w) => {
      await page.getByRole('button', { name: w.openRequest }).first().click();
      await page.getByRole('dialog').waitFor();
      await page.waitForTimeout(300);
    });
  return {
    requests: visit(),
    'requests-list': visit(
      () => {},
      async (page) => page.locator('#latest-requests').scrollIntoViewIfNeeded(),
    ),
    'requests-savings': visit(
      () => {},
      async (page) => page.locator('#savings').evaluate((title) => title.scrollIntoView()),
    ),
    'requests-failed': visit(
      () => {},
      async (page, w) => {
        await page.getByText(w.failedOnly, { exact: true }).click();
        await page.waitForTimeout(300);
        await page.locator('#latest-requests').scrollIntoViewIfNeeded();
      },
    ),
    'requests-trace': opened(),
    'requests-words': opened((mock) => {
      mock.requests.log = 'full';
      mock.requests.texts = {
        asked_text: '[{"role":"user","content":"我的密钥是 [secret]，这样安全吗？"}]',
        answered_text: '不安全，请立刻换一把。',
      };
    }),
    'requests-empty': visit((mock) => {
      mock.requests.hasAny = false;
    }),
    'requests-off': visit((mock) => {
      mock.requests.hasAny = false;
      mock.requests.log = 'none';
    }),
    'requests-error': visit(
      (mock) => {
        mock.cut = '/requests/overview';
      },
      async (page) => page.getByRole('alert').waitFor(),
    ),
  };
};
