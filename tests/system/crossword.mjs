// The flagship game through the whole house, on sockets, with racks that are written down beforehand: every
// challenge rule, overtime in a rated result, requests and a director's word, the large board, a lexicon from a
// KWG file, and what binds the house to its draws. The house's time runs a hundred times as fast.
//   node tests/system/crossword.mjs ARBITER
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { arbiter, pause, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';
import { query } from './invariants.mjs';
import { Socket } from './websocket.mjs';

const SPEED = 100;
const minute = 60000;
const folder = mkdtempSync(join(tmpdir(), 'arbiter-crossword-'));
spawnSync('chmod', ['755', folder]);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.env.ARBITER_UNSAFE_DRAWS = folder;

// CAT and DOG, as a KWG file has them: a node is letter, "a word ends here", "the last of its row", and the first
// of the next row; the first node leads to the row of first letters.
function writeKwg(path) {
  const node = (letter, next, { ends = false, last = true } = {}) =>
    (letter === '' ? 0 : letter.charCodeAt(0) - 64) * 2 ** 24 + (ends ? 2 ** 23 : 0) + (last ? 2 ** 22 : 0) + next;
  const nodes = [node('', 2), node('', 0), node('C', 4, { last: false }), node('D', 6), node('A', 5), node('T', 0, { ends: true }),
    node('O', 7), node('G', 0, { ends: true })];
  const bytes = Buffer.alloc(4 * nodes.length);
  nodes.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  writeFileSync(path, bytes);
}

// The lexicons of this house: the build's own, and one that is made of the KWG file.
function makeLexicons() {
  symlinkSync(resolve(arbiter, '../../lexicons/EN80.lexicon'), join(folder, 'EN80.lexicon'));
  writeKwg(join(folder, 'pets.kwg'));
  const made = spawnSync(arbiter, ['lexicon', 'build', '--name', 'PETS', '--output', join(folder, 'PETS.lexicon'), join(folder, 'pets.kwg')],
    { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
}

let games = 0;

// A game whose first draws are as given; [first, second] are sockets by the seat.
async function start(house, draws, request) {
  const players = [`p${++games}-a`, `p${games}-b`];
  for (const player of players) {
    if (draws) writeFileSync(join(folder, `${player}.draws`), draws.map((tiles, i) => `draw ${i} ${tiles}\n`).join(''));
    await house.call('POST', '/v1/players', { player_id: player, name: player }, house.director());
  }
  const body = { request: { rules: 'crossword', lexicon: 'EN80', challenge_rule: 'single', initial_time_ms: 600 * minute, start_within_ms: -1, ...request } };
  const seek = await house.call('POST', '/v1/seeks', body, house.token(players[0]));
  const { game_id } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, house.token(players[1]));
  const id = game_id || (await until('the game', async () => (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const { first, second } = await house.get(`/v1/games/${id}`);
  const sockets = [];
  for (const player of [first, second]) sockets.push(await Socket.open(house.url, { token: house.token(player) }));
  return { id, first, second, sockets, turns: 0 };
}

const say = (game, seat, move) => game.sockets[seat].ask({ do: 'move', game: game.id, expected_turn: game.turns, move });

async function play(game, seat, move) {
  const answer = await say(game, seat, move);
  assert.equal(answer.type, 'ok', `${move}: ${JSON.stringify(answer)}`);
  game.turns = answer.turn_count;
  return answer;
}

async function stateOf(game) {
  const { data } = await game.sockets[0].ask({ do: 'state', game: game.id });
  return data;
}

async function final(house, game) {
  const over = await until('the end', async () => {
    const now = await house.get(`/v1/games/${game.id}`);
    return now.status === 'final' && now;
  });
  for (const socket of game.sockets) socket.close();
  return over;
}

// ---- challenges ------------------------------------------------------------------------------------------

const RACKS = ['CATVUUI', 'EEEEAAA'];

// What comes of a challenge: of a word, of a phony. CAT scores ten; who is on turn then, or who has won.
const rules = {
  single: [{ score: [10, 0], turn: 'second' }, { score: [0, 0], turn: 'second' }],
  double: [{ score: [10, 0], turn: 'first' }, { score: [0, 0], turn: 'second' }],
  'five-point': [{ score: [15, 0], turn: 'second' }, { score: [0, 0], turn: 'second' }],
  'ten-point': [{ score: [20, 0], turn: 'second' }, { score: [0, 0], turn: 'second' }],
  triple: [{ wins: 'first' }, { wins: 'second' }],
};

async function everyChallengeRuleHolds(house) {
  for (const [rule, outcomes] of Object.entries(rules)) {
    for (const [i, outcome] of outcomes.entries()) {
      const game = await start(house, RACKS, { challenge_rule: rule });
      await play(game, 0, i === 0 ? 'place 8G CAT' : 'place 8G CUV');
      const { status } = await play(game, 1, 'challenge');
      if (outcome.wins) {
        assert.equal(status, 'ended', rule);
        const { result } = await final(house, game);
        assert.equal(result.winner, game[outcome.wins], rule);
        continue;
      }
      const { view } = await stateOf(game);
      assert.deepEqual([view.score, view.on_turn], [outcome.score, outcome.turn], `${rule} ${i}`);
      await play(game, 0, 'resign');
      const gcg = await gcgOf(house, await final(house, game));
      assert.match(gcg, i === 1 ? /--/ : rule.endsWith('point') ? /\(challenge\) \+(5|10) / : /8G CAT/);
    }
  }
  const game = await start(house, RACKS, { challenge_rule: 'void' });
  assert.equal((await say(game, 0, 'place 8G CUV')).type, 'error', 'a phony is refused');
  await play(game, 0, 'place 8G CAT');
  assert.equal((await say(game, 1, 'challenge')).type, 'error', 'there is nothing to challenge');
  await play(game, 1, 'resign');
  await final(house, game);
}

async function gcgOf(house, game) {
  const answer = await fetch(`${house.url}/v1/games/${game.game_id}.gcg`);
  assert.equal(answer.status, 200);
  return answer.text();
}

// ---- overtime --------------------------------------------------------------------------------------------

// Who led on the board loses by what the overtime costs: in the result, in both ratings, in the export.
async function overtimeDecidesARatedGame(house) {
  const game = await start(house, ['CATEEEE', 'AAAAIII', 'OOO'], { rated: true, rating_policy: 'glicko2', initial_time_ms: 2 * minute, overtime_ms: 10 * minute });
  await play(game, 0, 'place 8G CAT');
  await play(game, 1, 'pass');
  await pause(3.5 * minute / SPEED);
  for (let i = 0; i < 5; i++) await play(game, i % 2, 'pass');
  const over = await final(house, game);
  const late = Number(/^>\S+\s+\(time\) -(\d+) /m.exec(await gcgOf(house, over))[1]);
  assert.ok(late >= 20 && late % 10 === 0, `a penalty of ${late}`);
  assert.deepEqual([over.result.first_score, over.result.second_score], [10 - 7 - late, -7]);
  assert.deepEqual([over.result.winner, over.result.reason], [game.second, 'played']);
  const rating = (player) => Number(query(house, `SELECT rating FROM ratings WHERE player_id = '${player}'`));
  assert.ok(rating(game.second) > 1500 && rating(game.first) < 1500, 'who was late loses rating, too');
}

// ---- beside the board ------------------------------------------------------------------------------------

// Requests are kept by the server's time: silence grants, a move denies; given time moves the stored deadline; a
// director's word ends a game by its score.
async function playersAskAndDirectorsDecide(house) {
  const ask = (game, seat, kind) => house.call('POST', `/v1/games/${game.id}/requests`, { kind }, house.token([game.first, game.second][seat]));
  const deadline = (game) => Number(query(house, `SELECT deadline_at_ms FROM games WHERE game_id = '${game.id}'`));
  const aborted = await start(house, RACKS, { rated: true, rating_policy: 'glicko2' });
  const denied = await start(house, RACKS, {});
  const given = await start(house, RACKS, {});
  const watcher = await Socket.open(house.url);
  await watcher.ask({ do: 'watch', game: aborted.id });
  const { requests } = await ask(aborted, 0, 'abort');
  await ask(denied, 1, 'nudge');
  await play(denied, 0, 'place 8G CAT');
  const before = deadline(given);
  await ask(given, 1, 'add-time');
  assert.equal(deadline(given) - before, 15000, 'more time for who is on turn');
  assert.deepEqual([(await final(house, aborted)).result.reason, query(house, `SELECT count(*) FROM rating_history WHERE game_id = '${aborted.id}'`)], ['aborted', '0']);
  await watcher.hear((message) => message.name === 'requested' && JSON.stringify(message).includes(requests.open_id));
  await watcher.hear((message) => message.name === 'finished');
  watcher.close();
  assert.deepEqual([(await stateOf(denied)).status, (await stateOf(denied)).requests.open_id], ['playing', ''], 'the move was an answer');
  await play(denied, 1, 'pass');
  await house.call('POST', `/v1/games/${denied.id}/moves`, { move: 'adjudicate' }, house.director());
  const { result } = await final(house, denied);
  assert.deepEqual([result.reason, result.winner, result.decided_by], ['adjudicated', denied.first, 'director']);
  await play(given, 0, 'resign');
  await final(house, given);
}

// ---- boards and words ------------------------------------------------------------------------------------

async function theLargeBoardIsPlayed(house) {
  const game = await start(house, ['CATEEEE', 'AAAAIII'], { variant: 'classic_super' });
  assert.equal((await say(game, 0, 'place 8G CAT')).type, 'error', 'the centre is at 11K');
  await play(game, 0, 'place 11K CAT');
  const { view } = await stateOf(game);
  assert.deepEqual([view.board.length, view.board[10].length], [21, 21]);
  await play(game, 1, 'resign');
  const gcg = await gcgOf(house, await final(house, game));
  assert.match(gcg, /^#board-layout SuperCrosswordGame$/m);
  assert.match(gcg, / 11K CAT \+10 10$/m);
  const file = join(folder, 'large.gcg');
  writeFileSync(file, gcg);
  const read = spawnSync(arbiter, ['gcg', file], { encoding: 'utf8' });
  assert.equal(read.status, 0, read.stderr);
  assert.match(read.stdout, /11K/);
}

async function aLexiconComesOfAKwgFile(house) {
  const lexicon = (verb, name) => spawnSync(arbiter, ['lexicon', verb, join(folder, `${name}.lexicon`)], { encoding: 'utf8' }).stdout;
  assert.equal(lexicon('list', 'PETS'), 'CAT\nDOG\n');
  assert.match(lexicon('info', 'EN80'), /SCOWL[^]*Copyright/i, 'the default list carries its notice along');
  const game = await start(house, ['CATEDOG', 'AAAAIII'], { lexicon: 'PETS', challenge_rule: 'void' });
  assert.equal((await say(game, 0, 'place 8G EAT')).type, 'error', 'a word of other lists is none here');
  await play(game, 0, 'place 8G DOG');
  await play(game, 1, 'resign');
  assert.match(await gcgOf(house, await final(house, game)), /^#lexicon PETS$/m);
}

// ---- what binds the house to its draws -------------------------------------------------------------------

// Lines of JSON from /v1/events, until `wanted` likes one.
async function* events(house, after) {
  const answer = await fetch(`${house.url}/v1/events?topics=game&last_event_id=${after}`, { headers: { Accept: 'application/x-ndjson' } });
  let rest = '';
  for await (const bytes of answer.body) {
    const lines = (rest + Buffer.from(bytes).toString()).split('\n');
    rest = lines.pop();
    for (const line of lines.filter((text) => text.trim() !== '')) yield JSON.parse(line);
  }
}

async function theCommitmentIsToldAtTheStartAndTheSeedAtTheEnd(house) {
  const before = query(house, 'SELECT coalesce(max(position), 0) FROM events');
  const game = await start(house, null, {});
  const watchers = [await Socket.open(house.url), await Socket.open(house.url)];
  watchers[0].say({ do: 'watch', game: game.id });
  watchers[1].say(`watch ${game.id}`);
  const told = [];
  const listening = (async () => {
    for await (const event of events(house, before)) {
      told.push(event);
      if (JSON.stringify(event).includes(game.id) && /finished/.test(JSON.stringify(event))) return;
    }
  })();
  const begun = await house.get(`/v1/games/${game.id}`);
  assert.match(begun.commitment, /^[0-9a-f]{64}$/);
  assert.ok(begun.commitment_id.length > 0);
  for (const about of [begun, await stateOf(game)]) {
    assert.equal(about.commitment, begun.commitment);
    assert.equal(about.seed, undefined, 'nobody knows the seed yet');
  }
  assert.equal((await fetch(`${house.url}/v1/games/${game.id}.gcg`)).status, 409, 'no export of a running game');
  assert.equal((await fetch(`${house.url}/v1/games/${game.id}/record`)).status, 409);
  await play(game, 0, 'pass');
  await play(game, 1, 'resign');
  const over = await final(house, game);
  const { seed } = over;
  assert.match(seed, /^[0-9a-f]{64}$/);
  assert.equal(over.commitment, begun.commitment);
  const record = await house.get(`/v1/games/${game.id}/record`);
  assert.deepEqual([record.seed, record.commitment, record.commitment_id], [seed, begun.commitment, begun.commitment_id]);
  const heard = [];
  for (let name = ''; name !== 'finished'; heard.push(name))
    await watchers[0].hear((message) => {
      if (message.type !== 'event') return false;
      name = message.name;
      if (name === 'started') assert.equal(message.data.commitment, begun.commitment);
      assert.equal(name === 'finished', JSON.stringify(message).includes(seed), name);
      return true;
    });
  assert.deepEqual(heard, ['started', 'turn', 'turn', 'finished']);
  const line = (name) => watchers[1].hear((text) => typeof text === 'string' && text.includes(` name=${name} `));
  assert.ok((await line('started')).includes(begun.commitment));
  assert.ok((await line('finished')).includes(seed));
  await listening;
  const text = told.map((event) => JSON.stringify(event)).filter((one) => one.includes(game.id));
  assert.ok(text[0].includes(begun.commitment) && text.at(-1).includes(seed));
  assert.ok(text.slice(0, -1).every((one) => !one.includes(seed)), 'told with the end, not before');
  const verified = spawnSync(arbiter, ['game', 'verify', game.id, '--commitment', begun.commitment, '--dir', house.folder], { encoding: 'utf8' });
  assert.equal(verified.status, 0, verified.stderr);
  for (const socket of watchers) socket.close();
}

makeLexicons();
await runCases({ everyChallengeRuleHolds, overtimeDecidesARatedGame, playersAskAndDirectorsDecide, theLargeBoardIsPlayed, aLexiconComesOfAKwgFile,
  theCommitmentIsToldAtTheStartAndTheSeedAtTheEnd }, ['--speed', String(SPEED), '--lexicons', folder]);
