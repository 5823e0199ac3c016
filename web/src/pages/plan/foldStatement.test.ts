import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Statement, StatementLine } from '../../api/types.ts';
import { foldStatement } from './foldStatement.ts';

const cny = (micros: number) => ({ micros, currency: 'CNY' });
type Short = [StatementLine['account'], StatementLine['reason'], number];
function statementOf(opening: number, shorts: readonly Short[]): Statement {
  let balance = opening;
  const lines = shorts.map(([account, reason, micros]): StatementLine => {
    balance += micros;
    return { at: '2026-11-23T09:00:00Z', account, reason, amount: cny(micros), balance: cny(balance) };
  });
  return {
    month: '2026-11',
    currency: 'CNY',
    opening: cny(opening),
    closing: cny(balance),
    totals: [],
    lines,
  };
}

test('an answer that the plan paid is one line, and the wallet adds up without it', () => {
  const folded = foldStatement(
    statementOf(1_000, [
      ['wallet', 'voucher', 500],
      ['allowance', 'grant', 90],
      ['allowance', 'settlement', -40],
      ['allowance', 'lapse', -50],
      ['wallet', 'settlement', -300],
    ]),
  );
  expect(folded.lines.map(({ line, left }) => [line.account, line.reason, line.amount.micros, left])).toEqual(
    [
      ['wallet', 'voucher', 500, 1_500],
      ['allowance', 'settlement', -40, 1_500],
      ['wallet', 'settlement', -300, 1_200],
    ],
  );
  expect(folded).toMatchObject({
    opening: 1_000,
    sums: [
      { reason: 'voucher', micros: 500 },
      { reason: 'settlement', micros: -300 },
    ],
    covered: { answers: 1, micros: 40 },
    aside: 0,
    closing: 1_200,
  });
});

test('what is set aside when the month turns is told apart', () => {
  const begun = foldStatement(
    statementOf(0, [
      ['allowance', 'grant', 90],
      ['allowance', 'hold', -90],
      ['allowance', 'grant', 70],
    ]),
  );
  expect(begun).toMatchObject({ covered: { answers: 0, micros: 0 }, aside: 70, closing: 70, sums: [] });
});

test('whatever moved, the beginning, the sums and what is set aside make the end', () => {
  const account = fc.constantFrom('wallet' as const, 'allowance' as const);
  const reason = fc.constantFrom('grant', 'lapse', 'settlement', 'hold', 'voucher', 'purchase', 'expiry');
  const short = fc.tuple(account, reason as fc.Arbitrary<Short[1]>, fc.integer({ min: -1e9, max: 1e9 }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.array(short), (opening, shorts) => {
      const { sums, aside, closing, lines } = foldStatement(statementOf(opening, shorts));
      const all = sums.reduce((before, { micros }) => before + micros, opening + aside);
      expect(all).toBe(closing);
      expect((lines.at(-1)?.left ?? opening) + aside).toBe(closing);
    }),
  );
});
