// Kills the server and its worker at random moments, fifty times, while clients stream. What a client was shown is
// always the beginning of what is stored, no run stays live, the next question is answered, and the money of every run and
// call adds up: nothing lost, nothing twice, no micro-unit astray.
// KILLS and SEED repeat a run; the long form is KILLS=200. On Postgres: kills_on_postgres.mjs.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '../support/books.mjs';
import { check, close } from '../support/checks.mjs';
import { uuid7 } from '../support/ids.mjs';
import { Server } from '../support/server.mjs';

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const MODEL = 'smollm2-135m-instruct';
const CLIENTS = 3;
/** Pico-units for each token: such that most sums have to be rounded. */
const RATES = { input: 3_333_333, cache_read: 333_333, output: 14_999_999 };
const FINAL = new Set(['succeeded', 'cancelled', 'failed', 'interrupted']);
console.log(`seed ${SEED}`);

let state = SEED;
/** A small repeatable generator (mulberry32): a number from 0 to 1. */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}

const server = new Server({ binary: process.env.HUTONG_BIN });
/** The address of an empty database; absent: a file. */
const DATABASE = process.env.KILLS_DATABASE;
if (DATABASE) writeFileSync(join(server.data, 'hutong.toml'), `[database]\nurl = "${DATABASE}"\n`);
let cookie;
let key;
/** run id → what its reader was shown */
const shown = new Map();
const threads = new Map();

async function api(path, body) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const document = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${document.code} ${document.detail}`);
  return document;
}

async function begin() {
  const thread = await api('/threads', { id: uuid7(), agent_id: 'writer' });
  const run = await api(`/threads/${thread.id}/runs`, {
    id: uuid7(),
    reply_id: uuid7(),
    model: MODEL,
    input: { type: 'ask', message_id: uuid7(), parent_id: null, text: 'Tell a long story about a lane.' },
  });
  threads.set(run.id, thread.id);
  shown.set(run.id, '');
  return run.id;
}

/** A program's call, which keeps no thread; it is held and settled all the same. */
async function call() {
  try {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: MODEL,
        stream: true,
        max_tokens: 200,
        messages: [{ role: 'user', content: 'Tell a long story about a lane.' }],
      }),
    });
    await response.text();
  } catch {
    // The server was killed.
  }
}

/** Reads a run's events until they end or the server is gone. */
async function follow(id) {
  let name = '';
  let rest = '';
  try {
    const response = await fetch(`${server.url}/api/v1/runs/${id}/events`, { headers: { cookie } });
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith('event:')) name = line.slice(6).trim();
        if (line.startsWith('data:') && name === 'text_delta')
          shown.set(id, shown.get(id) + JSON.parse(line.slice(5)).text);
      }
    }
  } catch {
    // The server was killed: what was read until then counts.
  }
}

function workers() {
  const children = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
      const isWorker = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'engine-worker';
      if (Number(parent) === server.child.pid && isWorker) children.push(Number(pid));
    } catch {
      // A process that ended meanwhile.
    }
  }
  return children;
}

/** Whether a process computes still; one that ended and whose end nobody has read yet does not. */
function runs(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function stored(id) {
  const run = await api(`/runs/${id}`);
  const { items } = await api(`/threads/${threads.get(id)}/messages`);
  const reply = items.find((message) => message.id === run.reply_id);
  return { run, text: reply.parts.map((part) => part.text).join('') };
}

async function settled(ids) {
  for (const id of ids) {
    let { run, text } = await stored(id);
    for (let tries = 0; !FINAL.has(run.state) && tries < 600; tries += 1) {
      await sleep(100);
      ({ run, text } = await stored(id));
    }
    assert.ok(FINAL.has(run.state), `run ${id} stayed ${run.state}`);
    assert.ok(text.startsWith(shown.get(id)), `run ${id} (${run.state})\nshown  ${shown.get(id)}\nstored ${text}`);
  }
}

/** What the owner of this machine charges: without a price there would be nothing to add up. */
function setPrices() {
  const folder = join(server.data, 'overlay', 'prices');
  const rate = (unit) => `${unit} = "${(RATES[unit] / 1e6).toFixed(6)}"`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'local.toml'),
    `[vendor]
id = "local"
currency = "CNY"
utc_offset = "+08:00"
checked_on = "2026-11-23"
[[price]]
models = ["*"]
effective_from = "2026-01-01"
rates = { ${Object.keys(RATES).map(rate).join(', ')} }
`,
  );
}

setPrices();
await server.start();
cookie = await server.setUp();
await server.run('models', 'pull', MODEL);
key = await server.run('keys', 'create', '--name', 'a program');

for (let round = 1; round <= KILLS; round += 1) {
  const victim = random() < 0.5 ? 'server' : 'worker';
  const delay = Math.round(random() ** 2 * 2500);
  await check(`kill ${round}: the ${victim} after ${delay} ms`, async () => {
    const ids = [];
    for (let n = 0; n < CLIENTS; n += 1) ids.push(await begin());
    const readers = [...ids.map(follow), call()];
    await sleep(delay);
    if (victim === 'server') {
      await server.stop('SIGKILL');
      await Promise.all(readers);
      await server.start();
    } else {
      for (const pid of workers()) process.kill(pid, 'SIGKILL');
      // Whoever the kill cut off is told; whoever still streams is stopped, so that the next round begins.
      await sleep(300);
      for (const id of ids) await api(`/runs/${id}/cancel`, {});
      await Promise.all(readers);
    }
    await settled(ids);
  });
}

await check('after all kills every text of every run is still what was shown', () => settled([...shown.keys()]));
await check('after all kills the next question is answered', async () => {
  const id = await begin();
  await follow(id);
  const { run } = await stored(id);
  assert.equal(run.state, 'succeeded', JSON.stringify(run.error));
});
await check('no worker outlives its server', async () => {
  const polite = workers();
  assert.equal(polite.length, 1);
  await server.stop();
  assert.deepEqual(polite.filter(runs), [], 'a server that stops in good order has ended its workers');
  await server.start();
  const id = await begin();
  await sleep(1000);
  const cut = workers();
  assert.equal(cut.length, 1);
  await server.stop('SIGKILL');
  for (let tries = 0; cut.some(runs) && tries < 100; tries += 1) await sleep(100);
  assert.deepEqual(cut.filter(runs), [], 'a worker ends when its server was killed');
  await server.start();
  await settled([id]);
});
await check('after all kills the money adds up', async () => {
  // Of this folder only the books matter.
  assert.match((await server.tell('doctor')).printed, /the ledger is in order/);
  await server.stop();
  if (DATABASE) await server.run('db', 'copy', '--to', join(server.data, 'hutong.db'));
  const found = audit(server.data, shown.keys(), RATES);
  console.log(`${found.runs} charges, ${found.entries} entries, ${found.charged} micro-yuan in all`);
  assert.ok(found.runs > shown.size, 'calls without a thread are charged, too');
  assert.ok(found.charged > 0n);
  const { lost, double, drift } = found;
  assert.deepEqual({ lost, double, drift }, { lost: [], double: [], drift: [] });
});
await server.remove();
close();
