// Two hundred players enter at the same moment, over two of each service: as many are in as there are
// places, the others wait in the order in which they came, nobody is in twice, and whoever leaves makes
// room for the first who waits. Once with the places of one division, once with those of a whole event
// of two divisions, whose machines know nothing of each other.
//   node tests/system/capacity.mjs ARBITER
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { runCases } from './support.mjs';

const PLAYERS = 200;
const PLACES = 24;

const policy = (entry, places, divisions) => `tournament: crowd
entry: {waiting_list: true${entry}}
divisions:
${divisions.map((name) => `  - {name: ${name}, rounds: 3, game: {rules: reported, rated: false}${places}}`).join('\n')}
`;

async function openCrowd(house, name, text) {
  const { tournament_id: id } = await house.call('POST', '/v1/tournaments', { name, policy: text }, house.director());
  const players = Array.from({ length: PLAYERS }, (_, i) => `${name}-${i + 1}`);
  await Promise.all(players.map((player) => house.call('POST', '/v1/players', { player_id: player, name: player },
    house.director())));
  return { id, players };
}

// Everybody at once, each twice: a hand that presses the button again.
async function rush(house, id, players, divisions) {
  const enter = (player, i) => house.ask('POST', `/v1/tournaments/${id}/registration`,
    { body: { division: i % divisions + 1 }, bearer: house.token(player), timeout: 60000 });
  const answers = await Promise.all(players.flatMap((player, i) => [enter(player, i), enter(player, i)]));
  return players.map((_, i) => [answers[2 * i], answers[2 * i + 1]]);
}

// The lists as they are kept, in the order of their numbers.
function entrantsOf(house, id, divisions) {
  return Array.from({ length: divisions }, (_, i) => {
    const asked = spawnSync('psql', ['-At', '-F', ' ', '-d', house.about().database, '-c',
      `SELECT player_id, status, seed FROM entrants WHERE division_id = '${id}-${i + 1}' ORDER BY seed, player_id`],
    { encoding: 'utf8' });
    assert.equal(asked.status, 0, asked.stderr);
    return asked.stdout.trim().split('\n').map((line) => line.split(' '))
      .map(([player_id, status, seed]) => ({ player_id, status, seed: Number(seed) }));
  });
}

async function crowd(house, name, text, divisions) {
  const { id, players } = await openCrowd(house, name, text);
  for (const pair of await rush(house, id, players, divisions))
    assert.deepEqual(pair.map((one) => one.status).sort(), [200, 409], JSON.stringify(pair.map((one) => one.json)));
  return { id, players, lists: entrantsOf(house, id, divisions) };
}

function countsHold({ lists, players }) {
  const all = lists.flat();
  assert.equal(all.length, PLAYERS, 'each on one list, once');
  assert.deepEqual(all.map((one) => one.player_id).sort(), [...players].sort());
  assert.equal(all.filter((one) => one.status === 'registered').length, PLACES, 'places');
  assert.equal(all.filter((one) => one.status === 'waiting').length, PLAYERS - PLACES, 'waiting');
  for (const list of lists) {
    const seeds = list.map((one) => one.seed);
    assert.equal(new Set(seeds).size, seeds.length, 'numbers of the order in which they came');
    const last = Math.max(0, ...list.filter((one) => one.status === 'registered').map((one) => one.seed));
    const first = Math.min(...list.filter((one) => one.status === 'waiting').map((one) => one.seed));
    assert.ok(last < first, 'who came first is in');
  }
}

await runCases({
  async the_places_of_a_division(house) {
    const field = await crowd(house, 'narrow', policy('', `, capacity: ${PLACES}`, ['open']), 1);
    countsHold(field);
    const [list] = field.lists;
    const leaves = list.find((one) => one.status === 'registered').player_id;
    const next = list.filter((one) => one.status === 'waiting').sort((a, b) => a.seed - b.seed)[0].player_id;
    await house.call('DELETE', `/v1/tournaments/${field.id}/registration?division=1`, undefined, house.token(leaves));
    const [after] = entrantsOf(house, field.id, 1);
    assert.equal(after.find((one) => one.player_id === next).status, 'registered');
    assert.equal(after.filter((one) => one.status === 'registered').length, PLACES);
  },
  async the_places_of_an_event_of_two_divisions(house) {
    countsHold(await crowd(house, 'wide', policy(`, capacity: ${PLACES}`, '', ['upper', 'lower']), 2));
  },
}, ['--replicas', '2']);
