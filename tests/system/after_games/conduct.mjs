// How players behave, on real parts: games that are thrown, sat out and never played end on sockets; the
// stream's consumer and the conduct machine hear of each, and what policies/conduct says follows. The house
// goes by `woogles`: one word of its machine `game`. Its time runs 200 times as fast.
// Usage: node conduct.mjs ARBITER
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, root, runCases } from '../support.mjs';
import { until } from '../../../scripts/client.mjs';
import { Socket } from '../websocket.mjs';
import { listen } from './listen.mjs';

const SPEED = 200;
const minute = 60000;
const policies = mkdtempSync(join(tmpdir(), 'arbiter-policies-'));
cpSync(join(root, 'policies'), policies, { recursive: true });
const machine = join(policies, 'machines/game.yaml');
const own = readFileSync(machine, 'utf8');
assert.ok(own.includes(": 'playban'\""));
writeFileSync(machine, own.replace(": 'playban'\"", ": 'woogles'\""));
process.once('exit', () => rmSync(policies, { recursive: true, force: true }));

const played = []; // what the stream must tell
const request = { rules: 'breakthrough', rated: true, rating_policy: 'glicko2', initial_time_ms: 10 * minute, start_within_ms: -1 };

async function meet(house, culprit, more = {}) {
  const other = `against-${culprit}`;
  for (const player of [culprit, other]) await house.call('POST', '/v1/players', { player_id: player, name: player }, house.director(), player);
  const seek = await house.call('POST', '/v1/seeks', { request: { ...request, ...more } }, house.token(other));
  const { game_id } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, house.token(culprit));
  const id = game_id || (await until('the game', async () => (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const { first } = await house.get(`/v1/games/${id}`);
  const sockets = {};
  for (const player of [culprit, other]) sockets[player] = await Socket.open(house.url, { token: house.token(player) });
  return { id, culprit, other, sockets, turns: 0, isFirst: first === culprit };
}

async function say(game, player, move) {
  const answer = await game.sockets[player].ask({ do: 'move', game: game.id, expected_turn: game.turns, move });
  assert.equal(answer.type, 'ok', JSON.stringify(answer));
  game.turns++;
}

// One turn each, then until the culprit is on turn again.
async function open(game) {
  const [one, two] = game.isFirst ? [game.culprit, game.other] : [game.other, game.culprit];
  await say(game, one, 'move a2a3');
  await say(game, two, 'move a7a6');
  if (!game.isFirst) await say(game, one, 'move b2b3');
}

// Ends with this reason; the culprit's conduct then calls it so.
async function called(house, game, reason, outcome) {
  const path = `/v1/players/${game.culprit}/conduct`;
  const { result } = await until('the end', async () => {
    const now = await house.get(`/v1/games/${game.id}`);
    return now.status === 'final' && now;
  });
  assert.deepEqual([result.reason, result.winner], [reason, game.other]);
  played.push({ game: game.id, reason });
  const conduct = await until('the judgement', async () => {
    const seen = await house.call('GET', path, undefined, house.token(game.culprit));
    return seen.games?.some((one) => one.game_id === game.id) && seen;
  });
  assert.equal(conduct.games.find((one) => one.game_id === game.id).outcome, outcome);
  for (const socket of Object.values(game.sockets)) socket.close();
  return conduct;
}

async function sandbags(house) {
  const game = await meet(house, 'cat');
  await open(game);
  await say(game, 'cat', 'resign');
  return called(house, game, 'resigned', 'sandbag');
}

async function sitsAndResigns(house) {
  const game = await meet(house, 'cat');
  await open(game);
  await pause((5 * minute + 20000) / SPEED);
  await say(game, 'cat', 'resign');
  return called(house, game, 'resigned', 'sitting');
}

async function sitsToTheFlag(house) {
  const game = await meet(house, 'cat');
  await open(game);
  return called(house, game, 'timeout', 'sitting');
}

async function whoSandbagsAndSitsMayNotPlayRated(house) {
  assert.equal((await sandbags(house)).points, 4);
  assert.equal((await sitsAndResigns(house)).points, 8);
  const conduct = await sitsToTheFlag(house);
  assert.deepEqual([conduct.policy, conduct.points, conduct.measure, conduct.suspension.from], ['woogles', 12, 'suspended', 'rated']);
  const cat = house.token('cat');
  const refused = await house.ask('POST', '/v1/seeks', { body: { request }, bearer: cat });
  assert.equal(refused.status, 403, JSON.stringify(refused.json));
  assert.match(refused.json.detail, /you left, sat out or threw too many rated games/);
  const casual = await house.ask('POST', '/v1/seeks', { body: { request: { ...request, rated: false } }, bearer: cat });
  assert.equal(casual.status, 201, 'casual games are open to everybody');
  const other = await house.call('GET', '/v1/players/against-cat/conduct', undefined, house.director());
  assert.deepEqual([other.points ?? 0, other.games.map((one) => one.outcome)], [0, ['good', 'good', 'good']]);
}

// Abandoned without a move, and abandoned until the other's nudge is granted by silence.
async function whoAbandonsGamesIsNoted(house) {
  const absent = await meet(house, 'dan', { initial_time_ms: 6 * minute });
  if (!absent.isFirst) await say(absent, absent.other, 'move a2a3');
  const silent = await meet(house, 'eve');
  await open(silent);
  await house.call('POST', `/v1/games/${silent.id}/requests`, { kind: 'nudge' }, house.token(silent.other));
  await called(house, silent, 'forfeit', 'good'); // lost; no more is said of it there
  assert.equal((await called(house, absent, 'timeout', 'no_play')).points, 6);
}

async function analysisHeardOfEachGameOnce(house) {
  const listener = listen(house);
  await until('all games', () => listener.heard.length >= played.length, 30000);
  await listener.stop();
  const heard = listener.heard.map(({ game, reason }) => ({ game, reason }));
  const sorted = (list) => list.map((one) => JSON.stringify(one)).sort();
  assert.deepEqual(sorted(heard), sorted(played));
}

await runCases({ whoSandbagsAndSitsMayNotPlayRated, whoAbandonsGamesIsNoted, analysisHeardOfEachGameOnce },
  ['--speed', String(SPEED), '--policies', policies]);
