// The database's disk fills up while people post seeks: whoever is refused is told so with 503, what was
// confirmed is kept, and when there is room again the house goes on by itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arbiter, pause, printLogs, root } from './support.mjs';
import { House, until } from '../../scripts/client.mjs';
import { query } from './invariants.mjs';

const folder = mkdtempSync(join(tmpdir(), 'arbiter-disk-'));
const data = join(folder, 'postgres');
spawnSync('chmod', ['755', folder]);
mkdirSync(data);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=112m', 'tmpfs', data], { encoding: 'utf8' });
if (mounted.status !== 0) {
  console.log(`skipped: disk_full needs the right to mount a small disk (${mounted.stderr.trim()})`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(77);
}

// Takes all the room there is.
function fill(path) {
  const ballast = openSync(path, 'w');
  const piece = Buffer.alloc(65536, 1);
  try {
    for (;;) writeSync(ballast, piece);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
  closeSync(ballast);
}

const request = { rules: 'reported', rated: false };

async function play(house) {
  const director = house.director();
  const players = Array.from({ length: 16 }, (_, i) => `p${i}`);
  for (const player of players)
    await house.call('POST', '/v1/players', { player_id: player, name: player }, director);
  const confirmed = new Set();
  const cancelled = new Set();
  let refused = 0;
  let clear = 0; // refusals that name the reason
  // Posts and withdraws a seek, so that no limit of seeks a player is met; tells what was answered.
  const turn = async (player, n) => {
    const bearer = house.token(player);
    const answer = await house.ask('POST', '/v1/seeks', { body: { request }, bearer, key: `s-${player}-${n}` });
    if (answer.status === 201 || answer.status === 200) {
      confirmed.add(answer.json.seek_id);
      const gone = await house.ask('DELETE', `/v1/seeks/${answer.json.seek_id}`, { bearer, key: `d-${player}-${n}` });
      if (gone.status < 300) cancelled.add(answer.json.seek_id);
      else if (gone.status === 503) refused++;
      else assert.fail(`withdrawing: ${gone.status} ${JSON.stringify(gone.json)}`);
      return;
    }
    assert.equal(answer.status, 503, JSON.stringify(answer.json));
    assert.ok(Number(answer.headers.get('retry-after')) >= 1, 'says when to come back');
    if (/no room left/.test(answer.json.detail)) clear++;
    refused++;
  };
  for (let n = 0; n < 5; n++) await Promise.all(players.map((player) => turn(player, n)));
  assert.equal(refused, 0, 'with room, nobody is refused');
  const ballast = join(data, 'ballast');
  fill(ballast);
  const end = Date.now() + 90000;
  for (let n = 100; refused < 5; n++) {
    assert.ok(Date.now() < end, 'the disk is full, but everything still fits');
    await Promise.all(players.map((player) => turn(player, n)));
  }
  assert.ok(clear > 0, 'somebody is told that there is no room');
  await pause(2000);
  rmSync(ballast);
  await until('the house', async () => {
    const answer = await house.ask('POST', '/v1/seeks', { body: { request }, bearer: house.token('p0') });
    return answer.status === 201 || answer.status === 200;
  });
  for (const id of confirmed) {
    const status = query(house, `SELECT status FROM seeks WHERE seek_id = '${id}'`);
    assert.ok(status !== '', `seek ${id} was confirmed and is lost`);
    if (cancelled.has(id)) assert.equal(status, 'cancelled', `seek ${id} was withdrawn`);
  }
  // A step is whole or not there: states, journals and inboxes tell one story.
  assert.equal(query(house, `SELECT count(*) FROM instances AS i WHERE seq <>
    (SELECT count(*) FROM journal AS j WHERE j.instance_id = i.instance_id)`), '0');
  console.log(`${confirmed.size} seeks confirmed, ${refused} requests refused while there was no room`);
}

let isGood = false;
try {
  const started = spawnSync(arbiter, ['up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies')],
    { encoding: 'utf8' });
  assert.equal(started.status, 0, started.stderr);
  await play(new House(arbiter, folder));
  isGood = true;
} catch (error) {
  console.log(`FAIL ${error.stack}`);
  printLogs(folder);
} finally {
  spawnSync(arbiter, ['down', '--dir', folder]);
  spawnSync('umount', [data]);
  rmSync(folder, { recursive: true, force: true });
}
console.log(isGood ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(isGood ? 0 : 1);
