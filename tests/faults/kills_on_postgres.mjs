// The same on a database of a Postgres server, twenty times: what is added up is the copy that is made of it.
import { execFileSync } from 'node:child_process';
import { close } from '../support/checks.mjs';

const url = process.env.HUTONG_TEST_POSTGRES;
if (url) {
  const name = `kills_${process.pid}`;
  execFileSync('psql', [url, '-qc', `CREATE DATABASE ${name}`]);
  process.env.KILLS_DATABASE = url.replace(/\/[^/?]*(?=$|\?)/, `/${name}`);
  process.env.KILLS ??= '20';
  await import('./kills.mjs');
} else {
  console.log('HUTONG_TEST_POSTGRES names no server');
  close();
}
