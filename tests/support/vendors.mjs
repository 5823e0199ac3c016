// A real server without a model of its own, before vendors that keep books (the program `fakevendors` beside the server).
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Server } from './server.mjs';

/** As models' ids begin, for each dialect in which a vendor can be asked. */
export const SITES = ['toy', 'toy.responses', 'toy.messages', 'toy.generate-content'];

// For a million tokens, in yuan: every token costs whole micro-yuan, so that nothing is rounded anywhere.
const PRICES = `
[vendor]
id = "toy"
currency = "CNY"
utc_offset = "+08:00"
source_url = "https://toy.example/prices"
checked_on = "2026-11-23"
[[price]]
models = ["say-*", "call*", "json*", "flaky-*"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "1", cache_write_5m = "3", output = "8" }
# By name, so that policies may choose them.
[[price]]
models = ["lane__say-12.prompt-30", "lane__say-12.prompt-30.down"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "1", cache_write_5m = "3", output = "8" }
`;
// Whoever is asked first has no answer.
const POLICY = `
id = "lane"
name = { zh = "胡同", en = "Lane" }
[way]
kind = "fall_back"
chain = ["toy/lane__say-12.prompt-30.down", "toy/lane__say-12.prompt-30"]
`;
const PLAN = `
id = "free"
rank = 0
name = { zh = "免费版", en = "Free" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["*"], tools = ["*"], apps = ["*"] }
limits = { concurrent_runs = 64, weight = 1 }
`;
const SOON_MS = 20_000;

/** A server and its vendors. */
export class Street extends Server {
  /** Opens the vendors, writes down where they are, and starts the server. */
  async open() {
    const program = join(dirname(this.binary), 'fakevendors');
    this.vendors = spawn(program, ['--provider', 'toy'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let file = '';
    await new Promise((resolve, reject) => {
      this.vendors.once('exit', (code) => reject(new Error(`the vendors ended with ${code}: ${file}`)));
      // Its output stays open: a program that tells more finds its reader there.
      this.vendors.stdout.on('data', (chunk) => {
        file += chunk;
        if (file.endsWith('\n') && file.split('base_url').length > SITES.length) resolve();
      });
    });
    this.house = /http:\/\/[0-9.]+:\d+/.exec(file)[0];
    this.write('overlay/providers/toy.toml', file);
    this.write('overlay/prices/toy.toml', PRICES);
    this.write('overlay/plans/free.toml', PLAN);
    this.write('overlay/routing/lane.toml', POLICY);
    const sections = SITES.map((site) => `[providers."${site}"]\nkey = "fake-outside"\n`);
    this.write('hutong.toml', sections.join('\n'));
    await this.start();
  }

  write(name, text) {
    const path = join(this.data, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Micro-yuan and tokens by model, as the server tells them and as the vendors' own books have them, once they agree. */
  async books() {
    const deadline = Date.now() + SOON_MS;
    for (;;) {
      const [booked, charged] = [await this.booked(), await this.charged()];
      // What came of an answer is booked a moment after its last byte.
      if (JSON.stringify(booked) === JSON.stringify(charged) || Date.now() > deadline) return { booked, charged };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async booked() {
    const { token } = JSON.parse(readFileSync(join(this.data, 'server.json'), 'utf8'));
    const headers = { authorization: `Bearer ${token}` };
    const spend = await (await fetch(`${this.url}/api/v1/spend?by=model`, { headers })).json();
    // The vendors know nothing of the ways in which they are asked.
    return sums(spend.rows.map((row) => [row.key.slice(row.key.indexOf('/') + 1), row.amount.micros, row.tokens]));
  }

  async charged() {
    const { lines } = await (await fetch(`${this.house}/invoice`)).json();
    const cost = (line) => {
      const { cached_tokens: read, written_tokens: written } = line;
      return (line.input_tokens - read - written) * 2 + read + written * 3 + line.output_tokens * 8;
    };
    return sums(lines.map((line) => [line.model, cost(line), line.input_tokens + line.output_tokens]));
  }

  /** Ends both and removes the folder. */
  async remove() {
    this.vendors?.kill('SIGKILL');
    await super.remove();
  }
}

function sums(rows) {
  const all = new Map();
  for (const [model, micros, tokens] of rows) {
    const [money, counted] = all.get(model) ?? [0, 0];
    if (money + micros + counted + tokens > 0) all.set(model, [money + micros, counted + tokens]);
  }
  return Object.fromEntries([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
}
