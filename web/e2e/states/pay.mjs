// The states of the pages about payments.
import { someOrders } from '../../mock-api/pay.ts';

export const PAY_WORDS = {
  en: {
    topUp: 'Top up',
    other: 'Another amount',
    wechat: 'WeChat Pay',
    admin: 'An admin',
    card: 'Card (Stripe)',
    pay: /^Pay /,
    back: 'Give back',
    credit: 'Credit',
    settled: 'Done',
  },
  'zh-CN': {
    topUp: '充值',
    other: '其他金额',
    wechat: '微信支付',
    admin: '找管理员',
    card: '银行卡（Stripe）',
    pay: /^支付 /,
    back: '退款',
    credit: '入账',
    settled: '已处理',
  },
};

/** What gateways say of payments that are for no order, or for another one than they name. */
const SPOKEN = {
  gateway: 'stripe',
  payment: 'pi_3Pq81kLkdIwHu7ix0FqS',
  what: 'paid',
  money: { micros: 12_000_000, currency: 'CNY' },
  reason: 'unknown_order',
  heard_at: '2026-11-22T08:00:00Z',
};
const FOREIGN = {
  ...SPOKEN,
  gateway: 'alipay',
  payment: '2026112222001460521439876543',
  money: { micros: 1_288_500_000, currency: 'CNY' },
  reason: 'other_gateway',
};
const REPEATED = {
  ...SPOKEN,
  gateway: 'wechat',
  payment: '4200002459202611228854726190',
  money: { micros: 5_000_000, currency: 'CNY' },
  reason: 'other_order',
};

export const payStates = (at) => {
  const topUp = async (page, w) => {
    await page.goto(`${at.url}/usage/wallet`);
    await page.getByRole('button', { name: w.topUp, exact: true }).click();
    await page.getByRole('radio', { name: w.other }).waitFor({ state: 'attached' });
  };
  const placed = (way) => [
    {},
    async (page, w) => {
      await topUp(page, w);
      await page.getByText(w[way], { exact: true }).click();
      await page.getByRole('button', { name: w.pay }).click();
      await page.waitForTimeout(500);
    },
  ];
  const orders = (walk = async () => {}) => [
    {},
    async (page, w) => {
      at.mock.payments.orders = someOrders();
      at.mock.payments.ways.missing = [{ gateway: 'stripe', settings: ['stripe.webhook_secrets'] }];
      at.mock.payments.strays = [SPOKEN];
      await page.goto(`${at.url}/admin/payments`);
      await page.waitForTimeout(500);
      await walk(page, w);
    },
  ];
  return {
    'pay-choose': [{}, topUp],
    'pay-other': [
      {},
      async (page, w) => {
        await topUp(page, w);
        await page.getByText(w.other, { exact: true }).click();
        await page.getByRole('dialog').getByRole('textbox').fill('0.5');
      },
    ],
    'pay-scan': placed('wechat'),
    'pay-visit': placed('card'),
    'pay-by-hand': placed('admin'),
    'pay-return': [
      {},
      async (page) => {
        at.mock.payments.orders = someOrders();
        await page.goto(`${at.url}/pay/return?order=o4`);
        await page.waitForTimeout(500);
      },
    ],
    'pay-orders': orders(),
    'pay-refund': orders(async (page, w) => {
      await page.getByRole('button', { name: w.back }).first().click();
    }),
    'pay-strays': orders(async (page) => {
      at.mock.payments.strays = [{ ...SPOKEN, what: 'refunded' }, SPOKEN, FOREIGN, REPEATED];
      at.mock.payments.orders = [];
      await page.reload();
      await page.getByText(REPEATED.payment).waitFor();
      await page.getByText(REPEATED.payment).scrollIntoViewIfNeeded();
    }),
    'pay-stray-credit': orders(async (page, w) => {
      await page.getByRole('button', { name: w.credit, exact: true }).last().click();
      await page.getByRole('dialog').waitFor();
    }),
    'pay-stray-settle': orders(async (page, w) => {
      await page.getByRole('button', { name: w.settled, exact: true }).last().click();
      await page.getByRole('dialog').getByRole('textbox').fill('Given back at Stripe');
    }),
    'pay-stray-taken': orders(async (page, w) => {
      await page.getByRole('button', { name: w.settled, exact: true }).last().click();
      at.mock.payments.strays = [];
      await page.getByRole('dialog').getByRole('button', { name: w.settled, exact: true }).click();
      await page.getByRole('alert').waitFor();
    }),
    'pay-credit-extra': orders(async (page, w) => {
      await page.getByRole('button', { name: w.credit, exact: true }).first().click();
      await page.getByRole('dialog').waitFor();
    }),
  };
};
