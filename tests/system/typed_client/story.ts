// From a seek to two new ratings, with a client that was generated from docs/openapi.yaml: what is not
// in the document does not compile here.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const [url, ...tokens] = process.argv.slice(2);
const clientOf = (token: string) =>
  createClient<paths>({ baseUrl: url!, headers: { Authorization: `Bearer ${token}` } });
const names = ['typed-ann', 'typed-bob'] as const;
const [ann, bob] = tokens.map(clientOf) as [ReturnType<typeof clientOf>, ReturnType<typeof clientOf>];
const clients = { [names[0]]: ann, [names[1]]: bob };
const key = (what: string) => ({ 'Idempotency-Key': `${process.pid}-${what}` });

async function until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 30000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await probe();
    if (found !== undefined) return found;
  }
  throw new Error(`waited for ${what}`);
}

for (const name of names) {
  const { data, error } = await clients[name]!.POST('/v1/players', {
    params: { header: key(name) }, body: { player_id: name, name },
  });
  assert.ok(data, JSON.stringify(error));
}

const posted = await ann.POST('/v1/seeks', {
  params: { header: key('seek') },
  body: { request: { rules: 'reported', rated: true, rating_policy: 'glicko2', initial_time_ms: 900000 } },
});
assert.ok(posted.data, JSON.stringify(posted.error));
const { seek_id } = posted.data;

// A refusal is a problem document, typed as well.
const own = await ann.POST('/v1/seeks/{seek_id}/accept', { params: { path: { seek_id }, header: key('own') } });
assert.equal(own.response.status, 409);
assert.match(own.error!.detail!, /your own seek/);

const accepted = await bob.POST('/v1/seeks/{seek_id}/accept', { params: { path: { seek_id }, header: key('accept') } });
assert.ok(accepted.data, JSON.stringify(accepted.error));
const game_id = accepted.data.game_id || await until('the game', async () =>
  (await ann.GET('/v1/seeks/{seek_id}', { params: { path: { seek_id } } })).data?.game_id || undefined);

const scores = { first_score: 401, second_score: 388 };
for (const name of names) {
  const { error } = await clients[name]!.POST('/v1/games/{game_id}/result', {
    params: { path: { game_id }, header: key(`result-${name}`) }, body: scores,
  });
  assert.equal(error, undefined, JSON.stringify(error));
}
for (const name of names) {
  const rating = await until(`${name}'s rating`, async () =>
    (await ann.GET('/v1/players/{player_id}', { params: { path: { player_id: name } } })).data?.ratings?.[0]);
  console.log(`${name}: ${rating.rating.toFixed(1)} after game ${game_id}`);
}
console.log('1 passed, 0 failed');
