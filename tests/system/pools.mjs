// Pools and games arranged in bulk, in a house of two replicas in which a seeded hand kills one process
// after another: everybody who waits gets one game, every arranged game is made once.
//   node tests/system/pools.mjs ARBITER [SEED]
import assert from 'node:assert/strict';
import { pause, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';
import { query } from './invariants.mjs';
import { Killer } from './killer.mjs';

const seed = Number(process.argv[3] ?? 1);
const WAITING = 60;
const BULK_GAMES = 500; // as many as one call takes
const KILLS = 8;

const count = (house, sql) => Number(query(house, sql));

async function players(house, prefix, size) {
  const names = Array.from({ length: size }, (_, i) => `${prefix}${i + 1}`);
  for (let from = 0; from < size; from += 50)
    await Promise.all(names.slice(from, from + 50).map((player_id) =>
      house.call('POST', '/v1/players', { player_id }, house.director(), `new-${player_id}`)));
  return names;
}

// Comes to wait, in whatever state the house is, and waits until there is a game.
async function waitForGame(house, player) {
  const { ticket_id: id } = await house.call('POST', '/v1/pools/quick/tickets', {}, house.token(player), `wait-${player}`);
  return until(`a game for ${player}`, async () => {
    await pause(200);
    const ticket = await house.get(`/v1/tickets/${id}`);
    assert.notEqual(ticket.status, 'left');
    return ticket.status === 'matched' && ticket.game_id;
  });
}

async function everybodyWhoWaitsGetsOneGame(house) {
  const names = await players(house, 'w', WAITING);
  const killer = new Killer(house, seed);
  const killing = killer.run(KILLS);
  try {
    const waits = [];
    for (const name of names) {
      waits.push(waitForGame(house, name));
      await pause(20 + killer.draw(120));
    }
    const games = await Promise.all(waits);
    assert.equal(new Set(games).size, WAITING / 2, 'games');
    for (const game of new Set(games)) assert.equal(games.filter((one) => one === game).length, 2);
    await killing;
  } finally {
    killer.stop();
  }
  console.log(`     ${killer}`);
  assert.equal(count(house, `SELECT count(*) FROM games WHERE first_player LIKE 'w%'`), WAITING / 2);
  assert.equal(count(house, `SELECT count(*) FROM tickets WHERE status <> 'matched'`), 0);
  assert.equal(count(house, 'SELECT count(*) FROM slots'), 0);
}

// The one that made the last wave has read how the waits before it ended.
async function howWellEstimatesHeldIsAMetric(house) {
  await Promise.all((await players(house, 'm', 2)).map((name) => waitForGame(house, name)));
  const seen = [];
  for (const { name, health_port } of house.about().processes) {
    if (!name.startsWith('orchestrator')) continue;
    const text = await (await fetch(`http://127.0.0.1:${health_port}/metrics`)).text();
    const metric = (wanted) => Number(new RegExp(`^arbiter_wait_estimates_${wanted} (\\S+)$`, 'm').exec(text)[1]);
    seen.push({ recent: metric('recent'), held: metric('held_ratio') });
  }
  const best = seen.sort((a, b) => b.recent - a.recent)[0];
  assert.ok(best.recent >= WAITING, `${best.recent} waits had an estimate`);
  assert.ok(best.held >= 0 && best.held <= 1);
  console.log(`     ${best.held} of ${best.recent} estimates held`);
}

async function aBulkIsTakenWholeOrNotAtAll(house) {
  const names = await players(house, 'b', 2 * BULK_GAMES);
  const games = Array.from({ length: BULK_GAMES }, (_, i) => ({ first: names[2 * i], second: names[2 * i + 1] }));
  const request = { rules: 'reported', initial_time_ms: 60000 };
  const wrong = [...games.slice(2), { first: 'nobody', second: names[0] }, { first: names[1], second: names[4] }];
  const refused = await house.call('POST', '/v1/bulks', { request, games: wrong }, house.director()).catch((error) => error);
  assert.equal(refused.status, 400);
  assert.deepEqual(refused.problem.errors.map((error) => error.detail).sort(),
    [`'${names[4]}' is in more than one game`, "'nobody' is no player"], 'every offender is named at once');
  assert.equal(count(house, 'SELECT count(*) FROM bulks'), 0);
  assert.equal(count(house, 'SELECT count(*) FROM bulk_spans'), 0);

  const pair_at_ms = Date.now() + 3000;
  const start_clocks_at_ms = pair_at_ms + 3000;
  const { bulk_id: id } = await house.call('POST', '/v1/bulks',
    { request, pair_at_ms, start_clocks_at_ms, games }, house.director(), 'bulk');
  const clash = await house.call('POST', '/v1/bulks', { request, pair_at_ms, games: games.slice(0, 1) }, house.director()).catch((error) => error);
  assert.equal(clash.status, 400, 'two games at one time');
  const killer = new Killer(house, seed + 1);
  const killing = killer.run(KILLS);
  try {
    const bulk = await until('all arranged games', async () => {
      await pause(300);
      const found = await house.get(`/v1/bulks/${id}`);
      return found.games.every((game) => game.game_id) && found;
    });
    assert.equal(new Set(bulk.games.map((game) => game.game_id)).size, BULK_GAMES);
    assert.equal(bulk.status, 'paired');
    await killing;
  } finally {
    killer.stop();
  }
  console.log(`     ${killer}`);
  assert.equal(count(house, `SELECT count(*) FROM games WHERE first_player LIKE 'b%'`), BULK_GAMES);
  assert.equal(count(house, `SELECT count(*) FROM games WHERE created_at_ms < ${start_clocks_at_ms} AND first_player LIKE 'b%'`), 0);
}

async function aBulkMayBeCancelledBeforeItsPairing(house) {
  const [one, other] = await players(house, 'c', 2);
  const body = { request: { rules: 'reported' }, pair_at_ms: Date.now() + 3600000, games: [{ first: one, second: other }] };
  const { bulk_id: id } = await house.call('POST', '/v1/bulks', body, house.director());
  const cancelled = await house.call('DELETE', `/v1/bulks/${id}`, undefined, house.director());
  assert.equal(cancelled.status, 'cancelled');
  assert.equal(count(house, `SELECT count(*) FROM bulk_spans WHERE bulk_id = '${id}'`), 0);
  await house.call('POST', '/v1/bulks', body, house.director()); // they are free again
}

await runCases({
  'everybody who waits gets one game, among kills': everybodyWhoWaitsGetsOneGame,
  'how well estimates held is a metric': howWellEstimatesHeldIsAMetric,
  'a bulk of 500 games is taken whole or not at all, among kills': aBulkIsTakenWholeOrNotAtAll,
  'a bulk may be cancelled before its pairing': aBulkMayBeCancelledBeforeItsPairing,
}, ['--replicas', '2']);
