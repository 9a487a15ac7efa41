// What the demo plays, through the public API only:
//   1. a seek, accepted, reported by both players: two new ratings, one game in both profiles;
//   2. two recorded events, paired by hand from the record, every result reported by both players;
//      after every round the standings must equal the record's;
//   3. an event that pairs itself by its policy, with results drawn from a fixed seed;
//   4. two bots that find each other by a seek and finish a rated crossword game, move by move, on the
//      public socket; then a tournament of eight of them.
// Exits with 0 only when everything came out as it should.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { House, until } from './client.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const options = { arbiter: 'build/release/bin/arbiter', dir: '.arbiter', only: 'seek,event-a,event-e,club,bots,bot-club' };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1];

const house = new House(options.arbiter, options.dir);
const run = Date.now().toString(36); // the demo may run again in the same house: ids of its own
const call = (...request) => house.call(...request);
const get = (path) => house.get(path);
const token = (player) => house.token(player);
const director = () => house.director();

const phases = [];
async function phase(title, play) {
  const start = Date.now();
  console.log(`== ${title}`);
  await play();
  phases.push([title, (Date.now() - start) / 1000]);
}

// ---- 1. a seek --------------------------------------------------------------------------------------

async function playSeek() {
  const [ann, bob] = [`ann-${run}`, `bob-${run}`];
  for (const player of [ann, bob])
    await call('POST', '/v1/players', { player_id: player, name: player }, director());
  const request = { rules: 'reported', rated: true, rating_policy: 'glicko2', initial_time_ms: 900000 };
  const seek = await call('POST', '/v1/seeks', { request }, token(ann));
  const accepted = await call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, token(bob));
  const gameId = accepted.game_id || (await until('the game', async () =>
    (await get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const game = await get(`/v1/games/${gameId}`);
  const scores = { first_score: 401, second_score: 388 };
  await call('POST', `/v1/games/${gameId}/result`, scores, token(game.first));
  await call('POST', `/v1/games/${gameId}/result`, scores, token(game.second));
  for (const player of [game.first, game.second]) {
    const profile = await until('the ratings', async () => {
      const found = await get(`/v1/players/${player}`);
      return found.ratings?.length > 0 && found;
    });
    const games = await get(`/v1/players/${player}/games?limit=10`);
    assert.equal(games.games[0].game_id, gameId);
    assert.equal(games.games[0].status, 'final');
    console.log(`   ${player}: ${profile.ratings[0].rating.toFixed(1)} after game ${gameId}`);
  }
}

// ---- 2. recorded events --------------------------------------------------------------------------------

const policyText = (name, rounds, pairedBy) => `tournament: ${name}
divisions:
  - name: open
    rounds: ${rounds}
    game: {rules: reported, rated: true, rating_policy: glicko2}
    paired_by: ${pairedBy}
    order: SPREAD,TPN
`;

async function openTournament(name, policy, players) {
  const { tournament_id: id } = await call('POST', '/v1/tournaments', { name, ...policy }, director());
  const entrants = players.map((player, index) => ({
    player: player.id, name: player.name, seed: index + 1, rating: 1500.5,
  }));
  await call('POST', `/v1/tournaments/${id}/entrants`, { division: 1, entrants }, director());
  await house.act(id, { action: 'start' });
  return id;
}

async function report(pairing, first_score, second_score) {
  const scores = { first_score, second_score };
  await call('POST', `/v1/games/${pairing.game_id}/result`, scores, token(pairing.first),
    `${run}-${pairing.game_id}-first`);
  await call('POST', `/v1/games/${pairing.game_id}/result`, scores, token(pairing.second),
    `${run}-${pairing.game_id}-second`);
}

const boards = (pairings) => pairings.filter((pairing) => pairing.kind === 'game');

async function roundWithGames(id, round) {
  return until(`round ${round}'s games`, async () => {
    const { pairings } = await get(`/v1/tournaments/${id}/rounds/${round}`);
    return pairings.length > 0 && boards(pairings).every((pairing) => pairing.game_id) && pairings;
  });
}

async function roundIsFinal(id, round) {
  return until(`round ${round}'s results`, async () => {
    const { pairings } = await get(`/v1/tournaments/${id}/rounds/${round}`);
    return pairings.every((pairing) => pairing.status === 'final');
  });
}

function rowsOf(round, idOf) {
  let board = 0;
  const games = round.games.map((game) => ({
    board: ++board, first: idOf(game.players[0]), second: idOf(game.players[1]), kind: 'game',
  }));
  const byes = (round.byes ?? []).map((bye) => ({
    board: ++board, first: idOf(bye.player), second: '', kind: 'bye', status: 'final',
    first_score: Math.max(bye.spread ?? 0, 0), second_score: Math.max(-(bye.spread ?? 0), 0),
    outcome: bye.counts_as === 'loss' || bye.spread < 0 ? 'second' : 'bye',
  }));
  return [...games, ...byes];
}

async function playRecorded(name) {
  const record = JSON.parse(readFileSync(join(root, 'tests/data/events', `${name}.json`), 'utf8'));
  const expected = JSON.parse(readFileSync(join(root, 'tests/data/events', `${name}.standings.json`), 'utf8'));
  const division = record.divisions[0];
  const idOf = (number) => `${name}-${run}-${String(number).padStart(2, '0')}`;
  const players = division.players.map((player) => ({ id: idOf(player.number), name: player.name }));
  const id = await openTournament(name, { policy: policyText(name, division.rounds.length, 'director') }, players);
  for (const round of division.rounds) {
    const data = { pairings: rowsOf(round, idOf) };
    await until(`the turn of round ${round.number}`, () =>
      house.act(id, { action: 'pairings', division: 1, data })
        .then(() => true, (error) => (error.status === 409 ? false : Promise.reject(error))));
    const pairings = await roundWithGames(id, round.number);
    await Promise.all(round.games.map((game) => {
      const pairing = pairings.find((row) => row.first === idOf(game.players[0]) && row.kind === 'game');
      return report(pairing, game.scores[0], game.scores[1]);
    }));
    await roundIsFinal(id, round.number);
    const { standings } = await get(`/v1/tournaments/${id}/standings?division=1&round=${round.number}`);
    const wanted = expected.after.find((entry) => entry.round === round.number).standings;
    assert.deepEqual(
      standings.map((row) => [row.rank, row.seed, row.wins, row.losses, row.draws, row.spread]),
      wanted.map((row) => [row.rank, row.player, row.wins, row.losses, row.ties, row.spread]),
      `standings of ${name} after round ${round.number}`);
    process.stdout.write(`   round ${round.number}: ${round.games.length} games, standings equal the record\n`);
  }
  await isFinished(id);
  await printStandings(id, 5);
}

async function isFinished(id) {
  await until('the end of the event', async () =>
    (await get(`/v1/tournaments/${id}`)).status === 'finished');
}

async function printStandings(id, count) {
  const { standings } = await get(`/v1/tournaments/${id}/standings?division=1`);
  for (const row of standings.slice(0, count))
    console.log(`   ${String(row.rank).padStart(3)}  ${row.name.padEnd(12)} ${(row.points_x2 / 2).toFixed(1).padStart(5)}` +
      `  ${row.spread >= 0 ? '+' : ''}${row.spread}`);
  console.log(`   ${house.url}/v1/tournaments/${id}/standings`);
}

// ---- 3. an event that pairs itself -----------------------------------------------------------------------

// mulberry32: a small seeded generator, so that the same demo draws the same scores.
function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function playByPolicy(count, rounds) {
  const draw = seeded(7);
  const players = Array.from({ length: count }, (_, i) => ({
    id: `club-${run}-${String(i + 1).padStart(2, '0')}`, name: `Player ${i + 1}`,
  }));
  const id = await openTournament('Club night', { format: 'club-night' }, players);
  const met = new Set();
  for (let round = 1; round <= rounds; round++) {
    const pairings = await roundWithGames(id, round);
    for (const pairing of boards(pairings)) {
      const pair = [pairing.first, pairing.second].sort().join(' ');
      assert.ok(!met.has(pair), `${pair} meet twice`);
      met.add(pair);
    }
    await Promise.all(boards(pairings).map((pairing) =>
      report(pairing, 300 + Math.floor(draw() * 200), 300 + Math.floor(draw() * 200))));
    await roundIsFinal(id, round);
    console.log(`   round ${round}: ${boards(pairings).length} games, nobody met twice`);
  }
  await isFinished(id);
  await printStandings(id, 8);
}

// ---- 4. bots ---------------------------------------------------------------------------------------------

// Starts `arbiter bot`; resolves when it ends, rejects where it ends badly.
function bots(players, ...more) {
  const names = players.flatMap((player) => ['--player', player]);
  const child = spawn(options.arbiter, ['bot', '--dir', options.dir, ...names, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (bytes) => { said += bytes; });
  process.once('exit', () => child.kill());
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(said) : reject(new Error(`arbiter bot ended with ${code}: ${said}`))));
  });
  ended.catch(() => {}); // heard of by whoever waits
  return ended;
}

async function checkPlayed(gameId) {
  const game = await get(`/v1/games/${gameId}`);
  assert.equal(game.status, 'final');
  assert.equal(game.result.reason, 'played');
  const gcg = await (await fetch(`${house.url}/v1/games/${gameId}.gcg`)).text();
  assert.match(gcg, /#lexicon EN80/);
  return { game, turns: gcg.split('\n').filter((line) => line.startsWith('>')).length };
}

async function playBots() {
  const [robin, wren] = [`robin-${run}`, `wren-${run}`];
  const both = [bots([robin], '--seek', '--games', '1'), bots([wren], '--accept', '--games', '1')];
  await Promise.all(both);
  const { games: [{ game_id: gameId }] } = await get(`/v1/players/${robin}/games?limit=1`);
  const { game, turns } = await checkPlayed(gameId);
  console.log(`   game ${gameId}: ${game.first} ${game.result.first_score}, ${game.second} ${game.result.second_score}, in ${turns} lines of GCG`);
  for (const player of [robin, wren]) {
    const profile = await until('the ratings', async () => {
      const found = await get(`/v1/players/${player}`);
      return found.ratings?.length > 0 && found;
    });
    console.log(`   ${player}: ${profile.ratings[0].rating.toFixed(1)}`);
  }
}

const botClub = `tournament: bot-club
entry: {capacity: 8}
divisions:
  - name: open
    rounds: 7
    game: {rules: crossword, lexicon: EN80, challenge_rule: void, initial_time: 15m, rated: true, rating_policy: glicko2}
    paired_by: policy
    pairing:
      - {rounds: 1-7, method: round_robin}
    next_round: automatic
    order: SPREAD,TPN
`;

async function playBotClub() {
  const players = ['crow', 'dove', 'finch', 'heron', 'lark', 'owl', 'robin', 'wren'].map((name) => ({ id: `${name}-${run}-club`, name }));
  const crew = bots(players.map((player) => player.id), '--games', '7', '--quiet');
  const id = await openTournament('Bot club', { policy: botClub }, players);
  await Promise.all([crew, isFinished(id)]);
  for (let round = 1; round <= 7; round++) {
    const pairings = await roundWithGames(id, round);
    const played = await Promise.all(boards(pairings).map((pairing) => checkPlayed(pairing.game_id)));
    console.log(`   round ${round}: ${played.length} crossword games, ${played.reduce((sum, { turns }) => sum + turns, 0)} lines of GCG`);
  }
  await printStandings(id, 8);
}

// -------------------------------------------------------------------------------------------------------

const plays = {
  seek: ['a seek, a game, two new ratings', playSeek],
  'event-a': ['event-a: 26 players, 15 rounds, from the record', () => playRecorded('event-a')],
  'event-b': ['event-b: 28 players, 13 rounds, from the record', () => playRecorded('event-b')],
  'event-c': ['event-c: 18 players, 14 rounds, from the record', () => playRecorded('event-c')],
  'event-d': ['event-d: 30 players, 21 rounds, from the record', () => playRecorded('event-d')],
  'event-e': ['event-e: an odd field with byes, from the record', () => playRecorded('event-e')],
  club: ['club night: 30 players, 7 rounds, paired by policy', () => playByPolicy(30, 7)],
  bots: ['two bots: a rated crossword game on the socket', playBots],
  'bot-club': ['bot club: 8 bots, everybody meets everybody over crossword', playBotClub],
};
for (const name of options.only.split(',')) await phase(...plays[name]);

console.log('== how long it took');
if (house.retried > 0) console.log(`   ${house.retried} requests met a service on its way back, and were sent again`);
for (const [title, seconds] of phases) console.log(`   ${seconds.toFixed(1).padStart(6)} s  ${title}`);
