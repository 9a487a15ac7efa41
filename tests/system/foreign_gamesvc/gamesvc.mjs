// Somebody else's game service: takes StartGame and View from the queue group `gamesvc` with nothing
// but public packages and the .proto files, and asks the store by request and reply.
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

const Code = { INVALID_ARGUMENT: 3, UNIMPLEMENTED: 12, UNAVAILABLE: 14 };
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

async function play() {
  throw new Refusal(Code.UNIMPLEMENTED, 'games here are only started');
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
