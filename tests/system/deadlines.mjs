// Stored deadlines over deaths: games that nobody begins are cancelled, flags fall and time banks are what
// they were, although those who serve them are killed around the moment, or all of the house at once.
// The house's time runs a thousand times as fast: an hour in 3.6 seconds.
//   node tests/system/deadlines.mjs ARBITER [SEED]
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { arbiter, pause, root, runCases } from './support.mjs';
import { House, until } from '../../scripts/client.mjs';
import { query } from './invariants.mjs';
import { Killer } from './killer.mjs';

const seed = Number(process.argv[3] ?? 1);
const minute = 60000;
const hour = 60 * minute;
const SPEED = 1000;
const slow = { clock: 'correspondence', initial_time_ms: hour };
const bank = 700 * hour;
let banked; // a game of both cases, and when it began
let began;
async function start(house, name, request) {
  const players = [`${name}-a`, `${name}-b`];
  for (const player of players) await house.call('POST', '/v1/players', { player_id: player, name: player }, house.director());
  const body = { request: { rules: 'breakthrough', rated: true, rating_policy: 'glicko2', ...request } };
  const seek = await house.call('POST', '/v1/seeks', body, house.token(players[0]));
  const { game_id } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, house.token(players[1]));
  const id = game_id || (await until('the game', async () => (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const { first, second } = await house.get(`/v1/games/${id}`);
  return { id, first, second, deadline: deadlineOf(house, id) };
}

const number = (house, sql) => Number(query(house, sql));
const deadlineOf = (house, id) => number(house, `SELECT flag_at_ms FROM games WHERE game_id = '${id}'`);

const move = (house, game, player, text) =>
  house.call('POST', `/v1/games/${game.id}/moves`, { move: text }, house.token(player));
const final = (house, game) => until(`the end of ${game.id}`, async () => {
  const now = await house.get(`/v1/games/${game.id}`);
  return now.status === 'final' && now;
});

// How a game ended by its clock: for this reason, for this winner, once, and never before its deadline.
async function endedByTheClock(house, game, reason, winner) {
  const { result } = await final(house, game);
  assert.deepEqual([result.reason, result.winner], [reason, winner], game.id);
  assert.equal(number(house, `SELECT count(*) FROM inbox WHERE instance_id = 'game:${game.id}' AND name = 'game.ended'`), 1);
  const [at, ...more] = query(house, `SELECT played_at_ms FROM turns WHERE game_id = '${game.id}' AND player_id = '$clock'`).split('\n');
  assert.deepEqual(more, []);
  assert.ok(Number(at) >= game.deadline && game.deadline > 0, `${game.id} ended at ${at}, before ${game.deadline}`);
  assert.equal(number(house, `SELECT count(*) FROM rating_history WHERE game_id = '${game.id}'`), reason === 'cancelled' ? 0 : 2);
}

// ---- one after another ---------------------------------------------------------------------------------

const GAMES = 6; // of each kind
const KILLS = 4;

// Deadlines, one after another, while store, orchestrator and game service die and come again.
async function deadlinesPassWhileServicesDie(house) {
  banked = await start(house, 'banked', { ...slow, time_bank_ms: bank });
  began = Date.now();
  const length = (i) => (20 + 4 * i) * minute;
  const unbegun = [];
  const flags = [];
  for (let i = 0; i < GAMES; i++) {
    unbegun.push(await start(house, `unbegun${i}`, { initial_time_ms: 2 * hour, start_within_ms: length(i) }));
    flags.push(await start(house, `flag${i}`, { initial_time_ms: length(i), start_within_ms: -1 }));
  }
  const killer = new Killer(house, seed, ['store', 'orchestrator', 'gamesvc']);
  await killer.run(KILLS);
  for (const game of unbegun) await endedByTheClock(house, game, 'cancelled', '');
  for (const game of flags) await endedByTheClock(house, game, 'timeout', game.second);
  for (const game of unbegun) await isNoted(house, game);
  console.log(`     ${2 * GAMES} deadlines; ${killer}`);
}

// Whoever did not come is noted once, the other not at all.
async function isNoted(house, game) {
  const of = (player) => house.call('GET', `/v1/players/${player}/conduct`, undefined, house.director());
  const outcomes = async (player) => ((await of(player)).games ?? []).map((one) => one.outcome);
  await until('a no-show', async () => (await outcomes(game.first)).length > 0);
  assert.deepEqual(await outcomes(game.first), ['no_show']);
  assert.ok(!(await outcomes(game.second)).includes('no_show'));
}

// ---- all at once -----------------------------------------------------------------------------------------

const killAll = (house) => {
  const { supervisor, processes } = house.about();
  for (const pid of [supervisor, ...processes.map((one) => one.pid)]) process.kill(pid, 'SIGKILL');
};

const upAgain = (house) => {
  const started = spawnSync(arbiter, ['up', '--dir', house.folder, '--port', '0', '--policies', join(root, 'policies')], { encoding: 'utf8' });
  assert.equal(started.status, 0, started.stdout + started.stderr);
  house.address = undefined;
};

// What is left of a time bank by the rows of the turns: an hour each is free.
function bankOf(house, game, seat) {
  let left = bank;
  let since = number(house, `SELECT created_at_ms FROM games WHERE game_id = '${game.id}'`);
  for (const row of query(house, `SELECT player_id, played_at_ms FROM turns WHERE game_id = '${game.id}' ORDER BY turn_number`).split('\n')) {
    const [player, at] = row.split('|');
    if (player === [game.first, game.second][seat]) left -= Math.max(0, Number(at) - since - hour);
    since = Number(at);
  }
  return left;
}

async function deadlinesPassWhileAllOfTheHouseIsDead(house) {
  await pause(began + (hour + minute) / SPEED - Date.now()); // the first case took longer, as a rule
  await move(house, banked, banked.first, 'move a2a3');
  const spent = await start(house, 'spent', { ...slow, time_bank_ms: minute });
  const unbegun = await start(house, 'unbegun', { initial_time_ms: 2 * hour, start_within_ms: 30 * minute });
  const flag = await start(house, 'flag', { initial_time_ms: 30 * minute, start_within_ms: -1 });
  killAll(house);
  await pause((hour + 2 * minute) / SPEED); // all deadlines pass but that of the full bank
  upAgain(house);
  await endedByTheClock(house, unbegun, 'cancelled', '');
  await endedByTheClock(house, flag, 'timeout', flag.second);
  await endedByTheClock(house, spent, 'timeout', spent.second);
  await move(house, banked, banked.second, 'move a7a6'); // late, but there is a bank
  const { view } = await house.get(`/v1/games/${banked.id}`);
  assert.equal(view.status, 'playing');
  for (const seat of [0, 1]) {
    assert.ok(view.clock.bank_ms[seat] < bank, 'both were late');
    assert.equal(view.clock.bank_ms[seat], bankOf(house, banked, seat), 'to the millisecond');
  }
}

await runCases({ deadlinesPassWhileServicesDie, deadlinesPassWhileAllOfTheHouseIsDead }, ['--speed', String(SPEED)]);
