// Two of each service, and a seeded hand that kills one process after another (a service, nats-server,
// PostgreSQL; at most one is away at a time) while 24 players play: the event comes to its end with the
// standings of an undisturbed one, and the database holds what a database must hold.
//   node tests/system/kill.mjs ARBITER [KILLS] [SEED]
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { arbiter, down, pause, printLogs, up } from './support.mjs';
import { journalsHold, openField, playRounds, policy, standingsOf } from './field.mjs';
import { invariantsHold } from './invariants.mjs';

const KILLS = Number(process.argv[3] ?? 60);
const seed = Number(process.argv[4] ?? 1);
const PLAYERS = 24;
const ROUNDS = 10;

// A linear congruential generator is random enough to choose whom to kill.
let state = seed >>> 0;
const draw = (bound) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * bound);
};

const isWell = (house) => spawnSync(arbiter, ['status', '--dir', house.folder]).status === 0;

const counts = {};
let kills = 0;
let isOver = false;

async function killOneAfterAnother(house) {
  while (kills < KILLS && !isOver) {
    await pause(100 + draw(400));
    const patience = Date.now() + 120000;
    while (!isWell(house)) {
      assert.ok(Date.now() < patience, 'the house has not come back');
      await pause(30);
    }
    const { processes } = house.about();
    const victim = processes[draw(processes.length)];
    try {
      process.kill(victim.pid, 'SIGKILL');
    } catch {
      continue; // it has another id by now
    }
    counts[victim.name] = (counts[victim.name] ?? 0) + 1;
    kills++;
  }
}

// The kills are spread over the event: a round begins when its share of them is done.
async function playAmongKills(house, id) {
  for (let round = 1; round <= ROUNDS; round++) {
    while (kills < Math.floor(KILLS * (round - 1) / ROUNDS)) await pause(20);
    await playRounds(house, id, round, round);
  }
  return standingsOf(house, id);
}

const house = up(['--replicas', '2']);
let isGood = false;
try {
  const calm = await openField(house, 'calm', PLAYERS, policy(ROUNDS));
  await playRounds(house, calm, 1, ROUNDS);
  const wanted = await standingsOf(house, calm);
  const id = await openField(house, 'shaken', PLAYERS, policy(ROUNDS));
  const killing = killOneAfterAnother(house);
  const standings = await playAmongKills(house, id);
  await killing;
  isOver = true;
  assert.deepEqual(standings, wanted, 'standings as undisturbed');
  const invariants = await invariantsHold(house);
  const steps = journalsHold(house, id).length;
  console.log(`${kills} kills (seed ${seed}): ${JSON.stringify(counts)}`);
  console.log(`${ROUNDS} rounds of ${PLAYERS} players; standings as undisturbed; ${invariants} invariants hold; ` +
    `${steps} steps replay`);
  isGood = true;
} catch (error) {
  isOver = true;
  console.log(`FAIL (seed ${seed}, ${kills} kills): ${error.stack}`);
  printLogs(house.folder);
} finally {
  down(house);
}
console.log(isGood ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(isGood ? 0 : 1);
