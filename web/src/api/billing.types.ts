/** Plans at work: what is held, paid, given and used. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Alert = Schemas['Alert'];
export type Money = Schemas['Money'];
export type PlanNext = Schemas['PlanNext'];
export type Subscription = Schemas['Subscription'];
export type PlanQuote = Schemas['PlanQuote'];
export type Movement = Schemas['WalletMovement'];
export type MovementReason = Movement['reason'];
export type Wallet = Schemas['Wallet'];
export type Statement = Schemas['Statement'];
export type StatementLine = Schemas['StatementLine'];
export type Spend = Schemas['Spend'];
export type SpendRow = Spend['rows'][number];
export type SpendBy = 'day' | 'agent' | 'model' | 'member';
export type VoucherWorth = Schemas['VoucherWorth'];
export type Voucher = Schemas['Voucher'];
export type MemberPlan = Schemas['MemberPlan'];
