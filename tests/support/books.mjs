// Adds up the money of a data folder whose server is stopped, from its file alone: no code of the server takes part.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

const TERMINAL = new Set(['settlement', 'release', 'expiry']);

/** Micro-units of a usage at rates in pico-units for each token, rounded once, half to even. */
function priced(usage, rates) {
  let picos = 0n;
  for (const [unit, count] of Object.entries(usage)) {
    const rate = rates[unit] ?? (unit === 'reasoning' ? rates.output : undefined);
    if (rate === undefined) throw new Error(`no rate for ${unit}`);
    picos += BigInt(rate) * BigInt(count);
  }
  const [whole, rest] = [picos / 1_000_000n, picos % 1_000_000n];
  const up = rest > 500_000n || (rest === 500_000n && whole % 2n === 1n);
  return whole + (up ? 1n : 0n);
}

function addTo(sums, key, amount) {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}

/**
 * Everything that must not be: runs that lost their charge, runs that were settled twice, and micro-units that drifted.
 * @param {string} data the folder; its server must have stopped
 * @param {Iterable<string>} accepted runs that a client was told of
 * @param {Record<string, number>} rates in pico-units for each token, as the prices say
 */
export function audit(data, accepted, rates) {
  const db = new DatabaseSync(join(data, 'hutong.db'), { readOnly: true });
  const all = (sql) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all();
  };
  const found = { lost: [], double: [], drift: [], runs: 0, entries: 0, charged: 0n };

  const charges = new Map(all('SELECT run_id, amount, credits, settled_at, usage FROM charges').map((row) => [row.run_id, row]));
  const runs = new Map(all('SELECT id, state FROM runs').map((row) => [row.id, row.state]));
  for (const id of accepted) {
    if (!runs.has(id)) found.lost.push(`run ${id} was accepted and is not there`);
  }
  for (const id of runs.keys()) {
    if (!charges.has(id)) found.lost.push(`run ${id} has no charge`);
  }
  for (const [id, charge] of charges) {
    if (charge.settled_at === null) found.lost.push(`run ${id} was never settled`);
  }
  for (const hold of all("SELECT id, run_id FROM holds WHERE state = 'open'")) {
    found.lost.push(`hold ${hold.id} of run ${hold.run_id} is open still`);
  }

  const balances = new Map();
  const commands = new Map();
  const ends = new Map();
  const earned = new Map();
  for (const entry of all('SELECT command_id, reason, run_id, account, currency, amount FROM ledger_entries')) {
    found.entries += 1;
    addTo(commands, `${entry.command_id} ${entry.currency}`, entry.amount);
    addTo(balances, `${entry.account} ${entry.currency}`, entry.amount);
    if (!TERMINAL.has(entry.reason)) continue;
    if (!ends.has(entry.run_id)) ends.set(entry.run_id, new Set());
    ends.get(entry.run_id).add(entry.command_id);
    if (entry.account === 'revenue' || entry.account === 'tax') addTo(earned, entry.run_id, entry.amount);
  }
  for (const [command, sum] of commands) {
    if (sum !== 0n) found.drift.push(`the entries of ${command} are off by ${sum}`);
  }
  for (const [account, sum] of balances) {
    if (account.startsWith('held:') && sum !== 0n) found.drift.push(`${account} has ${sum} left`);
  }
  for (const row of all('SELECT account, currency, amount FROM ledger_balances')) {
    const sum = balances.get(`${row.account} ${row.currency}`) ?? 0n;
    if (sum !== row.amount) found.drift.push(`${row.account} is kept as ${row.amount}; its entries add up to ${sum}`);
  }
  for (const [run, made] of ends) {
    if (made.size > 1) found.double.push(`run ${run} was ended ${made.size} times`);
  }
  for (const row of all('SELECT run_id, COUNT(*) AS holds FROM holds GROUP BY run_id HAVING COUNT(*) > 1')) {
    found.double.push(`run ${row.run_id} has ${row.holds} holds`);
  }
  for (const [id, charge] of charges) {
    found.runs += 1;
    if (charge.settled_at === null) continue;
    found.charged += charge.amount;
    const entered = earned.get(id) ?? 0n;
    if (entered !== charge.amount) found.drift.push(`run ${id} was charged ${entered}, its record says ${charge.amount}`);
    const due = priced(JSON.parse(charge.usage), rates);
    if (due !== charge.amount) found.drift.push(`run ${id} used ${due} and was charged ${charge.amount}`);
  }
  db.close();
  return found;
}
