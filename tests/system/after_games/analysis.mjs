// A listener for analysis (anti-cheating): hears of every finished game once, also of those that ended
// while it was away, fetches the record and says something about it. docs/game-services.md explains it.
// Usage: node analysis.mjs NATS_URL API_URL PROTO_FOLDER
import { AckPolicy, connect, DeliverPolicy } from 'nats';
import protobuf from 'protobufjs';
import { join } from 'node:path';

const [natsUrl, apiUrl, protoFolder] = process.argv.slice(2);
const root = new protobuf.Root();
root.resolvePath = (_, target) => join(protoFolder, target);
await root.load('arbiter/v1/events.proto', { keepCase: true });
const Event = root.lookupType('arbiter.v1.Event');

const nats = await connect({ servers: natsUrl, name: 'analysis' });
const manager = await nats.jetstreamManager();
// The server remembers how far this name has come: any number of copies may share it.
await manager.consumers.add('ARBITER_EVENTS', {
  durable_name: 'analysis',
  filter_subject: 'arbiter.v1.evt.game.*.finished',
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: 30e9, // not acknowledged by then: given to another copy
});

// Longest thought and shares of thinking time; a real one asks an engine.
function analyse(record) {
  const thoughts = [[], []];
  let since = record.start_ms;
  for (const turn of record.turns) {
    if (turn.actor < 2) thoughts[turn.actor].push(turn.at_ms - since);
    since = turn.at_ms;
  }
  return { turns: record.turns.length, longest_ms: thoughts.map((list) => Math.max(0, ...list)) };
}

const consumer = await nats.jetstream().consumers.get('ARBITER_EVENTS', 'analysis');
for await (const message of await consumer.consume()) {
  const event = Event.toObject(Event.decode(message.data), { longs: Number });
  const { game_id: game, result } = event.payload.game_finished;
  const answer = await fetch(`${apiUrl}/v1/games/${game}/record`);
  if (!answer.ok) {
    message.nak(1000); // again in a second
    continue;
  }
  console.log(JSON.stringify({ game, reason: result.reason, ...analyse(await answer.json()) }));
  message.ack(); // after the work is done: a crash before means doing it again
}
