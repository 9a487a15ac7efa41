// The running house answers for its machines: why an event is refused by a live instance, and a
// picture of that instance with its active state in it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { arbiter, runCases } from './support.mjs';

function machine(...words) {
  const { ARBITER_NATS_URL, ...env } = process.env;
  return spawnSync(arbiter, ['machine', ...words], { encoding: 'utf8', env });
}

async function openSeek(house) {
  await house.call('POST', '/v1/players', { player_id: 'ann', name: 'Ann' }, house.token('ann'), 'ann');
  const seek = await house.call('POST', '/v1/seeks',
    { request: { rules: 'reported', rated: true } }, house.token('ann'));
  return `seek:${seek.seek_id}`;
}

async function saysWhy(house) {
  const id = await openSeek(house);
  const own = machine('why', id, 'seek.accept', "{'player': 'ann', 'rating': 1500.0}", '--dir', house.folder);
  assert.equal(own.status, 0, own.stderr);
  assert.match(own.stdout, /^in open\n/);
  assert.match(own.stdout, /seek\.accept: refused/);
  assert.match(own.stdout, /guard may_accept .* is false/);
  assert.match(own.stdout, /"you cannot accept your own seek"/);
  const other = machine('why', id, 'seek.accept', "{'player': 'bob', 'rating': 1500.0}",
    '--nats', house.about().nats_url);
  assert.match(other.stdout, /seek\.accept: taken -> starting/, other.stderr);
  // It was only asked: the seek is still there.
  assert.equal((await house.get(`/v1/seeks/${id.slice(5)}`)).status, 'open');
}

async function draws(house) {
  const id = await openSeek(house);
  const dot = machine('draw', '--instance', id, '--format', 'dot', '--dir', house.folder);
  assert.equal(dot.status, 0, dot.stderr);
  const active = dot.stdout.split('\n').filter((line) => line.includes('fillcolor'));
  assert.equal(active.length, 1, dot.stdout);
  assert.match(active[0], /open/);
}

async function refusesStrangers(house) {
  const unknown = machine('why', 'seek:nobody', 'seek.accept', '--dir', house.folder);
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /seek:nobody: there is no such instance/);
  const nowhere = machine('draw', '--instance', 'seek:x', '--dir', `${house.folder}/logs`);
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /nothing is up/);
}

await runCases({
  'why an event is refused': saysWhy,
  'the active state in the picture': draws,
  'an instance that is not there': refusesStrangers,
});
