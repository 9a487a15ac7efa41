// Somebody else's game service: takes StartGame, Play and View from the queue group `gamesvc` with nothing
// but public packages and the .proto files, and asks the store by request and reply. Its only game is
// one over the board: over when both players, or a director, have reported the same score.
// Usage: node gamesvc.mjs NATS_URL PROTO_FOLDER
import { connect } from 'nats';
import protobuf from 'protobufjs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

const [url, protoFolder] = process.argv.slice(2);
const root = new protobuf.Root();
root.resolvePath = (_, target) => join(protoFolder, target);
await root.load(['rpc', 'domain', 'gamesvc', 'store'].map((name) => `arbiter/v1/${name}.proto`), { keepCase: true });
const type = (name) => root.lookupType(`arbiter.v1.${name}`);
const decode = (name, bytes) => type(name).decode(bytes);
const encode = (name, object) => type(name).encode(type(name).fromObject(object)).finish();

const Code = { INVALID_ARGUMENT: 3, PERMISSION_DENIED: 7, FAILED_PRECONDITION: 9, ABORTED: 10, UNAVAILABLE: 14 };
const TRIES = 20; // somebody else's turn was stored first: load and judge again
class Refusal extends Error {
  constructor(code, message, details = []) {
    super(message);
    Object.assign(this, { code, details });
  }
}

const nats = await connect({ servers: url, name: 'foreign-gamesvc' });

// One request to the store; the caller's request id makes a repeated StartGame the same game.
async function askStore(method, input, output, payload, request) {
  const envelope = encode('Request', {
    request_id: request.request_id, deadline_ms: request.deadline_ms, traceparent: request.traceparent,
    payload: encode(input, payload),
  });
  const answer = await nats.request(`arbiter.v1.store.${method}`, envelope, { timeout: 5000 })
    .catch((error) => { throw new Refusal(Code.UNAVAILABLE, `the store did not answer: ${error.message}`); });
  const reply = decode('Reply', answer.data);
  if (reply.error) throw new Refusal(reply.error.code, reply.error.message, reply.error.details);
  return decode(output, reply.payload);
}

async function startGame(request) {
  const wanted = decode('StartGameRequest', request.payload);
  const [one, other] = wanted.players;
  if (wanted.players.length !== 2 || one === other) throw new Refusal(Code.INVALID_ARGUMENT, 'a game has two different players');
  const first = wanted.assigned_first || one;
  const second = first === one ? other : one;
  const created = await askStore('create_game', 'CreateGameRequest', 'CreateGameReply', {
    first, second, request: wanted.request, seat: wanted.seat, owner: wanted.owner,
    state: Buffer.from('foreign'), created_at_ms: Date.now(),
  }, request);
  return encode('StartGameReply', { game_id: created.game_id, first, second });
}

async function view(request) {
  const { game_id } = decode('ViewRequest', request.payload);
  const { game } = await askStore('load_game', 'LoadGameRequest', 'LoadGameReply', { game_id }, { ...request, request_id: randomUUID() });
  game.state = new Uint8Array();
  return encode('ViewReply', { game, view: JSON.stringify({ played_by: 'foreign' }) });
}

// What both of them may know of a refused move.
const refuse = (code, reason, text, turns) => {
  throw new Refusal(code, text, [{ key: 'reason', value: reason }, { key: 'turn_count', value: String(turns.length) }]);
};

const scoresIn = (turn) => /^report (\d+) (\d+)$/.exec(Buffer.from(turn.event).toString())?.slice(1).map(Number);

// The result after so many turns, where there is one.
function resultOf(game, turns) {
  const last = turns.at(-1);
  const seats = [game.first, game.second];
  const isDirector = !seats.includes(last.player_id);
  const other = turns.findLast((turn) => turn.player_id === seats.find((player) => player !== last.player_id));
  const [first, second] = scoresIn(last);
  if (!isDirector && (!other || String(scoresIn(other)) !== String([first, second]))) return null;
  return {
    winner: first === second ? '' : first > second ? game.first : game.second, first_score: first, second_score: second,
    reason: 'played', decided_by: isDirector ? last.player_id : 'players',
  };
}

const answerFor = (game, turns, result) => encode('PlayReply', {
  turn_count: turns.length, status: result ? 'ended' : 'playing', last_turn: JSON.stringify({ report: scoresIn(turns.at(-1)) }), result,
});

// One more turn, judged on what the store has; null where the store has another one by now.
async function playOn(wanted, request) {
  const { game, turns } = await askStore('load_game', 'LoadGameRequest', 'LoadGameReply', { game_id: wanted.game_id },
    { ...request, request_id: randomUUID() });
  const known = turns.findIndex((turn) => turn.event_id === wanted.event_id);
  if (known >= 0) return answerFor(game, turns.slice(0, known + 1), resultOf(game, turns.slice(0, known + 1)));
  if (game.status !== 'playing') refuse(Code.FAILED_PRECONDITION, 'GAME_OVER', 'the game is over', turns);
  if (wanted.expected_turn >= 0 && wanted.expected_turn !== turns.length)
    refuse(Code.ABORTED, 'STALE_TURN', `the game has ${turns.length} turns`, turns);
  if (!wanted.as_director && ![game.first, game.second].includes(wanted.player_id))
    refuse(Code.PERMISSION_DENIED, 'NOT_ALLOWED', 'you do not play this game', turns);
  const turn = {
    turn_number: turns.length + 1, event_id: wanted.event_id, player_id: wanted.player_id,
    event: Buffer.from(wanted.event), played_at_ms: Date.now(),
  };
  if (!scoresIn(turn)) refuse(Code.INVALID_ARGUMENT, 'UNKNOWN_MOVE', 'report FIRST SECOND', turns);
  const after = [...turns, turn];
  const ended = resultOf(game, after);
  const told = { game_id: game.game_id, turn_count: after.length, player_id: turn.player_id, last_turn: JSON.stringify({ report: scoresIn(turn) }), status: ended ? 'ended' : 'playing' };
  try {
    await askStore('append_turn', 'AppendTurnRequest', 'AppendTurnReply', {
      game_id: game.game_id, expected_turn: turns.length, turn, ended,
      events: [{ kind: 'game', id: game.game_id, name: 'turn', payload: { game_turn: told } }],
    }, { ...request, request_id: randomUUID() });
  } catch (error) {
    if (error.code === Code.ABORTED) return null;
    throw error;
  }
  return answerFor(game, after, ended);
}

async function play(request) {
  const wanted = decode('PlayRequest', request.payload);
  for (let i = 0; i < TRIES; i++) {
    const reply = await playOn(wanted, request);
    if (reply) return reply;
  }
  throw new Refusal(Code.ABORTED, 'too many turns at once', []);
}

const methods = { start_game: startGame, view, play };

async function answer(message, method) {
  let reply;
  try {
    reply = { payload: await method(decode('Request', message.data)) };
  } catch (error) {
    reply = { error: { code: error.code ?? Code.INVALID_ARGUMENT, message: error.message, details: error.details ?? [] } };
  }
  message.respond(encode('Reply', reply));
}

for (const [name, method] of Object.entries(methods))
  nats.subscribe(`arbiter.v1.gamesvc.${name}`, {
    queue: 'gamesvc', callback: (error, message) => error === null && answer(message, method),
  });
await nats.flush();
console.log('ready');
process.on('SIGTERM', () => nats.drain().then(() => process.exit(0)));
