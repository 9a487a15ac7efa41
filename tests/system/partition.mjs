// Processes that do not die but stop answering for 20 s: to everybody else that is a partition. With two
// of each service the event goes on meanwhile or afterwards, and ends as it would have.
import assert from 'node:assert/strict';
import { pause, processOf, runCases } from './support.mjs';
import { journalsHold, openField, playRounds, policy, standingsOf } from './field.mjs';
import { invariantsHold } from './invariants.mjs';

const SILENT_MS = 20000;
const ROUNDS = 4;

async function silence(house, names) {
  const pids = names.map((name) => processOf(house, name));
  const { supervisor } = house.about();
  process.kill(supervisor, 'SIGSTOP'); // nobody starts a second one beside it
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause(SILENT_MS);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  process.kill(supervisor, 'SIGCONT');
}

async function goesOn(house, event, names) {
  const calm = await openField(house, `calm-${event}`, 16, policy(ROUNDS));
  await playRounds(house, calm, 1, ROUNDS);
  const id = await openField(house, event, 16, policy(ROUNDS));
  await playRounds(house, id, 1, 1);
  const silent = silence(house, names);
  const played = playRounds(house, id, 2, ROUNDS);
  await silent;
  await played;
  assert.deepEqual(await standingsOf(house, id), await standingsOf(house, calm));
  await invariantsHold(house);
  journalsHold(house, id);
}

await runCases({
  'one of each service': (house) => goesOn(house, 'halved', ['store', 'orchestrator-2', 'gamesvc']),
  'nats-server': (house) => goesOn(house, 'voiceless', ['nats']),
}, ['--replicas', '2']);
