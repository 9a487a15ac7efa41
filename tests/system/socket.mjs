// The socket: handshakes, tokens, moves, events without gap or repeat, bad input, limits.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../scripts/client.mjs';
import { arbiter, pause, processOf, runCases } from './support.mjs';
import { query } from './invariants.mjs';
import { Socket } from './websocket.mjs';

process.env.ARBITER_ADDRESS_CONNECTIONS = '0'; // all come from one
process.env.ARBITER_SOCKET_RATE = '1000';
process.env.ARBITER_SOCKET_PING_SECONDS = '1';

const breakthrough = { rules: 'breakthrough' };
const crossword = { rules: 'crossword', lexicon: 'EN80', challenge_rule: 'void' };
const isSanitized = /(asan|tsan)/.test(arbiter); // where memory says nothing
let names = 0;

async function newPlayers(house) {
  names += 2;
  const players = [`p${names}`, `p${names + 1}`];
  for (const player of players) await house.call('POST', '/v1/players', { player_id: player, name: player }, house.director());
  return players;
}

// A seek, accepted: {id, first, second}.
async function newGame(house, players, request = breakthrough) {
  const seek = await house.call('POST', '/v1/seeks', { request: { initial_time_ms: 3600000, start_within_ms: -1, ...request } }, house.token(players[0]));
  const { game_id } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, house.token(players[1]));
  const id = game_id || (await until('the game', async () => (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const { first, second } = await house.get(`/v1/games/${id}`);
  return { id, first, second };
}

const open = (house, player, options = {}) => Socket.open(house.url, { token: player && house.token(player), ...options });
const isEvent = (name) => (message) => message.type === 'event' && (!name || message.name === name);

// The moves of breakthrough's first rank of pawns, there and back never: a2a3, a7a6, b2b3, …
const move = (turn) => `move ${'abcdefgh'[turn >> 1]}${turn % 2 === 0 ? '2' : '7'}${'abcdefgh'[turn >> 1]}${turn % 2 === 0 ? '3' : '6'}`;

async function handshakesAreCheckedOneByOne(house) {
  const refused = (options) => Socket.open(house.url, options).then(() => assert.fail('opened'), (error) => error);
  assert.equal((await house.ask('GET', '/v1/socket')).status, 426);
  assert.equal((await refused({ version: 8 })).status, 400);
  assert.equal((await refused({ token: 'no.such.token' })).status, 401);
  assert.equal((await refused({ protocols: ['arbiter.json', 'bearer.no.such.token'] })).status, 401);
  const problem = JSON.parse((await refused({ token: 'no.such.token' })).body);
  assert.match(problem.type, /unauthenticated/);
  const stranger = await open(house);
  assert.equal((await stranger.hear()).player, '');
  stranger.close();
}

async function aTokenComesInThreeWays(house) {
  const token = house.token('ann');
  const byHeader = await Socket.open(house.url, { token });
  assert.equal((await byHeader.hear()).player, 'ann');
  const byProtocol = await Socket.open(house.url, { protocols: ['arbiter.text', `bearer.${token}`] });
  assert.match(byProtocol.head, /sec-websocket-protocol: arbiter\.text/i);
  assert.match(await byProtocol.hear(), /^hello player=ann /);
  const byMessage = await Socket.open(house.url);
  assert.equal((await byMessage.hear()).player, '');
  assert.equal((await byMessage.ask({ do: 'watch', game: '*' })).code, 'unauthenticated');
  assert.equal((await byMessage.ask({ do: 'token', token: `${token}x` })).code, 'unauthenticated');
  assert.equal((await byMessage.ask({ do: 'token', token })).player, 'ann');
  assert.equal((await byMessage.ask({ do: 'token', token: house.token('bob') })).code, 'forbidden');
  for (const socket of [byHeader, byProtocol, byMessage]) socket.close();
}

async function anExpiredTokenEndsTheSocket(house) {
  const sign = (life) => execFileSync(arbiter, ['token', 'cid', '--for', life, '--key', join(house.folder, 'keys-private.json')],
    { encoding: 'utf8' }).trim();
  const [left, renewed] = [await Socket.open(house.url, { token: sign('3s') }), await Socket.open(house.url, { token: sign('3s') })];
  assert.equal((await renewed.ask({ do: 'token', token: sign('1h') })).type, 'ok');
  assert.deepEqual(await left.isClosed(), { code: 4001, reason: 'your token has expired' });
  assert.equal((await renewed.ask({ do: 'ping' })).type, 'pong');
  renewed.close();
}

async function twoPlayersAndAWatcherHearAllTurnsInOrder(house) {
  const players = await newPlayers(house);
  const own = await open(house, players[0]);
  assert.equal((await own.ask({ do: 'watch', game: '*' })).type, 'ok');
  const game = await newGame(house, players);
  const [first, second, watcher] = [await open(house, game.first), await open(house, game.second),
    await open(house, null, { protocols: ['arbiter.text'] })];
  assert.equal((await second.ask({ do: 'watch', game: game.id })).type, 'ok');
  assert.equal((await second.ask({ do: 'watch', game: game.id })).code, 'exists');
  watcher.say(`#w watch ${game.id}`);
  await watcher.hear((text) => text.startsWith(`ok #w do=watch game=${game.id}`));
  for (let turn = 0; turn < 8; turn++) {
    const played = await (turn % 2 === 0 ? first : second).ask({ do: 'move', game: game.id, expected_turn: turn, move: move(turn) });
    assert.deepEqual([played.type, played.turn_count, played.status], ['ok', turn + 1, 'playing']);
  }
  assert.equal((await second.ask({ do: 'move', game: game.id, expected_turn: 8, move: 'resign' })).status, 'ended');
  for (const socket of [own, second]) {
    for (let sequence = 1; sequence <= 11; sequence++) {
      const event = await socket.hear(isEvent());
      assert.deepEqual([event.game, event.sequence], [game.id, sequence]);
      assert.equal(event.name, sequence === 1 ? 'started' : sequence === 11 ? 'finished' : 'turn');
      if (event.name === 'turn') assert.deepEqual([event.data.turn_count, event.data.last_turn.move !== undefined], [sequence - 1, true]);
    }
  }
  for (let sequence = 1; sequence <= 11; sequence++)
    assert.match(await watcher.hear((text) => text.startsWith('event ')), new RegExp(`^event game=${game.id} sequence=${sequence} `));
  const state = await first.ask({ do: 'state', game: game.id });
  assert.deepEqual([state.data.turn_count, state.data.result.reason], [9, 'resigned']);
  for (const socket of [own, first, second, watcher]) socket.close();
}

// Requests and their answers in both forms: what one asks the other is told in the event, and may say no or yes, once.
async function playersAskEachOtherThings(house) {
  const game = await newGame(house, await newPlayers(house));
  const [first, second, stranger] = [await open(house, game.first), await open(house, game.second), await open(house, null)];
  await second.ask({ do: 'watch', game: game.id });
  assert.equal((await stranger.ask({ do: 'request', game: game.id, kind: 'abort' })).code, 'unauthenticated');
  assert.equal((await first.ask({ do: 'request', game: game.id, kind: 'undo' })).code, 'not-allowed');
  assert.equal((await first.ask({ do: 'request', game: game.id, kind: 'nudge' })).code, 'not-allowed'); // to move himself
  assert.equal((await first.ask({ do: 'request', game: game.id, kind: 'a b' })).code, 'malformed');
  assert.equal((await second.ask({ do: 'request', game: game.id, kind: 'add-time' })).type, 'ok');
  const asked = await first.ask({ do: 'request', game: game.id, kind: 'abort' });
  assert.deepEqual([asked.type, asked.requests.kind], ['ok', 'abort']);
  const id = asked.requests.open_id;
  await second.hear((message) => message.name === 'requested' && message.data.requests.open_id === id);
  assert.equal((await first.ask({ do: 'accept', game: game.id, request: id })).type, 'error'); // his own
  for (let i = 0; i < 2; i++) assert.equal((await second.ask({ do: 'deny', game: game.id, request: id })).type, 'ok');
  assert.equal((await second.ask({ do: 'accept', game: game.id, request: id })).code, 'no-such-request');
  const again = await second.ask({ do: 'request', game: game.id, kind: 'abort' });
  first.say(`#y accept ${game.id} ${again.requests.open_id}`);
  assert.match(await first.hear((text) => String(text).startsWith('ok #y ')), / status=ended .*aborted/);
  for (const socket of [first, second, stranger]) socket.close();
}

async function anotherDeviceOfTheMoverSeesTheNewRack(house) {
  const game = await newGame(house, await newPlayers(house), crossword);
  const [mover, device, second] = [await open(house, game.first), await open(house, game.first), await open(house, game.second)];
  for (const socket of [mover, device, second])
    assert.equal((await socket.ask({ do: 'watch', game: game.id })).type, 'ok');
  const rackIn = (state) => state.data.view.racks[0];
  const before = rackIn(await mover.ask({ do: 'state', game: game.id }));
  const played = await mover.ask({ do: 'move', game: game.id, expected_turn: 0, move: `exchange ${before.slice(0, 6)}` });
  assert.equal(played.type, 'ok');
  const pushed = await device.hear((message) => message.type === 'state');
  assert.deepEqual([pushed.game, pushed.data.turn_count, pushed.ref], [game.id, 1, undefined]);
  assert.notEqual(rackIn(pushed), null);
  assert.equal(rackIn(pushed), rackIn(await mover.ask({ do: 'state', game: game.id })));
  assert.equal((await second.ask({ do: 'move', game: game.id, expected_turn: 1, move: 'pass' })).type, 'ok');
  await Promise.all([mover, second].map((socket) => socket.hear((message) => message.type === 'event' && message.data.turn_count === 2)));
  for (const socket of [mover, second]) {
    await socket.ask({ do: 'ping' });
    assert.ok(!socket.messages.some((message) => message.type === 'state'), 'pushed to those who need it only');
  }
  for (const socket of [mover, device, second]) socket.close();
}

// A finished game is proved fair from what the house tells; a row that was changed since is found.
async function aFinishedGameIsVerified(house) {
  const verify = (id) => spawnSync(arbiter, ['game', 'verify', id, '--dir', house.folder], { encoding: 'utf8' });
  const play = async (request, moves) => {
    const game = await newGame(house, await newPlayers(house), request);
    const sockets = [await open(house, game.first), await open(house, game.second)];
    for (const [turn, text] of moves.entries())
      assert.equal((await sockets[turn % 2].ask({ do: 'move', game: game.id, expected_turn: turn, move: text })).type, 'ok', text);
    for (const socket of sockets) socket.close();
    await until('the end', async () => (await house.get(`/v1/games/${game.id}`)).status === 'final');
    return game.id;
  };
  const sealed = await play(crossword, ['pass', 'pass', 'resign']);
  const legible = await play(undefined, [move(0), move(1), 'resign']);
  const running = await newGame(house, await newPlayers(house));
  for (const id of [sealed, legible]) {
    const fair = verify(id);
    assert.equal(fair.status, 0, fair.stderr);
    assert.match(fair.stdout, new RegExp(`^game ${id} is fair: `));
  }
  assert.match(verify(running.id).stderr, /not over/);
  query(house, `UPDATE turns SET event = overlay(event placing '\\x00'::bytea from 20) WHERE game_id = '${sealed}' AND turn_number = 1`);
  query(house, `UPDATE results SET winner = CASE winner WHEN g.first_player THEN g.second_player ELSE g.first_player END
    FROM games AS g WHERE g.game_id = results.game_id AND results.game_id = '${legible}'`);
  query(house, `UPDATE turns SET event = convert_to('0 move h2h3', 'UTF8') WHERE game_id = '${legible}' AND turn_number = 1`);
  query(house, `UPDATE turns SET event = convert_to('1 move a2a3', 'UTF8') WHERE game_id = '${legible}' AND turn_number = 2`);
  for (const id of [sealed, legible]) {
    const tampered = verify(id);
    assert.notEqual(tampered.status, 0, tampered.stdout);
    console.log(`     ${tampered.stderr.trim()}`);
    assert.match(tampered.stderr, /turn [12] is not as it was played: ./);
  }
}

async function aClientResumesWhereItWas(house) {
  const game = await newGame(house, await newPlayers(house));
  const [first, second] = [await open(house, game.first), await open(house, game.second)];
  const play = async (from, to) => {
    for (let turn = from; turn < to; turn++)
      assert.equal((await (turn % 2 === 0 ? first : second).ask({ do: 'move', game: game.id, expected_turn: turn, move: move(turn) })).type, 'ok');
  };
  const heard = [];
  const watch = async (after) => {
    const socket = await open(house, null);
    assert.equal((await socket.ask({ do: 'watch', game: game.id, after })).type, 'ok');
    return socket;
  };
  let watcher = await watch(0);
  await play(0, 5);
  while (heard.at(-1) !== 4) heard.push((await watcher.hear(isEvent())).sequence);
  watcher.tcp.destroy(); // two events may be on their way: they are told again
  await play(5, 10);
  watcher = await watch(heard.at(-1));
  while (heard.at(-1) !== 9) heard.push((await watcher.hear(isEvent())).sequence);
  process.kill(processOf(house, 'seeks'), 'SIGKILL');
  assert.equal((await watcher.isClosed()).code, 1006);
  watcher = await until('the edge again', () => watch(heard.at(-1)).catch(() => null));
  const [again, other] = [await open(house, game.first), await open(house, game.second)];
  const repeat = { do: 'move', game: game.id, expected_turn: 9, move: move(9) };
  assert.equal((await other.ask(repeat)).turn_count, 10, 'a move whose answer was lost is answered as before');
  assert.equal((await again.ask({ do: 'move', game: game.id, expected_turn: 10, move: move(10) })).turn_count, 11);
  while (heard.at(-1) !== 12) heard.push((await watcher.hear(isEvent())).sequence);
  assert.deepEqual(heard, Array.from({ length: 12 }, (_, i) => i + 1));
  assert.equal((await watcher.ask({ do: 'unwatch', game: game.id })).type, 'ok');
  assert.equal((await watcher.ask({ do: 'watch', game: game.id, after: 99 })).code, 'unknown-sequence');
  assert.equal((await watcher.ask({ do: 'watch', game: 'nosuch' })).code, 'not-found');
  for (const socket of [first, second, watcher, again, other]) socket.close();
}

async function badMovesChangeNothing(house) {
  const players = await newPlayers(house);
  const game = await newGame(house, players, crossword);
  const [first, second, stranger, watcher] = [await open(house, game.first), await open(house, game.second),
    await open(house, 'eve'), await open(house, null)];
  const before = await first.ask({ do: 'state', game: game.id });
  const rack = before.data.view.racks.find((held) => held !== null);
  const missing = 'QZXJK'.split('').find((letter) => !rack.includes(letter));
  const play = (socket, text, turn = 0) => socket.ask({ do: 'move', game: game.id, expected_turn: turn, move: text });
  const refusals = [
    [await play(stranger, 'pass'), /not-allowed|permission|forbidden|not-on-turn/],
    [await play(watcher, 'pass'), 'unauthenticated'],
    [await play(second, 'pass'), 'not-on-turn'],
    [await play(first, 'pass', 7), 'stale-turn'],
    [await play(first, `place 8H ${missing}${missing}`), /./],
    [await play(first, `exchange ${missing}`), /./],
    [await play(first, 'place H88 CAT'), /./],
    [await play(first, 'place 99Z CAT'), /./],
    [await play(first, 'place 8H'), /./],
    [await play(first, 'dance'), 'unknown-move'],
    [await play(first, 'challenge'), /./],
    [await play(first, 'forfeit 1'), /not-allowed|forbidden/],
    [await play(first, `place 8H ${'A'.repeat(400)}`), /./],
    [await first.ask({ do: 'move', game: 'nosuch', expected_turn: 0, move: 'pass' }), 'not-found'],
    [await first.ask({ do: 'move', game: '../../x', expected_turn: 0, move: 'pass' }), 'not-found'],
    [await first.ask({ do: 'move', game: game.id, expected_turn: 0, move: 'x'.repeat(600) }), 'malformed'],
    [await first.ask({ do: 'state', game: 'nosuch' }), 'not-found'],
  ];
  for (const [i, [answer, code]] of refusals.entries()) {
    assert.equal(answer.type, 'error', `${i}: ${JSON.stringify(answer)}`);
    if (code instanceof RegExp) assert.match(answer.code, code);
    else assert.equal(answer.code, code, `${i}: ${JSON.stringify(answer)}`);
    assert.ok(answer.text.length > 5);
  }
  assert.equal(refusals[3][0].turn_count, 0);
  const after = await first.ask({ do: 'state', game: game.id });
  delete before.ref;
  delete after.ref;
  for (const state of [before, after]) delete state.data.view.clock; // time goes on
  assert.deepEqual(after, before);
  for (const socket of [second, stranger, watcher]) {
    const text = JSON.stringify(await socket.ask({ do: 'state', game: game.id }));
    assert.ok(!text.includes(`"${rack}"`), 'a rack is told to somebody else');
  }
  assert.equal((await play(first, 'pass')).type, 'ok');
  for (const socket of [first, second, stranger, watcher]) socket.close();
}

async function badMessagesAreAnsweredAndTheSocketKept(house) {
  const socket = await open(house, 'ann');
  await socket.hear();
  const said = [
    ['{"do": "move"', 'malformed'], ['{"do": "move"}', 'malformed'], ['{"do": "dance"}', 'malformed'], ['[]', 'malformed'],
    ['{"do": "ping", "extra": 1}', 'malformed'], ['{"do": "ping", "do": "ping"}', 'malformed'], ['', 'malformed'],
    ['{"do": "watch", "game": 7}', 'malformed'], ['{"do": "watch", "game": "a", "after": -1}', 'malformed'],
    ['{"do": "move", "game": "a", "expected_turn": 1e3, "move": "pass"}', 'malformed'],
    ['{"do": "ping", "ref": "a b"}', 'malformed'], ['{"do": "move", "game": "a", "move": "a\\u0000b"}', 'malformed'],
    ['move a x pass', 'malformed'], ['ping pong', 'malformed'], ['#', 'malformed'], ['\u0001', 'malformed'],
    [`${'['.repeat(4000)}`, 'malformed'], [`{"do":${'['.repeat(4000)}`, 'malformed'],
  ];
  for (const [text, code] of said) {
    socket.say(text);
    const answer = await socket.hear();
    assert.match(typeof answer === 'string' ? answer : `code=${answer.code} `, new RegExp(`code=${code} `), text.slice(0, 60));
  }
  socket.send(Buffer.from([1, 2, 3]), { opcode: 2 });
  assert.match(JSON.stringify(await socket.hear()), /binary/);
  socket.send('x'.repeat(4097));
  assert.match(JSON.stringify(await socket.hear()), /too-large/);
  socket.send('x'.repeat(100000));
  assert.match(JSON.stringify(await socket.hear()), /too-large/);
  socket.send('{"do": "pi', { fin: false });
  socket.send('hello?', { opcode: 9 }); // between the pieces of a message
  socket.send('ng"}', { opcode: 0 });
  assert.equal((await socket.hear((message) => message.type === 'pong')).type, 'pong');
  await until('the pong', () => socket.pong === 'hello?');
  socket.close();
  assert.equal((await socket.isClosed()).code, 1000);
}

async function whoBreaksTheProtocolIsClosedWithAReason(house) {
  const wrongs = [
    [1007, (socket) => socket.send(Buffer.from([0xc0, 0xaf]))],
    [1007, (socket) => socket.send(Buffer.from([0xed, 0xa0, 0x80]))],
    [1002, (socket) => socket.send('hello', { masked: false })],
    [1002, (socket) => socket.send('hello', { rsv: 4 })],
    [1002, (socket) => socket.send('hello', { opcode: 3 })],
    [1002, (socket) => socket.send('hello', { opcode: 0 })],
    [1002, (socket) => socket.send('x'.repeat(126), { opcode: 9 })],
    [1002, (socket) => socket.send('x', { opcode: 9, fin: false })],
    [1009, (socket) => socket.send('x', { size: 2 ** 40 })],
    [1008, (socket) => { for (let i = 0; i < 8000; i++) socket.send('ping'); }],
  ];
  for (const [code, wrong] of wrongs) {
    const socket = await open(house, 'ann');
    wrong(socket);
    const closed = await socket.isClosed();
    assert.equal(closed.code, code, closed.reason);
    assert.ok(closed.reason.length > 5);
  }
}

// Two players and many strangers, some with many sockets, all at once: one move of the mover counts.
async function tenThousandMovesAtOnce(house) {
  const game = await newGame(house, await newPlayers(house));
  const sockets = [];
  for (let i = 0; i < 4; i++) sockets.push(await open(house, game.first), await open(house, game.second), await open(house, `eve${i}`));
  for (const socket of sockets) await socket.hear();
  const each = Math.ceil(10000 / sockets.length);
  for (let i = 0; i < each; i++)
    for (const [s, socket] of sockets.entries())
      socket.say(`#${i} move ${game.id} 0 move ${'abcdefgh'[(i + s) % 8]}2${'abcdefgh'[(i + s) % 8]}3`);
  const answers = { ok: 0, error: 0 };
  for (const socket of sockets)
    for (let i = 0; i < each; i++) answers[(await socket.hear()).split(' ')[0]]++;
  assert.equal(answers.ok + answers.error, sockets.length * each);
  assert.ok(answers.ok >= 1, 'somebody must have moved');
  const state = await sockets[0].ask({ do: 'state', game: game.id });
  assert.equal(state.data.turn_count, 1, 'one turn was played');
  console.log(`     ${sockets.length * each} moves: ${answers.ok} accepted or repeated, ${answers.error} refused`);
  for (const socket of sockets) socket.close();
}

async function limitsAreTold(house) {
  const sockets = [];
  for (let i = 0; i < 8; i++) sockets.push(await open(house, 'zoe'));
  const ninth = await open(house, 'zoe').then(() => assert.fail('a ninth socket'), (error) => error);
  assert.equal(ninth.status, 429);
  const players = await newPlayers(house);
  const games = [];
  for (let i = 0; i < 101; i++) games.push(await newGame(house, players));
  const [hundred] = sockets;
  for (const { id } of games.slice(0, 100)) assert.equal((await hundred.ask({ do: 'watch', game: id })).type, 'ok');
  assert.equal((await hundred.ask({ do: 'watch', game: games[100].id })).code, 'limit');
  assert.equal((await hundred.ask({ do: 'unwatch', game: games[0].id })).type, 'ok');
  assert.equal((await hundred.ask({ do: 'watch', game: 'nosuch' })).code, 'not-found');
  assert.equal((await hundred.ask({ do: 'watch', game: games[100].id })).type, 'ok', 'what was not there takes no room');
  for (const socket of sockets) socket.close();
  await until('room again', () => open(house, 'zoe').then((socket) => (socket.close(), true), () => false));
}

async function aSlowReaderIsDroppedWithAReason(house) {
  const slow = await open(house, null);
  await slow.hear();
  slow.tcp.pause();
  for (let i = 0; i < 60 && !slow.tcp.destroyed; i++) {
    for (let k = 0; k < 100; k++) slow.say(`#${i} help`);
    await pause(50);
  }
  slow.tcp.resume();
  const closed = await slow.isClosed();
  assert.equal(closed.code, 4008, closed.reason);
  assert.match(closed.reason, /slow/);
}

async function whoIsSilentIsDropped(house) {
  const [deaf, lively] = [await open(house, null), await open(house, null)];
  deaf.deaf = true;
  const closed = await deaf.isClosed();
  assert.deepEqual([closed.code, deaf.pings > 0], [4002, true]);
  assert.ok(lively.pings > 0 && lively.closed === null);
  lively.close();
}

// VmRSS of the edge, in MB.
const memory = (house) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${processOf(house, 'seeks')}/status`, 'utf8'))[1]) / 1024;

async function fiveThousandIdleSocketsAreCheap(house) {
  const files = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
  if (files < 6000) return console.log(`     skipped: only ${files} files may be open here`);
  const game = await newGame(house, await newPlayers(house));
  const before = memory(house);
  const watchers = [];
  for (let i = 0; i < 5000; i += 250) {
    const batch = await Promise.all(Array.from({ length: 250 }, () => open(house, null)));
    await Promise.all(batch.map((socket) => socket.hear()));
    await Promise.all(batch.map((socket) => socket.ask({ do: 'watch', game: game.id, after: 1 })));
    watchers.push(...batch);
  }
  const idle = memory(house);
  console.log(`     5000 sockets that watch: ${idle.toFixed(1)} MB, ${before.toFixed(1)} MB before them`);
  if (!isSanitized) assert.ok(idle <= 200, `${idle} MB`);
  const mover = await open(house, game.first);
  assert.equal((await mover.ask({ do: 'move', game: game.id, expected_turn: 0, move: move(0) })).type, 'ok');
  for (const watcher of watchers) assert.equal((await watcher.hear(isEvent())).sequence, 2);
  for (const socket of [mover, ...watchers]) socket.close();
}

await runCases({ handshakesAreCheckedOneByOne, aTokenComesInThreeWays, anExpiredTokenEndsTheSocket,
  twoPlayersAndAWatcherHearAllTurnsInOrder, playersAskEachOtherThings, anotherDeviceOfTheMoverSeesTheNewRack, aFinishedGameIsVerified,
  aClientResumesWhereItWas, badMovesChangeNothing,
  badMessagesAreAnsweredAndTheSocketKept, whoBreaksTheProtocolIsClosedWithAReason, tenThousandMovesAtOnce,
  limitsAreTold, fiveThousandIdleSocketsAreCheap, aSlowReaderIsDroppedWithAReason, whoIsSilentIsDropped });
