// A real server on a data folder of its own, for tests from outside: started, set up, and stopped by the test.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One data folder and the server on it. `kill` may be followed by `start`: the folder stays. */
export class Server {
  /** @param {{binary: string}} options */
  constructor({ binary }) {
    this.binary = binary;
    this.data = mkdtempSync(join(tmpdir(), 'hutong-test-'));
    this.port = 0;
  }

  /** Starts it and waits until it says where it is; gives what it printed. */
  async start() {
    const child = spawn(
      this.binary,
      ['up', '--data', this.data, '--addr', `127.0.0.1:${this.port}`, '--no-open'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.child = child;
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    let printed = '';
    await new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
      child.stdout.on('data', (chunk) => {
        printed += chunk;
        // The greeting is complete once a line follows the address, or the owner is there and none will.
        if (/ is up at http:\S+\n/.test(printed)) setTimeout(resolve, 50);
      });
    });
    this.url = /up at (http:\S+)\//.exec(printed)[1];
    // The next start takes the same port, so that open pages find it again.
    this.port = Number(new URL(this.url).port);
    this.token = /#token=(\S+)/.exec(printed)?.[1];
    return printed;
  }

  /** Makes the owner's account through the API; gives the session's cookie. */
  async setUp({ login = 'mei', password = 'correct horse 7', locale = 'en' } = {}) {
    const response = await fetch(`${this.url}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: this.token, login, password, name: 'Mei', locale }),
    });
    if (response.status !== 201) throw new Error(`set-up: ${response.status} ${await response.text()}`);
    return response.headers.get('set-cookie').split(';')[0];
  }

  /** Runs a subcommand on the same data folder; gives what it printed. */
  async run(...args) {
    const { code, printed } = await this.tell(...args);
    if (code !== 0) throw new Error(`hutong ${args.join(' ')} ended with ${code}`);
    return printed;
  }

  /** The same, however it ends. */
  async tell(...args) {
    const child = spawn(this.binary, [...args, '--data', this.data], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { code, printed: printed.trim() };
  }

  /** Ends it, politely or not, and waits until it is gone. */
  async stop(signal = 'SIGTERM') {
    this.child?.kill(signal);
    await this.ended;
  }

  /** Ends it and removes the folder. */
  async remove() {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}
