// Clients that mean no good, against the running house: crowds of connections, headers and bodies that
// trickle in, bytes that are hardly HTTP. Others are served meanwhile; every refusal is a clear one.
//   node tests/system/hostile.mjs ARBITER HOSTILE [ATTEMPTS]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { Agent, request } from 'node:http';
import { pause, processOf, runCases } from './support.mjs';
import { query } from './invariants.mjs';

const HOSTILE = process.argv[3];
const ATTEMPTS = Number(process.argv[4] ?? 50000);
const ALL = 3000;
const EACH = 500;
process.env.ARBITER_CONNECTIONS = String(ALL); // of every service that `arbiter up` starts; the edge reads them
process.env.ARBITER_ADDRESS_CONNECTIONS = String(EACH);
process.env.ARBITER_HEADER_SECONDS = '4';
process.env.ARBITER_BODY_SECONDS = '4';

const portOf = (house) => Number(new URL(house.url).port);
const until = async (what, check) => {
  for (const end = Date.now() + 60000; Date.now() < end; await pause(50)) {
    const found = await check();
    if (found) return found;
  }
  throw new Error(`it never came to that: ${what}`);
};

async function metrics(house) {
  const { health_port } = house.about().processes.find(({ name }) => name === 'seeks');
  const text = await (await fetch(`http://127.0.0.1:${health_port}/metrics`)).text();
  return (name) => Number(new RegExp(`^\\w*${name} (\\S+)$`, 'm').exec(text)[1]);
}

// Asks on a connection of its own, or on the agent's; throws where none can be had.
const ask = (house, agent) => new Promise((resolve, reject) => {
  const asked = request({ host: '127.0.0.1', port: portOf(house), path: '/v1/seeks', agent: agent ?? false }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode));
  });
  asked.on('error', reject);
  asked.end();
});

// ---- crowds ------------------------------------------------------------------------------------------

function crowd(house, attempts, addresses) {
  const child = spawn(HOSTILE, [String(portOf(house)), String(attempts), String(addresses)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => JSON.parse((await lines.next()).value);
  return { line, end: () => new Promise((resolve) => { child.on('exit', resolve); child.stdin.end(); }) };
}

// From four addresses: each has its share, and there is room for somebody else all the time.
async function fewAddresses(house) {
  const many = crowd(house, ATTEMPTS, 4);
  let isOver = false;
  let served = 0;
  const others = (async () => {
    for (; !isOver; await pause(10)) {
      assert.equal(await ask(house), 200);
      served++;
    }
  })();
  const seen = await many.line();
  isOver = true;
  await others;
  assert.equal(seen.attempted, ATTEMPTS);
  assert.ok(seen.open <= 4 * EACH, `${seen.open} of one crowd are in`);
  const read = await metrics(house);
  const refused = read('http_refused_address_total');
  assert.ok(refused > 0 && refused + read('http_late_requests_total') >= ATTEMPTS - seen.open, 'whoever had to go is counted');
  assert.ok(served > 10);
  console.log(`     ${ATTEMPTS} attempts: ${seen.open} in, ${seen.closed} refused or cut off; ${served} others served meanwhile`);
  await many.end();
}

// From many addresses: the house is full, who is in is served, and the silent have to go.
async function manyAddresses(house) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal(await ask(house, agent), 200);
  const before = (await metrics(house))('http_refused_full_total');
  const many = crowd(house, 2 * ALL, 30);
  await until('the house is full', async () => (await metrics(house))('http_refused_full_total') > before);
  for (let i = 0; i < 20; i++) assert.equal(await ask(house, agent), 200);
  await many.line();
  const gone = await many.line(); // every silent one has been cut off
  assert.equal(gone.open, 0);
  await until('there is room again', () => ask(house).then((status) => status === 200, () => false));
  agent.destroy();
  await many.end();
  await until('the count is right again', async () => (await metrics(house))('http_connections') < 50);
}

// ---- bytes -------------------------------------------------------------------------------------------

// Sends bytes, then one every `every` ms (0: none), and returns all that was answered until the end.
const talk = (house, bytes, { every = 0, drip = 'a', wait = 20000, half = false, first = false } = {}) => new Promise((resolve, reject) => {
  const socket = connect({ port: portOf(house), host: '127.0.0.1', allowHalfOpen: true });
  let heard = '';
  const begun = Date.now();
  const finish = (what) => {
    clearInterval(timer);
    clearTimeout(patience);
    socket.destroy();
    resolve({ heard, what, took: Date.now() - begun, statuses: [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => Number(found[1])) });
  };
  const timer = every ? setInterval(() => socket.write(drip), every) : undefined;
  const patience = setTimeout(() => finish('open'), wait);
  socket.on('data', (data) => {
    heard += data.toString('latin1');
    if (first && heard.includes('\r\n\r\n')) setTimeout(() => finish('answered'), 20);
  });
  socket.on('end', () => finish('ended'));
  socket.on('error', (error) => (error.code === 'ECONNREFUSED' ? reject(error) : finish('broken')));
  for (const part of [bytes].flat()) socket.write(part);
  if (half) socket.end();
});

async function trickles(house) {
  const [header, body, silent, chunks] = await Promise.all([
    talk(house, 'GET /v1/seeks HTTP/1.1\r\nHost: ', { every: 200 }),
    talk(house, 'POST /v1/seeks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{', { every: 200, drip: ' ' }),
    talk(house, ''),
    talk(house, 'POST /v1/seeks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n', { every: 200, drip: '1\r\n \r\n' }),
  ]);
  for (const [name, one] of Object.entries({ header, body, silent, chunks })) {
    assert.deepEqual(one.statuses, [408], `${name}: ${one.what} after ${one.took} ms: ${one.heard}`);
    assert.match(one.heard, /problems\/too-slow/);
  }
  assert.ok((await metrics(house))('http_late_requests_total') >= 4);
}

async function halfOpen(house) {
  const whole = await talk(house, 'GET /v1/seeks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', { half: true });
  assert.ok(whole.statuses.length === 0 || whole.statuses[0] === 200, whole.heard);
  const part = await talk(house, 'GET /v1/se', { half: true });
  assert.notEqual(part.what, 'open');
  assert.ok(part.took < 15000);
}

async function pipelined(house) {
  const one = 'GET /v1/seeks HTTP/1.1\r\nHost: a\r\n\r\n';
  const last = 'GET /v1/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const seen = await talk(house, one.repeat(200) + last);
  assert.deepEqual(seen.statuses, [...Array(200).fill(200), 404]);
  // What comes behind the request for a stream is not a request any more.
  const stream = await talk(house, `GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n${one}`, { wait: 500 });
  assert.deepEqual(stream.statuses, [200], stream.heard);
}

const head = (lines) => `POST /v1/seeks HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`;
const json = 'Content-Type: application/json';

// What is sent, which answers are right, and the problem that they must be: a closed connection without one
// is right where no problem is named.
const bytes = {
  'a header of 17 kB': [`GET /v1/seeks HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17000)}\r\n\r\n`, [431], 'too-large'],
  'a header of 30 kB': [`GET /v1/seeks HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(30000)}\r\n\r\n`, [431], 'too-large'],
  'a body under a header of 30 kB': [[head(`${json}\r\nX: ${'x'.repeat(30000)}\r\nContent-Length: 2`), '{}'], [431], 'too-large'],
  'two hundred headers': [`GET /v1/seeks HTTP/1.1\r\nHost: a\r\n${`X: ${'1'.repeat(90)}\r\n`.repeat(200)}\r\n`, [431], 'too-large'],
  'a header of 100 kB': [`GET /v1/seeks HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100000)}\r\n\r\n`, [431, 413]],
  'ten thousand headers': [`GET /v1/seeks HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(10000)}\r\n`, [431, 413]],
  'an address of 9 kB': [`GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [414], 'too-large'],
  'a query of 9 kB': [`GET /v1/seeks?after=${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [414], 'too-large'],
  'an address of 30 kB': [`GET /${'x'.repeat(30000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [414], 'too-large'],
  'an address of 100 kB': [`GET /${'x'.repeat(100000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [414, 431]],
  'a body of two megabytes': [[head(`${json}\r\nContent-Length: 2097152`), ' '.repeat(2097152)], [401, 413]],
  'a body of two megabytes in chunks': [[head(`${json}\r\nTransfer-Encoding: chunked`), `100000\r\n${' '.repeat(1048576)}\r\n100000\r\n${' '.repeat(1048576)}\r\n0\r\n\r\n`], [401, 413]],
  'a chunk that has no size': [head(`${json}\r\nTransfer-Encoding: chunked`) + 'zz\r\n{}\r\n0\r\n\r\n', [400]],
  'a chunk longer than it says': [head(`${json}\r\nTransfer-Encoding: chunked`) + '1\r\n{}{}{}\r\n0\r\n\r\n', [400]],
  'a chunk without end': [head(`${json}\r\nTransfer-Encoding: chunked`) + 'ffffffffffffffffff\r\n{', [400, 413]],
  'a negative length': [head(`${json}\r\nContent-Length: -1`) + '{}', [400]],
  'a length that is none': [head(`${json}\r\nContent-Length: two`) + '{}', [400]],
  'a length past all numbers': [head(`${json}\r\nContent-Length: 99999999999999999999999`) + '{}', [400, 413]],
  'two lengths': [head(`${json}\r\nContent-Length: 2\r\nContent-Length: 20`) + '{}', [400]],
  'a length and chunks': [head(`${json}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked`) + '2\r\n{}\r\n0\r\n\r\n', [400]],
  'another method': ['BREW /v1/seeks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', [405, 501]],
  'TRACE': ['TRACE /v1/seeks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', [405, 501]],
  'CONNECT': ['CONNECT a:80 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', [400, 404, 405, 501]],
  'a method of 20 kB': [`${'A'.repeat(20000)} / HTTP/1.1\r\nHost: a\r\n\r\n`, [400, 405, 414, 431, 501]],
  'no host': ['GET /v1/seeks HTTP/1.1\r\nConnection: close\r\n\r\n', [400]],
  'another version': ['GET /v1/seeks HTTP/9.9\r\nHost: a\r\n\r\n', [400, 505]],
  'no version': ['GET /v1/seeks\r\n\r\n', [400, 505]],
  'bytes that are no text': [Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 256)), [400, 405, 408, 431, 501, 505]],
  'the beginning of TLS': [Buffer.from('16030100c8010000c40303', 'hex'), [400, 408]],
  'HTTP/2 at once': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 405, 501, 505]],
  'a socket without a key': ['GET /v1/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n', [400, 426]],
};

async function hardlyHttp(house) {
  const pid = processOf(house, 'seeks');
  for (const [name, [sent, right, problem]] of Object.entries(bytes)) {
    const seen = await talk(house, sent, { first: true });
    assert.notEqual(seen.what, 'open', `${name}: neither answered nor closed`);
    assert.ok(seen.statuses.length === 0 || right.includes(seen.statuses[0]), `${name}: ${seen.heard.slice(0, 300)}`);
    if (problem) assert.match(seen.heard, new RegExp(`^HTTP/1\\.1 ${right[0]} [^]*application/problem\\+json[^]*problems/${problem}"`), `${name}: ${seen.heard.slice(0, 300)}`);
    assert.equal(await ask(house), 200, `after ${name}`);
  }
  assert.equal(processOf(house, 'seeks'), pid, 'nobody has died');
}

// ---- heads and what they cost ------------------------------------------------------------------------

const HEADS = 100;
const IDLE = 2000;
const IDLE_EACH = 400; // from one address
const IDLE_BYTES_MAX = 40 * 1024; // of one connection: 5,000 have less than 200 MB

const memoryOf = (pid) => 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const isInstrumented = (pid) => readFileSync(`/proc/${pid}/maps`, 'utf8').includes('libasan');

// A head past a connection's memory is libmicrohttpd's to refuse: the right status, in its own words, and the end.
async function largeHeads(house) {
  const pid = processOf(house, 'seeks');
  const headOf = (kilobytes) => `GET /v1/seeks HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(kilobytes * 1024)}\r\n\r\n`;
  for (const kilobytes of [64, 1024]) {
    const seen = await talk(house, headOf(kilobytes));
    assert.notEqual(seen.what, 'open', `${kilobytes} kB: the connection ends`);
    assert.ok(seen.statuses.length === 0 || seen.statuses[0] === 431, seen.heard);
    assert.ok(seen.statuses.length <= 1, 'nothing of the rest is taken for a request');
  }
  const before = memoryOf(pid);
  await Promise.all(Array.from({ length: HEADS }, () => talk(house, headOf(1024))));
  const grown = memoryOf(pid) - before;
  if (!isInstrumented(pid)) assert.ok(grown < HEADS * 2 * IDLE_BYTES_MAX, `${grown} bytes for ${HEADS} heads of a megabyte`);
  assert.equal(await ask(house), 200);
  console.log(`     ${HEADS} heads of a megabyte at once: ${Math.round(grown / 1024)} kB more`);
}

// Connections that have had their answer and stay, from several addresses.
async function idleConnections(house) {
  const pid = processOf(house, 'seeks');
  const sockets = [];
  const before = memoryOf(pid);
  const one = (localAddress, bytes) => new Promise((resolve, reject) => {
    const socket = connect({ port: portOf(house), host: '127.0.0.1', localAddress });
    sockets.push(socket);
    socket.once('data', resolve);
    socket.once('error', reject);
    socket.write(`GET /v1/pools?x HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`);
  });
  for (let i = 0; i < IDLE; i += 50)
    await Promise.all(Array.from({ length: 50 }, (_, k) => one(`127.0.9.${1 + Math.floor((i + k) / IDLE_EACH)}`, 15000)));
  const each = (memoryOf(pid) - before) / IDLE;
  for (const socket of sockets) socket.destroy();
  console.log(`     ${IDLE} idle connections: ${Math.round(each)} bytes each`);
  if (!isInstrumented(pid)) assert.ok(each < IDLE_BYTES_MAX, `${each} bytes each`);
  await until('they have gone', async () => (await metrics(house))('http_connections') < 50);
}

// ---- bodies ------------------------------------------------------------------------------------------

async function badBodies(house) {
  const bearer = house.token('mallory');
  await house.call('POST', '/v1/players', { player_id: 'mallory', name: 'Mallory' }, bearer);
  const seeks = () => query(house, 'SELECT count(*) FROM seeks');
  const before = seeks();
  const good = '"request":{"rules":"reported","rated":true,"rating_policy":"glicko2","initial_time_ms":900000}';
  const post = async (body, type = 'application/json') => {
    const answer = await fetch(`${house.url}/v1/seeks`, { method: 'POST', body, headers: { Authorization: `Bearer ${bearer}`, ...(type && { 'Content-Type': type }) } });
    assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
    return [answer.status, (await answer.json()).type];
  };
  const is = async (name, body, type, status) => assert.equal((await post(body, type))[0], status, name);
  await is('a key twice', `{${good},${good}}`, undefined, 400);
  await is('a key twice below', `{${good.replace('"rated":true', '"rated":true,"rated":false')}}`, undefined, 400);
  await is('an unknown field', `{${good},"colour":"white"}`, undefined, 400);
  await is('an unknown field below', `{${good.replace('"rated"', '"colour":1,"rated"')}}`, undefined, 400);
  await is('deep', '{"request":'.repeat(50000) + '1' + '}'.repeat(50000), undefined, 400);
  await is('deep lists', '['.repeat(500000), undefined, 400);
  await is('an array', '[]', undefined, 400);
  await is('nothing', '', undefined, 400);
  await is('half of it', `{${good}`, undefined, 400);
  await is('something after it', `{${good}} x`, undefined, 400);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'application/xml'])
    await is(type, `{${good}}`, type, 415);
  assert.equal(seeks(), before, 'nothing of it has become a seek');
}

await runCases({
  'fifty thousand from few addresses': fewAddresses,
  'a full house': manyAddresses,
  'headers and bodies that trickle in': trickles,
  'half-open connections': halfOpen,
  'pipelined requests': pipelined,
  'bytes that are hardly HTTP': hardlyHttp,
  'heads of 64 kB and of a megabyte': largeHeads,
  'what idle connections cost': idleConnections,
  'bodies that are not as agreed': badBodies,
});
