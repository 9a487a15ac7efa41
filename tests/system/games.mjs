// Recorded games through the whole house: two players and whoever challenges say on their sockets what was
// played (socket → NATS → gamesvc → store); a watcher hears every event, and no rack; the stored game's
// .gcg must be the recorded one, line by line. Draws are the recorded ones: see gamesvc/unsafe_draws.h.
//
// A bonus line's rack is left out where it is short: the records are of two minds whose it is. Games with time
// penalties are played in a house whose time runs faster, where those who were late take their time.
//
// Arguments: arbiter, the program recorded_game, a folder of games, "untimed" or "timed"; how many (default: all).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../scripts/client.mjs';
import { pause, runCases } from './support.mjs';
import { Socket } from './websocket.mjs';

const [recordedGame, folder, kind, count] = process.argv.slice(3);
const isTimed = kind === 'timed';
const speed = isTimed ? 40 : 1;
const atOnce = isTimed ? 64 : 16;
const minute = 60000;
const scripts = mkdtempSync(join(tmpdir(), 'arbiter-draws-'));
execFileSync('chmod', ['755', scripts]);
process.env.ARBITER_UNSAFE_DRAWS = scripts;
process.env.ARBITER_SOCKET_RATE = '1000';

// The lines of what happened, with players as P1 and P2. The two racks of a scoreless end may be counted in either
// order, and so may two penalties.
function essence(gcg) {
  const names = [...gcg.matchAll(/^#player([12]) (\S+)/gm)].map(([, number, nick]) => [nick, `P${number}`]);
  const nick = new Map(names);
  const lines = gcg.split(/\r?\n/).filter((line) => line.startsWith('>')).map((line) => {
    const [who, ...rest] = line.slice(1).trim().split(/\s+/);
    return [`${nick.get(who.replace(/:$/, ''))}:`, ...rest].join(' ').replace(/: [A-Z?]{1,6} \(challenge\)/, ': (challenge)');
  });
  const isRack = (line) => /^P[12]: (\S+) \(\1\) -/.test(line);
  const isTime = (line) => line.includes('(time)');
  return [...lines.filter((line) => !isRack(line) && !isTime(line)), ...lines.filter(isRack).sort(), ...lines.filter(isTime).sort()];
}

function readRecorded(name) {
  const gcg = readFileSync(join(folder, name), 'utf8');
  const script = execFileSync(recordedGame, [join(folder, name)], { encoding: 'utf8' });
  const moves = script.split('\n').filter((line) => /^(move|end) /.test(line)).map((line) => {
    const [, kind, seat, move] = /^(move|end) ([01]) (.*)$/.exec(line);
    return { kind, seat: Number(seat), move };
  });
  const late = [1, 2].map((player) => Number(new RegExp(`^>P${player}:\\s+\\(time\\) -(\\d+)`, 'm').exec(gcg)?.[1] ?? 0) / 10);
  return { name: name.replace('.gcg', ''), gcg, script, moves, late, challenge: /^challenge (.*)$/m.exec(script)[1] };
}

async function startGame(house, token, recorded) {
  const players = [`${recorded.name}-a`, `${recorded.name}-b`];
  for (const player of players) {
    writeFileSync(join(scripts, `${player}.draws`), recorded.script);
    await house.call('POST', '/v1/players', { player_id: player, name: player }, token(player));
  }
  const request = {
    rules: 'crossword', lexicon: 'EN80', challenge_rule: recorded.challenge,
    ...(isTimed ? { initial_time_ms: 4 * minute, overtime_ms: 10 * minute, start_within_ms: -1 } : { initial_time_ms: 60 * minute, start_within_ms: -1 }),
  };
  const seek = await house.call('POST', '/v1/seeks', { request }, token(players[0]));
  const { game_id } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, token(players[1]));
  const id = game_id || (await until('the game', async () => (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const { first, second } = await house.get(`/v1/games/${id}`);
  return { id, players: [first, second] };
}

// Waits until the clock of this seat is in the middle of the minute that it was late by.
async function beLate(socket, game, seat, minutes) {
  const { data: { view: { clock } } } = await socket.ask({ do: 'state', game: game.id });
  const { at_ms: now } = await socket.ask({ do: 'ping' });
  await pause((clock.at_ms + clock.remaining_ms[seat] + (minutes - 0.5) * minute - now) / speed);
}

async function playRecorded(house, token, recorded) {
  const game = await startGame(house, token, recorded);
  const sockets = await Promise.all(game.players.map((player) => Socket.open(house.url, { token: token(player) })));
  const watcher = await Socket.open(house.url);
  assert.equal((await watcher.ask({ do: 'watch', game: game.id })).type, 'ok');
  let turns = 0;
  let status = 'playing';
  const lastTurn = [0, 1].map((seat) => recorded.moves.findLastIndex((one) => one.seat === seat && one.kind === 'move' && one.move !== 'challenge'));
  for (const [i, { kind, seat, move }] of recorded.moves.entries()) {
    if (kind === 'end' && status !== 'playing') continue;
    if (recorded.late[seat] > 0 && i === lastTurn[seat]) await beLate(sockets[seat], game, seat, recorded.late[seat]);
    const played = await sockets[seat].ask({ do: 'move', game: game.id, expected_turn: turns, move });
    assert.equal(played.type, 'ok', `${recorded.name}: ${move}: ${JSON.stringify(played)}`);
    assert.equal(played.turn_count, ++turns);
    ({ status } = played);
  }
  assert.equal(status, 'ended', recorded.name);
  for (let sequence = 1; ; sequence++) {
    const event = await watcher.hear((message) => message.type === 'event');
    assert.equal(event.sequence, sequence);
    if (event.name === 'turn' && event.data.status === 'playing')
      assert.ok(!/"(rack|drawn)":/.test(JSON.stringify(event)), `${recorded.name}: a rack is told: ${JSON.stringify(event)}`);
    if (event.name === 'finished') break;
  }
  const gcg = await (await fetch(`${house.url}/v1/games/${game.id}.gcg`)).text();
  assert.deepEqual(essence(gcg), essence(recorded.gcg), recorded.name);
  for (const socket of [...sockets, watcher]) socket.close();
  return turns;
}

async function everyRecordedGameComesOutTheSame(house) {
  const token = (player) => house.token(player);
  const names = readdirSync(folder).filter((name) => /^s\d+\.gcg$/.test(name)).sort();
  const games = names.map(readRecorded).filter((game) => isTimed === game.late.some((minutes) => minutes > 0)).slice(0, Number(count ?? Infinity));
  assert.ok(games.length > 0);
  const waiting = [...games];
  let turns = 0;
  const failures = [];
  const start = Date.now();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let game = waiting.shift(); game; game = waiting.shift())
      await playRecorded(house, token, game).then((played) => { turns += played; }, (error) => failures.push(error));
  }));
  const seconds = (Date.now() - start) / 1000;
  console.log(`     ${games.length - failures.length} of ${games.length} games, ${turns} moves, ${(turns / seconds).toFixed(0)} a second`);
  for (const failure of failures.slice(1)) console.log(failure.message);
  if (failures.length > 0) throw failures[0];
}

process.once('exit', () => rmSync(scripts, { recursive: true, force: true }));
await runCases({ everyRecordedGameComesOutTheSame }, isTimed ? ['--speed', String(speed)] : []);
