// Two of each service, and a seeded hand that kills one process after another (a service, nats-server,
// PostgreSQL; at most one is away at a time) while 24 players play: the event comes to its end with the
// standings of an undisturbed one, and the database holds what a database must hold.
//   node tests/system/kill.mjs ARBITER [KILLS] [SEED]
import assert from 'node:assert/strict';
import { down, pause, printLogs, up } from './support.mjs';
import { journalsHold, openField, playRounds, policy, standingsOf } from './field.mjs';
import { invariantsHold } from './invariants.mjs';
import { Killer } from './killer.mjs';

const KILLS = Number(process.argv[3] ?? 60);
const seed = Number(process.argv[4] ?? 1);
const PLAYERS = 24;
const ROUNDS = 10;

// The kills are spread over the event: a round begins when its share of them is done.
async function playAmongKills(house, id, killer) {
  for (let round = 1; round <= ROUNDS; round++) {
    while (killer.kills < Math.floor(KILLS * (round - 1) / ROUNDS)) await pause(20);
    await playRounds(house, id, round, round);
  }
  return standingsOf(house, id);
}

const house = up(['--replicas', '2']);
const killer = new Killer(house, seed);
let isGood = false;
try {
  const calm = await openField(house, 'calm', PLAYERS, policy(ROUNDS));
  await playRounds(house, calm, 1, ROUNDS);
  const wanted = await standingsOf(house, calm);
  const id = await openField(house, 'shaken', PLAYERS, policy(ROUNDS));
  const killing = killer.run(KILLS);
  const standings = await playAmongKills(house, id, killer);
  await killing;
  assert.deepEqual(standings, wanted, 'standings as undisturbed');
  const invariants = await invariantsHold(house);
  const steps = journalsHold(house, id).length;
  console.log(`${killer}`);
  console.log(`${ROUNDS} rounds of ${PLAYERS} players; standings as undisturbed; ${invariants} invariants hold; ` +
    `${steps} steps replay`);
  isGood = true;
} catch (error) {
  killer.stop();
  console.log(`FAIL (${killer}): ${error.stack}`);
  printLogs(house.folder);
} finally {
  down(house);
}
console.log(isGood ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(isGood ? 0 : 1);
