// A house is backed up in the middle of a round; an empty one is filled from the file, and the event
// goes on there to the standings it would have had.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arbiter, down, root, runCases, up } from './support.mjs';
import { House, until } from '../../scripts/client.mjs';
import { journalsHold, openField, playRounds, policy, reportAs, standingsOf } from './field.mjs';

const run = (...words) => spawnSync(arbiter, words, { encoding: 'utf8' });
const ROUNDS = 5;

async function goesOnElsewhere(house) {
  const undisturbed = await openField(house, 'calm', 12, policy(ROUNDS));
  await playRounds(house, undisturbed, 1, ROUNDS);
  const wanted = await standingsOf(house, undisturbed);

  const id = await openField(house, 'moved', 12, policy(ROUNDS));
  await playRounds(house, id, 1, 2);
  const { pairings } = await until('round 3', async () => {
    const found = await house.get(`/v1/tournaments/${id}/rounds/3`);
    return found.pairings.length === 6 && found.pairings.every((row) => row.game_id) && found;
  });
  // One result is half reported: the other player's word comes in the new house.
  await reportAs('first', house, pairings[0], 3);
  const file = join(house.folder, 'evening.dump');
  const saved = run('backup', file, '--dir', house.folder);
  assert.equal(saved.status, 0, saved.stderr);
  assert.ok(existsSync(file));
  // What happens after the backup is not in it.
  await playRounds(house, id, 3, 3);

  const folder = mkdtempSync(join(tmpdir(), 'arbiter-restored-'));
  spawnSync('chmod', ['755', folder]);
  const restored = run('restore', file, '--dir', folder);
  assert.equal(restored.status, 0, restored.stderr);
  const again = run('restore', file, '--dir', folder);
  assert.equal(again.status, 1, 'a database that is not empty is left alone');
  const start = run('up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies'));
  assert.equal(start.status, 0, start.stderr);
  const other = new House(arbiter, folder);
  try {
    assert.equal((await other.get(`/v1/tournaments/${id}/rounds/3`)).pairings
      .filter((row) => row.status === 'final').length, 0, 'as it was at the backup');
    await playRounds(other, id, 3, ROUNDS);
    assert.deepEqual(await standingsOf(other, id), wanted);
    journalsHold(other, id);
    journalsHold(other, undisturbed);
  } finally {
    down(other);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function refuses(house) {
  const nowhere = run('backup', '/tmp/never', '--dir', join(house.folder, 'logs'));
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /nothing is up/);
  const missing = run('restore', join(house.folder, 'no.dump'), '--dir', house.folder);
  assert.match(missing.stderr, /cannot be read/);
  const isUp = run('restore', join(house.folder, 'house.json'), '--dir', house.folder);
  assert.equal(isUp.status, 1);
  assert.match(isUp.stderr, /is up; `arbiter down` first/);
}

await runCases({ 'an event goes on in another house': goesOnElsewhere, 'refusals': refuses });
