/** Plans, wallets, statements and vouchers, through the one door. */
import type { Span } from '../core/span.ts';
import { BASE, request } from './client.ts';
import type {
  Alert,
  MemberPlan,
  MyPlan,
  PlanNext,
  PlanQuote,
  Spend,
  SpendBy,
  Statement,
  Voucher,
  VoucherWorth,
  Wallet,
} from './types.ts';

export type { Span };
export type VoucherWish = {
  id: string;
  worth: VoucherWorth;
  most_members?: number;
  expires_at?: string | null;
  note?: string;
};

export const billing = {
  buyPlan: (body: { plan: string; trial?: boolean }) => request<MyPlan>('POST', '/me/plan', { body }),
  quotePlan: (plan: string) => request<PlanQuote>('POST', '/me/plan/quote', { body: { plan } }),
  nextPlan: (body: PlanNext) => request<MyPlan>('PUT', '/me/plan/next', { body }),

  alerts: () => request<{ items: Alert[] }>('GET', '/me/alerts'),
  putAway: (alert: string) => request<void>('DELETE', `/me/alerts/${alert}`),

  wallet: (before: string | null) => request<Wallet>('GET', '/me/wallet', { query: { before } }),
  redeem: (code: string) => request<{ worth: VoucherWorth }>('POST', '/me/vouchers', { body: { code } }),

  statements: () => request<{ items: string[] }>('GET', '/me/statements'),
  statement: (month: string) => request<Statement>('GET', `/me/statements/${month}`),
  /** The address of a statement as a file. */
  statementFile: (month: string, format: 'csv' | 'html') => `${BASE}/me/statements/${month}?format=${format}`,

  mySpend: (span: Span, by: SpendBy) => request<Spend>('GET', '/me/spend', { query: { ...span, by } }),
  spend: (span: Span, by: SpendBy) => request<Spend>('GET', '/spend', { query: { ...span, by } }),

  vouchers: () => request<{ items: Voucher[] }>('GET', '/vouchers'),
  makeVoucher: (body: VoucherWish) => request<Voucher>('POST', '/vouchers', { body }),
  removeVoucher: (id: string) => request<void>('DELETE', `/vouchers/${id}`),

  memberPlan: (id: string) => request<MemberPlan>('GET', `/members/${id}/plan`),
  setMemberPlan: (id: string, body: { plan: string; until?: string }) =>
    request<MemberPlan>('PUT', `/members/${id}/plan`, { body }),
  moveWallet: (
    id: string,
    body: { id: string; amount: { micros: number; currency: string }; note: string },
  ) => request<unknown>('POST', `/members/${id}/wallet`, { body }),
};
