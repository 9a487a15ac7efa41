// One trace from the client's request through every process that had a hand in it (W3C Trace Context).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';

process.env.ARBITER_LOG_LEVEL = 'debug';
const request = { rules: 'reported', rated: false };
const PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

async function ask(house, path, headers, body) {
  const answer = await fetch(house.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, parent: answer.headers.get('traceparent'), json: await answer.json() };
}

await runCases({
  'an accepted seek is one trace over four services': async (house) => {
    const tokens = [];
    for (const name of ['ann', 'bob']) {
      await house.call('POST', '/v1/players', { player_id: name, name }, house.director());
      tokens.push({ Authorization: `Bearer ${house.token(name)}` });
    }
    const seek = await ask(house, '/v1/seeks', tokens[0], { request });
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    const accepted = await ask(house, `/v1/seeks/${seek.json.seek_id}/accept`, { ...tokens[1], traceparent }, {});
    assert.ok(accepted.json.game_id, JSON.stringify(accepted));
    const [, trace, span] = PARENT.exec(accepted.parent);
    assert.equal(trace, TRACE);
    assert.notEqual(span, '00f067aa0ba902b7', 'the answer names our own span');
    for (const name of ['seeks', 'orchestrator', 'gamesvc', 'store'])
      await until(`the trace in ${name}'s log`, async () =>
        readFileSync(join(house.folder, 'logs', `${name}.log`), 'utf8').includes(`trace=00-${TRACE}-`));
  },

  'what is no traceparent begins a trace of its own': async (house) => {
    const seen = new Set();
    for (const traceparent of [undefined, 'garbage', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${TRACE}-00f067aa0ba902b7`,
      `ff-${TRACE}-00f067aa0ba902b7-01`]) {
      const answer = await ask(house, '/v1/seeks', traceparent ? { traceparent } : {});
      assert.equal(answer.status, 200);
      seen.add(PARENT.exec(answer.parent)[1]);
    }
    assert.equal(seen.size, 5);
    assert.ok(!seen.has(TRACE));
  },

  'a problem names its trace, too': async (house) => {
    const answer = await ask(house, '/v1/seeks/none', { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
    assert.equal(answer.status, 404);
    assert.equal(PARENT.exec(answer.parent)[1], TRACE);
  },
});
