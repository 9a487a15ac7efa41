// Ten thousand timers come due while everything is down: each fires once, in due order, soon after the
// house is up again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arbiter, pause, printLogs, root } from './support.mjs';
import { House, until } from '../../scripts/client.mjs';
import { query } from './invariants.mjs';

const COUNT = 10000;
const WITHIN_MS = 10000;
const starter = join(dirname(arbiter), '../tests/start-many');

const alarm = `machine: alarm
version: 1
context: {due: {type: timestamp, input: true}}
initial: waiting
states:
  waiting: {at: {time: ctx.due, target: rang}}
  rang: {type: final}
`;

const folder = mkdtempSync(join(tmpdir(), 'arbiter-house-'));
spawnSync('chmod', ['755', folder]);
const run = (program, ...words) => spawnSync(program, words, { encoding: 'utf8' });
const up = () => {
  const started = run(arbiter, 'up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies'));
  assert.equal(started.status, 0, started.stderr);
};

let isGood = false;
try {
  up();
  let house = new House(arbiter, folder);
  const file = join(folder, 'alarm.yaml');
  writeFileSync(file, alarm);
  const published = run(arbiter, 'machine', 'publish', file, '--dir', folder);
  assert.equal(published.status, 0, published.stderr);
  const begun = Date.now();
  // Far enough away that all are set first; then the house goes down, and they come due within a second.
  const first = begun + 25000;
  const started = run(starter, house.about().nats_url, String(COUNT), String(first), '1000');
  assert.equal(started.status, 0, started.stderr);
  assert.equal(query(house, 'SELECT count(*) FROM timers'), String(COUNT));
  assert.ok(Date.now() < first, 'setting the timers took longer than they were set for');
  run(arbiter, 'down', '--dir', folder);
  await pause(Math.max(0, first + 1500 - Date.now()));
  up();
  const upAt = Date.now();
  house = new House(arbiter, folder);
  await until('all alarms', () =>
    query(house, "SELECT count(*) FROM instances WHERE machine = 'alarm' AND finished") === String(COUNT), 120000);
  const took = Date.now() - upAt;
  const rows = "FROM inbox WHERE name LIKE '$timer.%'";
  assert.equal(query(house, `SELECT count(*) ${rows}`), String(COUNT), 'once each');
  assert.equal(query(house, `SELECT count(*) ${rows} AND fired_at_ms < due_at_ms`), '0', 'never early');
  assert.equal(query(house, `SELECT count(*) FROM (SELECT due_at_ms, lag(due_at_ms) OVER (ORDER BY position) AS before
    ${rows}) AS fired WHERE before > due_at_ms`), '0', 'in due order');
  console.log(`${COUNT} timers rang within ${(took / 1000).toFixed(1)} s of coming up`);
  assert.ok(took < WITHIN_MS, `later than ${WITHIN_MS} ms`);
  isGood = true;
} catch (error) {
  console.log(`FAIL ${error.stack}`);
  printLogs(folder);
} finally {
  run(arbiter, 'down', '--dir', folder);
  rmSync(folder, { recursive: true, force: true });
}
console.log(isGood ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(isGood ? 0 : 1);
