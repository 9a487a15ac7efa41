// Keys that tokens are checked with come and go while requests flow: a real edge reads them from a
// real HTTP server, and from a file.
import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';
import { arbiter, root, runCases } from './support.mjs';
import { pause } from '../../scripts/client.mjs';

const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// A key with the tokens that it signs.
function makeKey(kid) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const head = text({ typ: 'JWT', alg: 'EdDSA', kid });
  const claims = text({ sub: 'ann', roles: ['player'], exp: Math.floor(Date.now() / 1000) + 3600 });
  const signature = sign(null, Buffer.from(`${head}.${claims}`), privateKey).toString('base64url');
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'EdDSA' },
    token: `${head}.${claims}.${signature}` };
}

// Whoever issues tokens: serves what it is told to, counts who asks, holds answers back.
class Issuer {
  fetches = 0;
  held = null; // answers wait here
  answer = { status: 200, body: '{"keys":[]}' };

  async open() {
    this.server = createServer((request, response) => {
      this.fetches++;
      const send = () => {
        response.writeHead(this.answer.status, { 'content-type': 'application/jwk-set+json' });
        response.end(this.answer.body);
      };
      if (this.held) this.held.push(send);
      else send();
    });
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}/jwks.json`;
    return this;
  }

  serve(...keys) {
    this.answer = { status: 200, body: JSON.stringify({ keys: keys.map((key) => key.jwk) }) };
  }

  release() {
    const held = this.held ?? [];
    this.held = null;
    for (const send of held) send();
  }

  close() {
    this.release();
    this.server.closeAllConnections();
    this.server.close();
  }
}

// One more edge of the house, with keys of its own.
async function withEdge(house, keys, seconds, run) {
  const child = spawn(join(dirname(arbiter), 'arbiter-seeks'),
    ['--nats-url', house.about().nats_url, '--keys', keys, '--keys-seconds', String(seconds), '--http-port', '0',
      '--policies', join(root, 'policies')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const gone = new Promise((done) => child.on('exit', done));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data));
  try {
    await until(() => /http_port=\d+/.test(log), () => `the edge does not listen: ${log}`);
    const url = `http://127.0.0.1:${/http_port=(\d+)/.exec(log)[1]}/v1/seeks`;
    const ask = async (key) => (await fetch(url, { headers: { authorization: `Bearer ${key.token}` } })).status;
    await run(ask);
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

async function until(holds, what, patienceMs = 20000) {
  for (const end = Date.now() + patienceMs; !(await holds()); await pause(50))
    if (Date.now() > end) throw new Error(what());
}

const becomes = (ask, key, status) => until(async () => (await ask(key)) === status, () => `no ${status} came`);

// Asks with this key again and again until stopped, at a pace within the limit of a token; what was
// answered, by status.
function flow(ask, key) {
  const seen = {};
  let isOver = false;
  const ended = (async () => {
    while (!isOver) {
      const status = await ask(key);
      seen[status] = (seen[status] ?? 0) + 1;
      await pause(25);
    }
  })();
  return async () => {
    isOver = true;
    await ended;
    return seen;
  };
}

const only200 = (seen) => assert.deepEqual(Object.keys(seen), ['200']);

async function aNewKeyIsKnownWithoutAWord(house) {
  const [a, b, stranger] = ['a', 'b', 'stranger'].map(makeKey);
  const issuer = await new Issuer().open();
  issuer.serve(a);
  try {
    await withEdge(house, issuer.url, 3600, async (ask) => {
      await becomes(ask, a, 200);
      assert.equal(await ask(b), 401);
      const stop = flow(ask, a);
      issuer.serve(a, b);
      issuer.held = [];
      // The edge waits for no one: whoever is known is served while the keys are on their way.
      await until(async () => {
        void ask(stranger).catch(() => {});
        return issuer.held.length > 0;
      }, () => 'the keys are not fetched again');
      const early = ask(b);
      for (let i = 0; i < 20; i++) assert.equal(await ask(a), 200);
      issuer.release();
      assert.equal(await early, 200, 'the first request with the new key');
      assert.equal(await ask(b), 200);
      const before = issuer.fetches;
      const answers = await Promise.all(Array.from({ length: 200 }, () => ask(stranger)));
      assert.ok(answers.every((status) => status === 401));
      assert.ok(issuer.fetches - before <= 2, `${issuer.fetches - before} fetches for strangers`);
      only200(await stop());
    });
  } finally {
    issuer.close();
  }
}

async function anOldKeyIsRefusedOnceItHasGone(house) {
  const [a, b] = ['a', 'b'].map(makeKey);
  const issuer = await new Issuer().open();
  issuer.serve(a, b);
  try {
    await withEdge(house, issuer.url, 1, async (ask) => {
      await becomes(ask, a, 200);
      const stop = flow(ask, b);
      // Nonsense, errors and emptiness are no reason to turn everybody away.
      for (const answer of [{ status: 500, body: '' }, { status: 200, body: 'nonsense' }, { status: 200, body: '{"keys":[]}' }]) {
        const before = issuer.fetches;
        issuer.answer = answer;
        await until(() => issuer.fetches >= before + 2, () => 'the keys are not fetched again');
        assert.equal(await ask(a), 200);
      }
      issuer.serve(b);
      await becomes(ask, a, 401);
      only200(await stop());
    });
  } finally {
    issuer.close();
  }
}

async function anEdgeWaitsForItsFirstKeys(house) {
  const a = makeKey('a');
  const issuer = await new Issuer().open();
  issuer.answer = { status: 503, body: '' };
  try {
    await withEdge(house, issuer.url, 3600, async (ask) => {
      assert.equal(await ask(a), 503);
      issuer.serve(a);
      await becomes(ask, a, 200);
    });
  } finally {
    issuer.close();
  }
}

async function aFileIsReadAgain(house) {
  const [a, b] = ['a', 'b'].map(makeKey);
  const path = join(house.folder, 'rotating.json');
  const write = (...keys) => writeFileSync(path, JSON.stringify({ keys: keys.map((key) => key.jwk) }));
  write(a);
  await withEdge(house, path, 1, async (ask) => {
    assert.equal(await ask(a), 200);
    write(a, b);
    await becomes(ask, b, 200);
    assert.equal(await ask(a), 200);
    write(b);
    await becomes(ask, a, 401);
    assert.equal(await ask(b), 200);
  });
}

await runCases({
  'a new key is known without a word': aNewKeyIsKnownWithoutAWord,
  'an old key is refused once it has gone': anOldKeyIsRefusedOnceItHasGone,
  'an edge waits for its first keys': anEdgeWaitsForItsFirstKeys,
  'a file is read again': aFileIsReadAgain,
});
