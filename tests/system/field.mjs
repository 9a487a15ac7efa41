// A field of players and an event that they play to its end, in whatever state the house is: every
// call is made again until it is answered. The results follow from who plays whom in which round, and
// the policy leaves nothing to lots: the same event always has the same standings.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { arbiter } from './support.mjs';
import { until } from '../../scripts/client.mjs';

export const policy = (rounds, pairing = 'king_of_the_hill') => `tournament: same-every-time
version: 1
divisions:
  - name: open
    rounds: ${rounds}
    game: {rules: reported, initial_time: 25m, rated: true, rating_policy: glicko2}
    paired_by: policy
    pairing: [{rounds: 1-${rounds}, method: ${pairing}}]
    next_round: automatic
    order: SPREAD,TPN
`;

export async function openField(house, name, count, text) {
  const director = house.director();
  const { tournament_id: id } = await house.call('POST', '/v1/tournaments', { name, policy: text }, director);
  const entrants = Array.from({ length: count }, (_, i) => ({
    player: `${name}-${String(i + 1).padStart(2, '0')}`, name: `Player ${i + 1}`, seed: i + 1, rating: 1500.5,
  }));
  await house.call('POST', `/v1/tournaments/${id}/entrants`, { division: 1, entrants }, director);
  await house.act(id, { action: 'start' });
  return id;
}

const number = (player) => Number(player.slice(player.lastIndexOf('-') + 1));

// A score from two numbers and a round: the same for every run.
function score(player, opponent, round) {
  let h = Math.imul(number(player) * 73856093 ^ number(opponent) * 19349663 ^ round * 83492791, 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return 300 + ((h ^ (h >>> 16)) >>> 0) % 200;
}

// The word of one player, "first" or "second", on how a game ended.
export async function reportAs(side, house, pairing, round) {
  const scores = {
    first_score: score(pairing.first, pairing.second, round),
    second_score: score(pairing.second, pairing.first, round),
  };
  await house.call('POST', `/v1/games/${pairing.game_id}/result`, scores,
    house.token(pairing[side]), `${pairing.game_id}-${side}`);
}

async function report(house, pairing, round) {
  await reportAs('first', house, pairing, round);
  await reportAs('second', house, pairing, round);
}

export async function playRounds(house, id, from, to) {
  for (let round = from; round <= to; round++) {
    const read = async () => (await house.get(`/v1/tournaments/${id}/rounds/${round}`)).pairings;
    const pairings = await until(`round ${round}'s games`, async () => {
      const found = await read();
      return found.length > 0 && found.every((row) => row.kind !== 'game' || row.game_id) && found;
    });
    await Promise.all(pairings.filter((row) => row.kind === 'game').map((row) => report(house, row, round)));
    await until(`round ${round}'s results`, async () => (await read()).every((row) => row.status === 'final'));
  }
}

export async function standingsOf(house, id) {
  await until('the end of the event', async () => (await house.get(`/v1/tournaments/${id}`)).status === 'finished');
  const { standings } = await house.get(`/v1/tournaments/${id}/standings?division=1`);
  return standings.map((row) => [row.rank, number(row.player_id ?? row.player), row.wins, row.losses, row.draws, row.spread]);
}

// Every journal of the event, replayed against what the database kept of it.
export function journalsHold(house, id) {
  const listed = spawnSync(arbiter, ['journal', id, '--all', '--json', '--dir', house.folder],
    { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(listed.status, 0, listed.stderr);
  return listed.stdout.trim().split('\n').map((line) => JSON.parse(line));
}
