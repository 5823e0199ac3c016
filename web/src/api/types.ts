/** The app's names for the documents of the HTTP API, which `schema.d.ts` (made by `./x gen`) describes. */
import type { components } from './schema';

export type * from './billing.types.ts';

type Schemas = components['schemas'];

export type Locale = Schemas['Locale'];
export type Localized<T = string> = { zh: T; en: T };

export type Status = Schemas['Status'];
export type Me = Schemas['Me'];

export type Category = Schemas['Category'];
export type Agent = Schemas['AgentSummary'];

export type Thread = Schemas['Thread'];
export type ThreadPage = Schemas['ThreadPage'];

export type Part = Schemas['Part'];
export type ToolUse = Schemas['ToolUse'];
export type ToolFile = Schemas['ToolFile'];
export type CallDecision = Schemas['CallDecision'];
export type Verdict = Schemas['CallVerdict'];
export type Message = Schemas['Message'];
export type MessagePage = Schemas['MessagePage'];

export type Run = Schemas['Run'];
export type RunState = Schemas['RunState'];
export type RunEvent = Schemas['Event'];
export type RunInput = Schemas['RunInput'];
export type StartRun = Schemas['StartRunRequest'];

export type Model = Schemas['Model'];
export type RemoteModel = Schemas['RemoteModel'];
export type RoutingPolicy = Schemas['RoutingPolicy'];
export type Route = Schemas['Route'];
export type ModelPrice = Schemas['ModelPrice'];
export type ModelList = Schemas['ModelList'];
export type Residency = Schemas['Residency'];
export type Cache = Schemas['Cache'];
export type Plan = Schemas['Plan'];
export type MyPlan = Schemas['MyPlan'];
export type AllowanceUse = Schemas['AllowanceUse'];
export type Member = Schemas['MemberDetail'];
export type Group = Schemas['Group'];
export type Role = Schemas['MemberRole'];
export type Invitation = Schemas['Invitation'];
export type InvitationView = Schemas['InvitationView'];
export type JoinRequest = Schemas['JoinRequest'];
export type SignUpPolicy = Schemas['SignUpPolicy'];
export type RecoveryView = Schemas['RecoveryView'];
export type Session = Schemas['Session'];
export type SecondFactor = Schemas['SecondFactor'];
export type BegunSecondFactor = Schemas['BegunSecondFactor'];
export type ApiKey = Schemas['ApiKey'];
export type CreatedKey = Schemas['CreatedKey'];
export type CreateKey = Schemas['CreateKeyRequest'];
export type Order = Schemas['Order'];
export type OrderPage = Schemas['OrderPage'];
export type PlaceOrder = Schemas['PlaceOrderRequest'];
export type WaysToPay = Schemas['WaysToPay'];
export type StrayMessage = Schemas['StrayMessage'];
export type CreditStray = Schemas['CreditStrayRequest'];
export type SettleStray = Schemas['SettleStrayRequest'];
export type Provider = Schemas['Provider'];
export type ProviderTest = Schemas['ProviderTest'];
export type SetProvider = Schemas['SetProviderRequest'];
export type ErrorCode = Schemas['ErrorCode'];

/** Every code once: the compiler misses one that is absent and refuses one that is not there. */
const CODES: Record<ErrorCode, true> = {
  invalid_request: true,
  too_large: true,
  unauthenticated: true,
  wrong_credentials: true,
  second_factor_required: true,
  suspended: true,
  approval_over: true,
  link_invalid: true,
  forbidden: true,
  untrusted_origin: true,
  not_found: true,
  conflict: true,
  already_set_up: true,
  login_taken: true,
  last_owner: true,
  rate_limited: true,
  plan_required: true,
  quota_exceeded: true,
  too_many_runs: true,
  wallet_empty: true,
  budget_exceeded: true,
  payment_declined: true,
  gateway_down: true,
  plan_unavailable: true,
  voucher_unknown: true,
  voucher_expired: true,
  voucher_used_up: true,
  voucher_yours: true,
  overloaded: true,
  outcome_unknown: true,
  disk_full: true,
  context_exceeded: true,
  model_not_installed: true,
  no_route: true,
  model_corrupt: true,
  adapter_unusable: true,
  out_of_memory: true,
  download_failed: true,
  engine_failed: true,
  upstream_busy: true,
  upstream_down: true,
  upstream_cut: true,
  upstream_key: true,
  upstream_funds: true,
  upstream_refused: true,
  interrupted: true,
  internal: true,
};
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(CODES, code);

export const isLive = (state: RunState): boolean => state === 'queued' || state === 'running';
