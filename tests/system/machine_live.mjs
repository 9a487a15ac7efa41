// The running house answers for its machines: why an event is refused by a live instance, and a
// picture of that instance with its active state in it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arbiter, pause, processOf, root, runCases } from './support.mjs';

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
  assert.match(own.stdout, /^in open\b/);
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
  assert.match(active[0], /here/, 'its owner can be reached');
}

// Who did what when, and the state at any time: before the accept, after it, before there was anything.
async function wasThen(house) {
  const id = await openSeek(house);
  const replay = (...words) => spawnSync(arbiter, ['replay', id, '--json', ...words, '--dir', house.folder], { encoding: 'utf8' });
  const opened = JSON.parse(replay().stdout);
  const before = new Date(Date.parse(opened.at) - 60000).toISOString();
  await pause(50);
  await house.call('POST', '/v1/players', { player_id: 'bob', name: 'Bob' }, house.token('bob'), 'bob');
  const { game_id } = await house.call('POST', `/v1/seeks/${id.slice(5)}/accept`, {}, house.token('bob'));
  const now = JSON.parse(replay().stdout);
  assert.equal(now.active, 'matched');
  assert.ok(Date.parse(now.at) > Date.parse(opened.at));
  assert.match(opened.active, /^open/);
  for (const words of [['--at', opened.at], ['--step', String(opened.step)]])
    assert.deepEqual(JSON.parse(replay(...words).stdout), opened, words.join(' '));
  assert.deepEqual(JSON.parse(replay('--at', now.at).stdout), now);
  const early = replay('--at', before);
  assert.equal(early.status, 1);
  assert.match(early.stderr, /it had not begun then/);
  assert.ok(game_id);
}

async function refusesStrangers(house) {
  const unknown = machine('why', 'seek:nobody', 'seek.accept', '--dir', house.folder);
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /seek:nobody: there is no such instance/);
  const nowhere = machine('draw', '--instance', 'seek:x', '--dir', `${house.folder}/logs`);
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /nothing is up/);
}

// The seek machine in its next version, whose open seeks wait in a state of another name.
const seekText = readFileSync(join(root, 'policies/machines/seek.yaml'), 'utf8');
const version = Number(/^version: (\d+)$/m.exec(seekText)[1]);

function nextVersion(folder, migrate) {
  const path = join(folder, 'seek-next.yaml');
  const text = seekText
    .replace(`version: ${version}`, `version: ${version + 1}`)
    .replace('always: open', 'always: waiting')
    .replace('  open:\n    tags', '  waiting:\n    tags')
    .replace('- target: open', '- target: waiting')
    .replace('initial: posting', `${migrate}\ninitial: posting`);
  writeFileSync(path, text);
  return path;
}

async function movedTo(house, id, state) {
  for (let i = 0; i < 100; i++) {
    const why = machine('why', id, 'seek.cancel', "{'player': 'ann'}", '--dir', house.folder);
    if (why.stdout.startsWith(`in ${state}.`) || why.stdout.startsWith(`in ${state}\n`)) return;
    await pause(100);
  }
  assert.fail(`${id} has not moved to ${state}`);
}

// Running instances move, go on in the new version, and that version outlives every process that heard of it,
// although the folder has the old one.
async function moves(house, id, told) {
  assert.match(told.stdout, /was published before; [1-9]\d* live instances move to it now/, told.stderr);
  await movedTo(house, id, 'waiting');
  process.kill(processOf(house, 'orchestrator'), 'SIGKILL');
  await movedTo(house, id, 'waiting');
  await movedTo(house, await openSeek(house), 'waiting');
  await house.call('DELETE', `/v1/seeks/${id.slice(5)}`, undefined, house.token('ann'));
  assert.equal((await house.get(`/v1/seeks/${id.slice(5)}`)).status, 'cancelled');
}

async function publishes(house) {
  const id = await openSeek(house);
  const publish = (migrate, ...words) =>
    machine('publish', nextVersion(house.folder, migrate), '--dir', house.folder, ...words);
  const forgetful = publish(`migrate: {${version}: {states: {}}}`);
  assert.equal(forgetful.status, 1, forgetful.stdout);
  assert.match(forgetful.stderr, /open/);
  // The map is whole, but its context expression cannot be worked out for a live instance.
  const broken = publish(
    `migrate: {${version}: {states: {open: waiting}, context: {accepter: "string(1 / size(old.accepter))"}}}`);
  assert.equal(broken.status, 1, broken.stdout);
  assert.match(broken.stderr, new RegExp(`cannot be moved to version ${version + 1}`));
  assert.match(broken.stderr, /seek:\w+: /);
  const before = machine('draw', '--instance', await openSeek(house), '--format', 'dot', '--dir', house.folder);
  assert.match(before.stdout, new RegExp(`seek version ${version}`), 'a refused version is not used');
  const good = `migrate: {${version}: {states: {open: waiting}}}`;
  const trial = publish(good, '--dry-run');
  assert.match(trial.stdout, /could be published; [1-9]\d* live instances/, trial.stderr);
  const done = publish(good);
  assert.match(done.stdout, new RegExp(`seek version ${version + 1}: published, for new instances`), done.stderr);
  const fresh = machine('why', await openSeek(house), 'seek.cancel', "{'player': 'ann'}", '--dir', house.folder);
  assert.match(fresh.stdout, /^in waiting\b/, fresh.stderr);
  const old = machine('why', id, 'seek.cancel', "{'player': 'ann'}", '--dir', house.folder);
  assert.match(old.stdout, /^in open\b/, 'running instances stay on their version');
  await moves(house, id, publish(good, '--migrate'));
  const same = publish(`migrate: {${version}: {states: {open: waiting}, context: {accepter: "'x'"}}}`);
  assert.equal(same.status, 1, 'another text under the same version');
}

await runCases({
  'why an event is refused': saysWhy,
  'the active state in the picture': draws,
  'an instance as it was at a time': wasThen,
  'a version that does not fit its instances is not published': publishes,
  'an instance that is not there': refusesStrangers,
});
