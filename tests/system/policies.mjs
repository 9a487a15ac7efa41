// Published policies: immutable, numbered, named by their content; a tournament keeps the version it
// was opened with, and newer ones do not change it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arbiter, pause, runCases } from './support.mjs';

function policy(house, ...words) {
  const { ARBITER_NATS_URL, ...env } = process.env;
  return spawnSync(arbiter, ['policy', ...words, '--dir', house.folder], { encoding: 'utf8', env });
}

const text = (version, rounds, more = '') => `tournament: friday
version: ${version}
divisions:
  - {name: open, rounds: ${rounds}, game: {rules: reported}${more}}
`;
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

function file(house, name, content) {
  const path = join(house.folder, name);
  writeFileSync(path, content);
  return path;
}

async function publishes(house) {
  const first = file(house, 'friday-1.yaml', text(1, 7));
  const dry = policy(house, 'publish', first, '--dry-run');
  assert.match(dry.stdout, /friday version 1: could be published/, dry.stderr);
  assert.equal(policy(house, 'show', 'friday').status, 1);
  const told = policy(house, 'publish', first);
  assert.match(told.stdout, new RegExp(`friday version 1: published; ${hash(text(1, 7))}`), told.stderr);
  assert.match(policy(house, 'publish', first).stdout, /was published before/);
  assert.equal(policy(house, 'show', 'friday').stdout, text(1, 7));
}

async function neverChanges(house) {
  const other = policy(house, 'publish', file(house, 'friday-other.yaml', text(1, 9)));
  assert.equal(other.status, 1);
  assert.match(other.stderr, /version 1 of 'friday' is published with another text; .*`version: 2`/);
  const bad = policy(house, 'publish', file(house, 'bad.yaml', text(2, 7, ', pairing: {1-7: round_robin}')));
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /players are too many/);
  const rated = policy(house, 'publish',
    file(house, 'rated.yaml', text(2, 7).replace('reported', 'reported, rating_policy: glico2')));
  assert.match(rated.stderr, /there is no rating policy 'glico2'/);
  assert.equal(policy(house, 'show', 'friday').stdout, text(1, 7));
}

async function tournamentsKeepTheirVersion(house) {
  const director = house.token('dora', 'director');
  const before = await house.call('POST', '/v1/tournaments', { name: 'One', format: 'friday' }, director);
  assert.equal(policy(house, 'publish', file(house, 'friday-2.yaml', text(2, 9))).status, 0);
  const after = await house.call('POST', '/v1/tournaments', { name: 'Two', format: 'friday' }, director);
  const pinned = await house.call('POST', '/v1/tournaments', { name: 'Three', format: 'friday@1' }, director);
  const named = await house.call('POST', '/v1/tournaments',
    { name: 'Four', format: `friday@${hash(text(2, 9))}` }, director);
  const shown = async (opened) => house.get(`/v1/tournaments/${opened.tournament_id}`);
  assert.equal((await shown(before)).policy_hash, hash(text(1, 7)));
  assert.equal((await shown(after)).policy_hash, hash(text(2, 9)));
  assert.equal((await shown(pinned)).policy_hash, hash(text(1, 7)));
  assert.equal((await shown(named)).divisions[0].rounds, 9);
}

async function listsAndCompares(house) {
  const list = policy(house, 'list');
  assert.match(list.stdout, new RegExp(`^friday +1  ${hash(text(1, 7)).slice(0, 12)} `, 'm'), list.stderr);
  assert.match(list.stdout, new RegExp(`^friday +2  ${hash(text(2, 9)).slice(0, 12)} `, 'm'));
  assert.equal(policy(house, 'show', 'friday@1').stdout, text(1, 7));
  assert.equal(policy(house, 'show', `friday@${hash(text(2, 9)).slice(0, 8)}`).stdout, text(2, 9));
  assert.match(policy(house, 'show', 'friday@3').stderr, /no such version is published/);
  const diff = policy(house, 'diff', 'friday@1', 'friday', '--paired', '3');
  assert.equal(diff.status, 1, diff.stderr);
  assert.match(diff.stdout, /^L4 {2}divisions\.open\.rounds: 7 -> 9 {2}\(from the next round on\)$/m);
}

function schedule(house, ...words) {
  const { ARBITER_NATS_URL, ...env } = process.env;
  return spawnSync(arbiter, ['schedule', ...words, '--dir', house.folder], { encoding: 'utf8', env });
}

async function opensASeries(house) {
  const soon = new Date(Date.now() + 3600_000).toISOString().slice(0, 16);
  const path = file(house, 'daily.yaml', `tournament: daily
time: {start: ${soon}, recurrence: FREQ=DAILY, announce: 2h, begins: on_time}
divisions:
  - {name: open, rounds: 3, game: {rules: reported}}
`);
  const told = schedule(house, 'start', path);
  assert.equal(told.status, 0, told.stderr);
  for (let i = 0; ; i++) {
    const opened = await house.get('/v1/tournaments/daily-1').catch(() => null);
    if (opened !== null) {
      assert.equal(opened.name, 'daily 1');
      assert.equal(opened.starts_at_ms, Date.parse(`${soon}:00Z`));
      break;
    }
    assert.ok(i < 100, 'the first event has not appeared');
    await pause(100);
  }
  assert.equal(schedule(house, 'stop', 'daily').status, 0);
  assert.notEqual(schedule(house, 'stop', 'daily').status, 0, 'it has ended already');
}

await runCases({
  'a policy is published once': publishes,
  'a published text never changes': neverChanges,
  'a tournament keeps the version it was opened with': tournamentsKeepTheirVersion,
  'versions are listed and compared': listsAndCompares,
  'a series opens its events': opensASeries,
});
