// PostgreSQL or NATS away for half a minute: requests are refused with 503 and Retry-After, nothing
// accepted before is lost, and the house goes on by itself.
import assert from 'node:assert/strict';
import { processOf, pause, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';

const AWAY_MS = 30000;
const request = { rules: 'reported', rated: false };

async function player(house, name) {
  await house.call('POST', '/v1/players', { player_id: name, name }, house.director());
  return house.token(name);
}

async function survives(house, name) {
  const bearer = await player(house, `before-${name}`);
  const seek = await house.call('POST', '/v1/seeks', { request }, bearer);
  // The supervisor sleeps, so that what is killed stays away.
  const { supervisor } = house.about();
  process.kill(supervisor, 'SIGSTOP');
  process.kill(processOf(house, name), 'SIGKILL');
  const start = Date.now();
  let refused = 0;
  const confirmed = [seek.seek_id];
  try {
    while (Date.now() - start < AWAY_MS) {
      const answer = await house.ask('POST', '/v1/seeks', { body: { request }, bearer, timeout: 20000 });
      // The processes of a dead postmaster may still answer one; what they confirm is kept, too.
      if (answer.status === 201 && refused === 0 && Date.now() - start < 5000) {
        confirmed.push(answer.json.seek_id);
        continue;
      }
      assert.equal(answer.status, 503, `while ${name} is away: ${JSON.stringify(answer.json)}`);
      assert.ok(Number(answer.headers.get('retry-after')) >= 1, 'Retry-After is there');
      refused++;
      await pause(1000);
    }
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  assert.ok(refused >= 2);
  for (const id of confirmed) {
    const kept = await until('a seek from before', async () => {
      const answer = await house.ask('GET', `/v1/seeks/${id}`);
      return answer.status === 200 && answer.json;
    });
    assert.equal(kept.status, 'open');
  }
  const other = await player(house, `after-${name}`);
  const accepted = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, other);
  const gameId = accepted.game_id || (await until('the game', async () =>
    (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  assert.ok(gameId.length >= 8);
}

await runCases({
  'PostgreSQL is away for half a minute': (house) => survives(house, 'postgres'),
  'nats-server is away for half a minute': (house) => survives(house, 'nats'),
});
