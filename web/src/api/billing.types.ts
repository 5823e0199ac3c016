/** Plans at work: what is held, paid, given and used. */

export type Money = { micros: number; currency: string };

export type PlanNext = { then: 'renew' | 'change' | 'end'; plan?: string };
export type Subscription = {
  plan: string;
  is_trial: boolean;
  is_paid: boolean;
  period_begin: string;
  period_end: string | null;
  next: PlanNext;
  renewal: Money;
};
export type EndedPlan = {
  plan: string;
  at: string;
  because: 'unpaid' | 'cancelled' | 'plan_gone' | 'over';
};
export type PlanQuote = { charge: Money; credit: Money; missing: Money };

export type MovementReason =
  | 'top_up'
  | 'payout'
  | 'voucher'
  | 'grant'
  | 'lapse'
  | 'purchase'
  | 'refund'
  | 'correction'
  | 'provider_payment'
  | 'rounding'
  | 'hold'
  | 'extension'
  | 'settlement'
  | 'release'
  | 'expiry'
  | 'cost';
export type Movement = {
  at: string;
  reason: MovementReason;
  amount: Money;
  plan?: string;
  note?: string;
  run_id?: string;
  agent_id?: string;
  model?: string;
};
export type Wallet = { balance: Money; movements: Movement[]; next: string | null };

export type StatementLine = Movement & { account: 'wallet' | 'allowance'; balance: Money };
export type Statement = {
  month: string;
  currency: string;
  opening: Money;
  closing: Money;
  totals: { reason: MovementReason; amount: Money }[];
  lines: StatementLine[];
};

export type SpendBy = 'day' | 'agent' | 'model' | 'member';
export type SpendRow = {
  key: string;
  name?: string;
  amount: Money;
  runs: number;
  tokens: number;
  saved?: Money;
};
export type Spend = {
  rows: SpendRow[];
  total: { amount: Money; runs: number; tokens: number; saved?: Money };
  reference?: { vendor: string; model: string };
};

export type VoucherWorth = { kind: 'credit'; amount: Money } | { kind: 'plan'; plan: string; days: number };
export type Voucher = {
  id: string;
  code: string | null;
  worth: VoucherWorth;
  most_members: number;
  redeemed: number;
  valid_from: string;
  expires_at: string | null;
  note: string;
  made_by: string;
  created_at: string;
  removed_at: string | null;
};
