// The budget of the first view: every script that index.html loads, gzip.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 200;
const dist = new URL('../dist/', import.meta.url).pathname;
const gzip = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

const html = readFileSync(join(dist, 'index.html'), 'utf8');
const first = new Set([...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map((m) => m[1]));
let total = 0;
for (const name of readdirSync(join(dist, 'assets')).sort()) {
  const size = gzip(join(dist, 'assets', name));
  const eager = first.has(`assets/${name}`);
  if (eager) total += size;
  if (/\.(js|css)$/.test(name))
    console.log(`${eager ? 'first' : ' lazy'}  ${kb(size).padStart(10)}  ${name}`);
}
if (first.has('theme.js')) total += gzip(join(dist, 'theme.js'));
console.log(`First view: ${kb(total)} of ${BUDGET_KB} KB gzip`);
if (total === 0 || total > BUDGET_KB * 1024) {
  console.error('The first view is over its budget: load something later.');
  process.exit(1);
}
