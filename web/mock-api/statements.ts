/** A month of the pretended member: what their wallet did, and what their plan paid. */
import type { Movement, Statement, StatementLine } from '../src/api/types.ts';

const AGENTS = ['tutor', 'writer', 'coder'] as const;
const MODELS = [
  'qwen2.5-coder-0.5b-instruct',
  'deepseek-chat',
  'hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q4_K_M',
] as const;

/** Answers that the plan paid for; for each one it gives what that may cost at most, and takes back the rest. */
function byPlan(month: string): StatementLine[] {
  return Array.from({ length: 9 }, (_, at) => {
    const used = 1_204 + ((at * 7919) % 97) * 61;
    const time = (second: number) => `${month}-${String(8 + at).padStart(2, '0')}T07:1${at}:0${second}Z`;
    const line = (second: number, reason: StatementLine['reason'], micros: number): StatementLine => ({
      at: time(second),
      account: 'allowance',
      reason,
      amount: { micros, currency: 'CNY' },
      balance: { micros: 0, currency: 'CNY' },
    });
    const answer = { agent_id: AGENTS[at % 3] ?? null, model: MODELS[at % 3] ?? null };
    return [
      line(1, 'grant', 9_000),
      { ...line(6, 'settlement', -used), ...answer, run_id: `r${at}` },
      line(6, 'lapse', used - 9_000),
    ];
  }).flat();
}

export function statementOf(month: string, movements: readonly Movement[]): Statement {
  const own = movements.map((movement): StatementLine => {
    const balance = { micros: 0, currency: 'CNY' };
    return { ...movement, account: 'wallet', balance };
  });
  const lines = [...own, ...byPlan(month)].sort((a, b) => (a.at < b.at ? -1 : 1));
  let balance = 0;
  for (const line of lines) {
    balance += line.amount.micros;
    line.balance = { micros: balance, currency: 'CNY' };
  }
  const cny = (micros: number) => ({ micros, currency: 'CNY' });
  return { month, currency: 'CNY', opening: cny(0), closing: cny(balance), totals: [], lines };
}
