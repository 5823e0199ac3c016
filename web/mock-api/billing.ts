/** Plans at work, wallets, vouchers and spending of the pretended workspace. */
import type {
  Alert,
  MemberPlan,
  Money,
  Movement,
  MyPlan,
  Plan,
  PlanNext,
  Spend,
  SpendRow,
  Voucher,
  VoucherWorth,
} from '../src/api/types.ts';
import { daysOf } from '../src/core/span.ts';
import { myPlan, PLANS } from './plans.ts';
import { Refusal } from './refusal.ts';
import { statementOf } from './statements.ts';

type Body = Record<string, unknown>;
const NOW = '2026-11-23T09:00:00Z';
const END = '2026-12-23T09:00:00Z';
const cny = (micros: number): Money => ({ micros, currency: 'CNY' });

export class Billing {
  mine: MyPlan = myPlan();
  movements: Movement[] = [
    {
      at: '2026-11-23T08:12:00Z',
      reason: 'settlement',
      amount: cny(-42_318),
      agent_id: 'tutor',
      model: 'deepseek-chat',
    },
    { at: '2026-11-22T10:00:00Z', reason: 'voucher', amount: cny(10_000_000) },
    { at: '2026-11-20T09:30:00Z', reason: 'top_up', amount: cny(2_542_318), note: '现金，十一月' },
  ];
  vouchers: Voucher[] = [];
  alerts: Alert[] = [];
  months: string[] = ['2026-11', '2026-10'];
  /** What days, agents, models and members cost; nothing when it is false. */
  hasSpent = true;
  members = new Map<string, MemberPlan>();

  /** Null when it is about something else; `undefined` is an answer without a body. */
  answer(method: string, parts: readonly string[], query: URLSearchParams, body: Body): unknown {
    const [area = '', what = '', third = ''] = parts;
    if (area === 'me') return this.#me(`${method} ${parts.slice(1, 3).join('/')}`, third, query, body);
    if (area === 'spend') return this.#spend(query);
    if (area === 'vouchers') return this.#vouchers(method, what, body);
    if (area === 'members' && (third === 'plan' || third === 'wallet')) {
      return this.#member(`${method} ${third}`, what, body);
    }
    return null;
  }

  /** Messages that the plan does not allow. */
  refuse(text: string): void {
    if (text.includes('/quota')) {
      throw new Refusal('quota_exceeded', [
        { kind: 'wait_until', at: '2026-11-23T13:00:00Z' },
        { kind: 'upgrade', plan: 'plus' },
      ]);
    }
    if (text.includes('/wallet')) {
      throw new Refusal('wallet_empty', [{ kind: 'top_up', micros: 1_500_000, currency: 'CNY' }]);
    }
  }

  #me(route: string, third: string, query: URLSearchParams, body: Body): unknown {
    switch (route) {
      case 'GET plan':
        return this.mine;
      case 'POST plan':
        return this.#buy(String(body.plan), body.trial === true);
      case 'POST plan/quote': {
        const { charge, credit } = this.#quote(String(body.plan));
        return {
          charge: cny(charge),
          credit: cny(credit),
          missing: cny(Math.max(0, charge - credit - this.mine.wallet_micros)),
        };
      }
      case 'PUT plan/next':
        if (!this.mine.subscription) throw new Refusal('conflict');
        this.mine.subscription.next = body as PlanNext;
        return this.mine;
      case 'GET alerts':
        return { items: this.alerts };
      case 'GET wallet':
        return { balance: cny(this.mine.wallet_micros), movements: this.movements, next: null };
      case 'POST vouchers':
        return this.#redeem(String(body.code));
      case 'GET statements':
        return { items: this.months };
      case 'GET spend':
        return this.#spend(query);
      default:
        if (route === `DELETE alerts/${third}`) return this.#putAway(third);
        return route === `GET statements/${third}` ? statementOf(third, this.movements) : null;
    }
  }

  #putAway(id: string): undefined {
    if (!this.alerts.some((alert) => alert.id === id)) throw new Refusal('not_found');
    this.alerts = this.alerts.filter((alert) => alert.id !== id);
  }

  #plan(id: string): Plan {
    const plan = PLANS.find((other) => other.id === id);
    if (!plan) throw new Refusal('not_found');
    return plan;
  }

  #quote(id: string): { charge: number; credit: number } {
    const { subscription, plan } = this.mine;
    const credit = subscription?.is_paid ? Math.floor(plan.price.micros / 2) : 0;
    return { charge: this.#plan(id).price.micros, credit };
  }

  #buy(id: string, trial: boolean): MyPlan {
    if (trial && !this.mine.can_try.includes(id)) throw new Refusal('plan_unavailable');
    const { charge, credit } = this.#quote(id);
    const due = trial ? 0 : charge - credit;
    if (due > this.mine.wallet_micros) throw new Refusal('wallet_empty');
    if (due !== 0) this.#move({ at: NOW, reason: 'purchase', amount: cny(-due), plan: id });
    return this.begin(id, trial);
  }

  /** A period begins, however it was paid. */
  begin(id: string, trial = false): MyPlan {
    const plan = this.#plan(id);
    this.mine = {
      ...this.mine,
      plan,
      can_try: this.mine.can_try.filter((other) => other !== id),
      allowances: plan.allowances.map((allowance) => ({ ...allowance, used: 0, less_at: null })),
      subscription: {
        plan: id,
        is_trial: trial,
        is_paid: !trial,
        period_begin: NOW,
        period_end: END,
        next: { then: 'renew' },
        renewal: cny(plan.price.micros),
      },
    };
    return this.mine;
  }

  #move(movement: Movement): void {
    this.movements = [movement, ...this.movements];
    this.mine = { ...this.mine, wallet_micros: this.mine.wallet_micros + movement.amount.micros };
  }

  #redeem(code: string): { worth: VoucherWorth } {
    if (code === 'SPENT') throw new Refusal('voucher_used_up');
    if (!code.startsWith('GOOD')) throw new Refusal('voucher_unknown');
    const amount = cny(50_000_000);
    this.#move({ at: NOW, reason: 'voucher', amount });
    return { worth: { kind: 'credit', amount } };
  }

  #spend(query: URLSearchParams): Spend {
    const by = query.get('by') ?? 'day';
    const days = daysOf({ from: query.get('from') ?? '', until: query.get('until') ?? '' });
    const row = (key: string, micros: number, more: Partial<SpendRow> = {}): SpendRow => ({
      key,
      amount: cny(micros),
      runs: Math.max(1, Math.round(micros / 24_000)),
      tokens: Math.round(micros / 3),
      ...more,
    });
    const parts: Record<string, SpendRow[]> = {
      day: days.flatMap((key, at) => (at % 5 === 3 ? [] : [row(key, 40_000 + ((at * 7919) % 97) * 9_137)])),
      agent: [row('tutor', 6_184_212), row('coder', 4_961_020), row('writer', 812_400), row('', 240_316)],
      model: [
        row('deepseek-chat', 9_812_400),
        row('qwen-plus', 2_144_232),
        row('qwen2.5-coder-0.5b-instruct', 0),
      ],
      member: [row('m1', 8_112_944, { name: '小梅' }), row('m2', 4_085_004, { name: 'Sun' })],
    };
    const rows = this.hasSpent ? (parts[by] ?? []) : [];
    const sum = (value: (one: SpendRow) => number) => rows.reduce((before, one) => before + value(one), 0);
    return {
      from: query.get('from') ?? '',
      until: query.get('until') ?? '',
      rows,
      total: {
        amount: cny(sum(({ amount }) => amount.micros)),
        runs: sum(({ runs }) => runs),
        tokens: sum(({ tokens }) => tokens),
        saved: cny(3_204_118),
      },
      reference: { vendor: 'openai', model: 'gpt-4o' },
    };
  }

  #vouchers(method: string, id: string, body: Body): unknown {
    if (method === 'GET') return { items: this.vouchers };
    if (method === 'DELETE') {
      this.vouchers = this.vouchers.map((one) => (one.id === id ? { ...one, removed_at: NOW } : one));
      return undefined;
    }
    const rest = {
      most_members: 1,
      redeemed: 0,
      valid_from: NOW,
      expires_at: null,
      note: '',
      removed_at: null,
    };
    const code = 'GOOD-7Q2M-X4KD-9T3B';
    const voucher = { ...rest, code, made_by: 'm1', created_at: NOW, ...body } as unknown as Voucher;
    this.vouchers = [...this.vouchers, voucher];
    return voucher;
  }

  #member(route: string, id: string, body: Body): unknown {
    const held = this.members.get(id) ?? { plan: this.#plan('free'), wallet: cny(3_000_000) };
    switch (route) {
      case 'PUT plan':
        this.members.set(id, { ...held, plan: this.#plan(String(body.plan)) });
        return this.members.get(id);
      case 'POST wallet': {
        const wallet = cny(held.wallet.micros + (body.amount as Money).micros);
        if (wallet.micros < 0) throw new Refusal('wallet_empty');
        this.members.set(id, { ...held, wallet });
        return { balance: wallet };
      }
      default:
        return held;
    }
  }
}
