// Event streams over the death of every part: while seeks are posted and withdrawn, one process after the
// other is killed, and two clients that come back with their Last-Event-ID have heard every event once, in
// order: one all of them, one those of a topic kind.
//   node tests/system/streams.mjs ARBITER
import assert from 'node:assert/strict';
import { pause, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';
import { query } from './invariants.mjs';

const VICTIMS = ['seeks', 'store', 'orchestrator', 'gamesvc', 'nats', 'postgres'];

// A client as browsers have one: it reads, and comes back with the id of the last event it has.
class Stream {
  constructor(house, path) {
    Object.assign(this, { house, path, ids: [], kinds: new Set(), comments: 0, connections: 0, isOver: false });
    this.reading = this.read();
  }

  async read() {
    while (!this.isOver) {
      try {
        this.connections++;
        this.abort = new AbortController();
        const headers = this.ids.length > 0 ? { 'Last-Event-ID': this.ids.at(-1) } : {};
        const answer = await fetch(this.house.url + this.path, { headers, signal: this.abort.signal });
        if (answer.ok) await this.take(answer.body);
      } catch { /* it ended; the next one goes on */ }
      await pause(100);
    }
  }

  async take(body) {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of body) {
      rest += decoder.decode(chunk, { stream: true });
      for (let at; (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2)) this.hear(rest.slice(0, at));
    }
  }

  hear(text) {
    if (text.startsWith(':')) this.comments++;
    const id = /^id: ?(.*)$/m.exec(text)?.[1];
    if (!id || !/^data:/m.test(text)) return;
    this.ids.push(id);
    this.kinds.add(JSON.parse(/^data: ?(.*)$/m.exec(text)[1]).kind);
  }

  async end() {
    this.isOver = true;
    this.abort.abort();
    await this.reading;
  }
}

async function postSeeks(house, player, mind) {
  for (let n = 0; !mind.isOver; n++) {
    const { seek_id: id } = await house.call('POST', '/v1/seeks', { request: { rules: 'reported' } }, house.token(player), `s${player}${n}`);
    await house.call('DELETE', `/v1/seeks/${id}`, undefined, house.token(player), `d${player}${n}`);
    mind.made++;
    await pause(40);
  }
}

const stored = (house, after, more = '') =>
  query(house, `SELECT position FROM events WHERE position > ${after} ${more} ORDER BY position`).split('\n');

async function everyEventOnceOverEveryDeath(house) {
  for (const player of ['ann', 'bob'])
    await house.call('POST', '/v1/players', { player_id: player }, house.director());
  await house.call('POST', '/v1/seeks', { request: { rules: 'reported' } }, house.token('ann'), 'first');
  const begun = query(house, 'SELECT max(position) FROM events');
  const all = new Stream(house, `/v1/events?last_event_id=${begun}`);
  const seeks = new Stream(house, `/v1/events?topics=seek&last_event_id=${begun}`);
  const mind = { isOver: false, made: 0 };
  const posting = Promise.all(['ann', 'bob'].map((player) => postSeeks(house, player, mind)));
  for (const name of VICTIMS) {
    const [made, heard] = [mind.made, all.ids.length];
    const victim = house.about().processes.find((one) => one.name === name);
    process.kill(victim.pid, 'SIGKILL');
    await until(`events after the death of ${name}`, () => mind.made > made + 5 && all.ids.length > heard + 10);
  }
  mind.isOver = true;
  await posting;
  const wanted = stored(house, begun);
  await until('the last event', () => all.ids.at(-1) === wanted.at(-1) && seeks.ids.length >= wanted.length / 2, 30000);
  await pause(500); // what would come twice has come
  await all.end();
  await seeks.end();
  assert.deepEqual(all.ids, wanted, 'every event once, in order');
  assert.deepEqual(seeks.ids, stored(house, begun, "AND kind = 'seek'"), 'every event of seeks once, in order');
  assert.deepEqual([...seeks.kinds], ['seek']);
  assert.ok(all.connections > 1, 'the edge died, and the client came back');
  console.log(`     ${wanted.length} events, ${all.connections} connections`);
}

async function aQuietStreamIsKeptAlive(house) {
  const stream = new Stream(house, '/v1/events?topics=division');
  await until('a comment after the greeting of a quiet stream', () => stream.comments > 1, 60000);
  await stream.end();
  assert.deepEqual(stream.ids, []);
}

await runCases({
  'every event once, over the death of every part': everyEventOnceOverEveryDeath,
  'a quiet stream is kept alive': aQuietStreamIsKeptAlive,
});
