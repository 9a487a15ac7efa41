// Behaviour is data: a copy of the division machine gains the state "the director approves each
// pairing". No C is touched, and the running system follows it.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, root, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';

const policies = mkdtempSync(join(tmpdir(), 'arbiter-policies-'));
chmodSync(policies, 0o755);
cpSync(join(root, 'policies'), policies, { recursive: true });
const file = join(policies, 'machines/division.yaml');
const changed = readFileSync(file, 'utf8')
  .replace('version: 2', 'version: 3')
  .replace('events:\n', 'events:\n  director.approve: {}\n')
  .replace('on_done: {target: review, assign: {open_boards: result.games}}',
    'on_done: {target: approving, assign: {open_boards: result.games}}')
  .replace('      by_hand:\n', `      approving:
        doc: The pairing is made; the director has the last word.
        tags: [needs_director, patient]
        on:
          director.approve: review
          director.pair: making
      by_hand:
`);
assert.notEqual(changed.indexOf('approving:'), -1);
writeFileSync(file, changed);

async function waitsForApproval(house) {
  const director = house.director();
  const { tournament_id: id } = await house.call('POST', '/v1/tournaments',
    { name: 'Approved', format: 'club-night' }, director);
  const entrants = ['a', 'b', 'c', 'd'].map((player, index) => ({ player, name: player, seed: index + 1, rating: 1500.5 }));
  await house.call('POST', `/v1/tournaments/${id}/entrants`, { division: 1, entrants }, director);
  await house.act(id, { action: 'start' });
  const round = () => house.call('GET', `/v1/tournaments/${id}/rounds/1`, undefined, director);
  const pairings = await until('the pairing', async () => {
    const found = await round();
    return found.pairings.length === 2 && found.pairings;
  });
  assert.ok(pairings.every((pairing) => pairing.status === 'paired'));
  await pause(1000);
  assert.ok((await round()).pairings.every((pairing) => !pairing.game_id), 'no game before the approval');
  await house.act(id, { action: 'approve', division: 1 });
  await until('the games', async () =>
    (await round()).pairings.every((pairing) => pairing.game_id));
}

process.on('exit', () => rmSync(policies, { recursive: true, force: true }));
await runCases({ 'the director approves each pairing': waitsForApproval }, ['--policies', policies]);
