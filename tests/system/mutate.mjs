// A hundred thousand requests that somebody has spoilt, against the running house (in the asan build: an
// error there ends a process). Never a crash, never a 500, and whoever is refused has changed nothing.
//   node tests/system/mutate.mjs ARBITER [COUNT] [SEED]
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { processOf, runCases } from './support.mjs';
import { openField, policy } from './field.mjs';
import { query } from './invariants.mjs';

const COUNT = Number(process.argv[3] ?? 100000);
let state = Number(process.argv[4] ?? 1) >>> 0;
const CONNECTIONS = 32;
const BATCH = 4000;

const draw = (bound) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * bound);
};
const pick = (list) => list[draw(list.length)];

// ---- requests as bytes -----------------------------------------------------------------------------

function form({ method, path, token, headers = {}, body }) {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(body) ? body : Buffer.from(body);
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost'];
  if (token) lines.push(`Authorization: Bearer ${token}`);
  if (body !== undefined && !headers['Content-Type']) lines.push('Content-Type: application/json');
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${bytes.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

// One request at a time on one connection, opened again whenever the server has closed it.
class Line {
  constructor(port) { this.port = port; }

  send(bytes, isWellFormed) {
    return new Promise((resolve) => {
      let heard = Buffer.alloc(0);
      const end = (status) => {
        clearTimeout(patience);
        this.socket?.removeAllListeners();
        this.socket?.on('error', () => {});
        if (status === 'closed' || !isWellFormed) {
          this.socket?.destroy();
          this.socket = undefined;
        }
        resolve(status);
      };
      const patience = setTimeout(() => end(isWellFormed ? 'silent' : 'closed'), isWellFormed ? 60000 : 1500);
      if (!this.socket) this.socket = connect(this.port, '127.0.0.1');
      this.socket.on('data', (data) => {
        heard = Buffer.concat([heard, data]);
        const head = heard.indexOf('\r\n\r\n');
        if (head < 0) return;
        const status = Number(heard.subarray(9, 12).toString());
        const length = Number(/content-length: (\d+)/i.exec(heard.subarray(0, head).toString('latin1'))?.[1] ?? 0);
        if (heard.length >= head + 4 + length) end(status);
      });
      this.socket.on('close', () => end('closed'));
      this.socket.on('error', () => end('closed'));
      this.socket.write(bytes);
    });
  }
}

// ---- ways to spoil one -------------------------------------------------------------------------------

const wrongValues = [null, true, -1, 1e308, '', [], {}, 'x'.repeat(5000), 9007199254740993, { a: [1] }, ['x'], '\u0000'];
const json = (value) => JSON.stringify(value);
const members = (body) => Object.keys(body ?? {});

// Each makes a request that cannot be right; undefined where it does not apply.
const spoilers = {
  'an unknown member': (one) => ({ ...one, body: json({ ...one.json, [`x${draw(1000)}`]: 1 }) }),
  'an unknown parameter': (one) => ({ ...one, path: `${one.path}?x${draw(1000)}=1` }),
  'a member of a wrong type': (one) => {
    const key = pick(members(one.json));
    if (!key) return undefined;
    const value = typeof one.json[key] === 'object' ? pick([1, 'x', true]) : pick([{ a: 1 }, [1]]);
    return { ...one, body: json({ ...one.json, [key]: value }) };
  },
  'a needed member missing': (one) => {
    if (!one.needed?.length) return undefined;
    const { [pick(one.needed)]: gone, ...rest } = one.json;
    return { ...one, body: json(rest) };
  },
  'a member twice': (one) => members(one.json).length > 0
    ? { ...one, body: `${json(one.json).slice(0, -1)},${json(members(one.json)[0])}:1}` } : undefined,
  'cut short': (one) => one.json && json(one.json).length > 2
    ? { ...one, body: json(one.json).slice(0, 1 + draw(json(one.json).length - 2)) } : undefined,
  'nested without end': (one) => one.json && { ...one, body: `${'{"a":'.repeat(200)}1${'}'.repeat(200)}` },
  'no UTF-8': (one) => one.json && { ...one, body: Buffer.concat([Buffer.from(json(one.json).slice(0, -1)), Buffer.from([0x2c, 0x22, 0xff, 0xc0, 0x22, 0x3a, 0x31, 0x7d])]) },
  'no token': (one) => ({ ...one, token: undefined, body: one.json && json(one.json) }),
  'a broken token': (one) => {
    const at = draw(one.token.length - 2);
    return { ...one, token: one.token.slice(0, at) + (one.token[at] === 'x' ? 'yy' : 'xx') + one.token.slice(at + 2), body: one.json && json(one.json) };
  },
  'no such thing': (one) => one.id && { ...one, path: one.path.replace(one.id, `nosuch${draw(1e6)}`), body: one.json && json(one.json) },
  'an id that is none': (one) => one.id && { ...one, path: one.path.replace(one.id, pick(['%00', '..%2f..', 'a'.repeat(300), '%ff', 'a%20b', "'--"])), body: one.json && json(one.json) },
  'another method': (one) => ({ ...one, method: pick(['PUT', 'PATCH', 'TRACE', 'PROPFIND'].filter((name) => name !== one.method)), body: one.json && json(one.json) }),
  'another media type': (one) => one.json && { ...one, headers: { 'Content-Type': 'text/plain' }, body: json(one.json) },
  'a key too long': (one) => ({ ...one, headers: { 'Idempotency-Key': 'k'.repeat(3000) }, body: one.json && json(one.json) }),
};

// Bytes changed anywhere: it may still be right, or no HTTP at all.
function garble(one) {
  const bytes = Buffer.from(form({ ...one, body: one.json && json(one.json) }));
  for (let n = 1 + draw(4); n > 0; n--) {
    const at = draw(bytes.length);
    bytes[at] = pick([draw(256), 0, 0x7f, 0x0d, 0x22, bytes[at] ^ (1 << draw(8))]);
  }
  return bytes;
}

// ---- what is asked ------------------------------------------------------------------------------------

async function templates(house) {
  const director = house.director();
  const [ann, bob] = ['m-ann', 'm-bob'].map((player) => house.token(player));
  for (const player of ['m-ann', 'm-bob'])
    await house.call('POST', '/v1/players', { player_id: player, name: player }, director);
  const request = { rules: 'reported', rated: true, rating_policy: 'glicko2', initial_time_ms: 900000 };
  const { seek_id } = await house.call('POST', '/v1/seeks', { request }, ann);
  const other = await house.call('POST', '/v1/seeks', { request }, bob);
  const { game_id } = await house.call('POST', `/v1/seeks/${other.seek_id}/accept`, {}, ann);
  const event = await openField(house, 'spoilt', 8, policy(3));
  const entrants = [{ player: 'late', name: 'Late', seed: 9, rating: 1500.5 }];
  const write = (method, path, token, body, needed, id) => ({ method, path, token, json: body, needed, id });
  return [
    write('POST', '/v1/players', house.token('m-carl'), { player_id: 'm-carl', name: 'Carl' }, ['player_id']),
    write('POST', '/v1/seeks', bob, { request, rating_min: 1, rating_max: 3000 }, ['request']),
    write('POST', `/v1/seeks/${seek_id}/accept`, bob, {}, [], seek_id),
    write('POST', `/v1/games/${game_id}/result`, ann, { first_score: 400, second_score: 380 }, ['first_score', 'second_score'], game_id),
    write('POST', '/v1/tournaments', director, { name: 'x', format: 'club-night' }, ['name', 'format']),
    write('POST', `/v1/tournaments/${event}/entrants`, director, { division: 1, entrants }, ['entrants'], event),
    write('POST', `/v1/tournaments/${event}/actions`, director, { action: 'amend', division: 1, data: { round: 1, board: 1, outcome: 'first', first_score: 2, second_score: 1 } }, ['action'], event),
  ].map((one) => ({ headers: {}, ...one }));
}

const digest = (house) => ['players', 'seeks', 'games', 'results', 'tournaments', 'divisions', 'entrants', 'pairings', 'ratings', 'journal']
  .map((table) => query(house, `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM ${table} AS t`))
  .join('\n');

async function crowd(lines, count, work) {
  let next = 0;
  await Promise.all(lines.map(async (line) => {
    while (next < count) {
      next++;
      await work(line);
    }
  }));
}

async function spoilt(house) {
  const all = await templates(house);
  const port = Number(new URL(house.url).port);
  const lines = Array.from({ length: CONNECTIONS }, () => new Line(port));
  const pids = ['store', 'orchestrator', 'gamesvc', 'seeks'].map((name) => processOf(house, name));
  const counts = {};
  let sent = 0;
  while (sent < COUNT) {
    const before = digest(house);
    // Every second batch is refused by construction: it must leave no trace.
    const isRefused = (sent / BATCH) % 2 === 0;
    await crowd(lines, Math.min(BATCH, COUNT - sent), async (line) => {
      const one = pick(all);
      if (!isRefused) {
        const status = await line.send(garble(one), false);
        assert.ok(status === 'closed' || status < 500 || [501, 503, 505].includes(status), `${status} for garbled ${one.method} ${one.path}`);
        counts[status] = (counts[status] ?? 0) + 1;
        return;
      }
      const [name, spoil] = pick(Object.entries(spoilers));
      const bad = spoil(one);
      if (!bad) return;
      const status = await line.send(form(bad), true);
      assert.ok(status >= 400 && status < 500, `${status} for ${name}: ${bad.method} ${bad.path} ${String(bad.body).slice(0, 300)}`);
      counts[status] = (counts[status] ?? 0) + 1;
    });
    sent += BATCH;
    if (isRefused) assert.equal(digest(house), before, 'a refused request has changed something');
  }
  assert.deepEqual(['store', 'orchestrator', 'gamesvc', 'seeks'].map((name) => processOf(house, name)), pids, 'nobody has died');
  console.log(`${sent} spoilt requests: ${json(counts)}`);
}

await runCases({ 'spoilt requests': spoilt });
