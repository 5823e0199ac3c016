// The states of the pages about plans and money.

import { alertsOf } from '../../mock-api/alerts.ts';

const END = '2026-12-23T09:00:00Z';

/** Holds Pro, paid. */
function paysPro({ billing }) {
  const pro = { micros: 199_000_000, currency: 'CNY' };
  billing.mine = { ...billing.mine, wallet_micros: 400_000_000 };
  billing.answer('POST', ['me', 'plan'], new URLSearchParams(), { plan: 'pro' });
  billing.mine.subscription = { ...billing.mine.subscription, period_end: END, renewal: pro };
}

/** Much of five limits is used, now. */
function isWarned({ billing, me }) {
  const [now, soon] = [0, 9 * 3600_000].map((later) => new Date(Date.now() + later).toISOString());
  billing.alerts = alertsOf(me.member.id).map((alert) => ({
    ...alert,
    at: now,
    period_ends_at: alert.period_ends_at && soon,
  }));
}

export const planStates = (at) => {
  const visit = (path, arrange = () => {}) => [
    {},
    async (page) => {
      arrange(at.mock);
      await page.goto(`${at.url}${path}`);
    },
  ];
  const pressed = (path, name, arrange = () => {}) => [
    {},
    async (page, w) => {
      arrange(at.mock);
      await page.goto(`${at.url}${path}`);
      await page.getByRole('button', { name: w[name] }).first().click();
      await page.getByRole('dialog').waitFor();
    },
  ];
  const redeemed = (code) => [
    {},
    async (page, w) => {
      await page.goto(`${at.url}/usage/wallet`);
      await page.getByLabel(w.code).fill(code);
      await page.getByRole('button', { name: w.redeem }).click();
      await page.waitForTimeout(400);
    },
  ];
  const spendBy = (path, by, arrange = () => {}) => [
    {},
    async (page, w) => {
      arrange(at.mock);
      await page.goto(`${at.url}${path}`);
      await page.getByText(w[by], { exact: true }).first().click();
      await page.waitForTimeout(400);
    },
  ];
  const refused = (text) => [
    {},
    async (page, w) => {
      await page.goto(`${at.url}/`);
      await page.getByRole('button', { name: w.who }).first().click();
      await page.locator('textarea').last().fill(text);
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
    },
  ];
  return {
    plan: visit('/usage'),
    'alerts-home': visit('/', isWarned),
    'alerts-windows': visit('/windows', isWarned),
    'alerts-plan': visit('/usage', isWarned),
    'alerts-admin': visit('/admin/spend', isWarned),
    'plan-offers': [
      {},
      async (page) => {
        await page.goto(`${at.url}/usage?plan=plus`);
        await page.locator('article').last().scrollIntoViewIfNeeded();
      },
    ],
    'plan-buy': pressed('/usage', 'choosePro', ({ billing }) => {
      billing.mine.wallet_micros = 300_000_000;
    }),
    'plan-short': pressed('/usage', 'choosePro'),
    'plan-try': pressed('/usage', 'tryPlus'),
    'plan-pro': visit('/usage', paysPro),
    'plan-cancel': pressed('/usage', 'cancelPlan', paysPro),
    'plan-ending': visit('/usage', (mock) => {
      paysPro(mock);
      mock.billing.mine.subscription.next = { then: 'change', plan: 'plus' };
    }),
    'plan-ended': visit('/usage', ({ billing }) => {
      billing.mine.ended = { plan: 'plus', at: '2026-11-20T09:00:00Z', because: 'unpaid' };
    }),
    'plan-down': [
      {},
      async (page) => {
        at.mock.cut = '/me/plan';
        await page.goto(`${at.url}/usage`);
        await page.getByRole('alert').waitFor();
      },
    ],
    wallet: visit('/usage/wallet'),
    'wallet-empty': visit('/usage/wallet', ({ billing }) => {
      billing.movements = [];
      billing.mine.wallet_micros = 0;
    }),
    'wallet-redeemed': redeemed('GOOD'),
    'wallet-refused': redeemed('SPENT'),
    spend: visit('/usage/spend'),
    'spend-agents': spendBy('/usage/spend', 'byAgent'),
    'spend-empty': visit('/usage/spend', ({ billing }) => {
      billing.hasSpent = false;
    }),
    statements: visit('/usage/statements'),
    'statements-empty': visit('/usage/statements', ({ billing }) => {
      billing.months = [];
    }),
    statement: visit('/usage/statements/2026-11'),
    vouchers: visit('/admin/vouchers', ({ billing }) => {
      const made = { made_by: 'm1', created_at: END, valid_from: END, removed_at: null, redeemed: 0 };
      const credit = { kind: 'credit', amount: { micros: 20_000_000, currency: 'CNY' } };
      const plan = { kind: 'plan', plan: 'plus', days: 90 };
      billing.vouchers = [
        {
          ...made,
          id: 'v1',
          code: 'H7KD-92MX-QQ4P-B3TZ',
          worth: credit,
          most_members: 1,
          redeemed: 1,
          expires_at: null,
          note: '',
        },
        {
          ...made,
          id: 'v2',
          code: 'M3PQ-7T2A-XK9D-4WZE',
          worth: credit,
          most_members: 50,
          redeemed: 12,
          expires_at: '2036-12-31T09:00:00Z',
          note: '双十一活动',
        },
        {
          ...made,
          id: 'v3',
          code: 'Z8RA-1C5V-NN6G-YH2J',
          worth: plan,
          most_members: 30,
          expires_at: null,
          note: 'English class of 2026',
        },
      ];
    }),
    'vouchers-empty': visit('/admin/vouchers'),
    'voucher-make': pressed('/admin/vouchers', 'newVoucher'),
    'spend-admin': spendBy('/admin/spend', 'byMember'),
    'member-plan': [
      {},
      async (page, w) => {
        await page.goto(`${at.url}/admin/people`);
        await page.getByRole('button', { name: w.moreOf }).click();
        await page.getByRole('menuitem', { name: w.planAndWallet }).click();
        await page.getByRole('dialog').waitFor();
        await page.waitForTimeout(300);
      },
    ],
    'quota-refused': refused('hello /quota'),
    'wallet-lacks': refused('hello /wallet'),
  };
};

export const PLAN_WORDS = {
  en: {
    choosePro: 'Choose Pro',
    tryPlus: /^Try it/,
    cancelPlan: 'Cancel plan',
    code: 'Voucher code',
    redeem: 'Redeem',
    byAgent: 'Agent',
    byMember: 'Member',
    newVoucher: 'New voucher',
    moreOf: /^More about Sun/,
    planAndWallet: 'Plan and wallet',
  },
  'zh-CN': {
    choosePro: '选择专业版',
    tryPlus: /^免费试用/,
    cancelPlan: '取消套餐',
    code: '代金券兑换码',
    redeem: '兑换',
    byAgent: '智能体',
    byMember: '成员',
    newVoucher: '新建代金券',
    moreOf: /^Sun 的更多/,
    planAndWallet: '套餐与钱包',
  },
};
