import type { MovementReason, Statement, StatementLine } from '../../api/types.ts';

/** A statement as whoever pays reads it: the wallet adds up, and what the plan gave stands beside it. Micro-units. */
export type Folded = {
  opening: number;
  closing: number;
  /** What the wallet got and paid, by why. */
  sums: { reason: MovementReason; micros: number }[];
  /** Answers that the plan paid for, and what they cost. */
  covered: { answers: number; micros: number };
  /** What the plan has set aside for answers that go on over the turn of the month. */
  aside: number;
  /** With what was in the wallet after each. */
  lines: { line: StatementLine; left: number }[];
};

/** For each answer a plan gives just what that may cost at most, and takes back the rest: to and fro, nothing of it is paid. */
const isToAndFro = ({ account, reason }: StatementLine): boolean =>
  account === 'allowance' && (reason === 'grant' || reason === 'lapse');

/** Different ends and beginnings of an answer that whoever pays has one word for. */
const SAME: Partial<Record<MovementReason, MovementReason>> = { expiry: 'settlement', extension: 'hold' };

export function foldStatement(statement: Statement): Folded {
  const sums = new Map<MovementReason, number>();
  const covered = { answers: 0, micros: 0 };
  const lines: Folded['lines'] = [];
  let aside = 0;
  let left = statement.opening.micros;
  for (const line of statement.lines) {
    const { micros } = line.amount;
    if (line.account === 'allowance') {
      aside += micros;
      if (micros < 0 && (SAME[line.reason] ?? line.reason) === 'settlement') {
        covered.answers += 1;
        covered.micros -= micros;
      }
    } else {
      const reason = SAME[line.reason] ?? line.reason;
      sums.set(reason, (sums.get(reason) ?? 0) + micros);
      left += micros;
    }
    if (!isToAndFro(line)) lines.push({ line, left });
  }
  return {
    opening: statement.opening.micros,
    closing: statement.closing.micros,
    sums: [...sums].map(([reason, micros]) => ({ reason, micros })),
    covered,
    aside,
    lines,
  };
}
