// Kills processes of the house in turn, again and again, while an event of the demo is played. The
// demo itself checks that every round's standings equal the record: here only the kills are added.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { arbiter, down, pause, printLogs, processOf, root, up } from './support.mjs';

const names = (process.argv[3] ?? 'orchestrator,gamesvc,store,seeks').split(',');
const killsMax = Number(process.argv[4] ?? 24);
const house = up();
const demo = spawn('node', [join(root, 'scripts/demo.mjs'), '--arbiter', arbiter, '--dir', house.folder,
  '--only', 'seek,event-e'], { stdio: ['ignore', 'pipe', 'inherit'] });
let output = '';
demo.stdout.on('data', (data) => { output += data; });
let status = null;
demo.on('exit', (code) => { status = code; });

// At most one is away at a time: the next kill waits until `arbiter status` calls all of them healthy.
const isWell = () => spawnSync(arbiter, ['status', '--dir', house.folder]).status === 0;

let kills = 0;
const patience = Date.now() + 300000;
for (let turn = 0; status === null && kills < killsMax; turn++) {
  await pause(400 + (turn * 37) % 300);
  while (status === null && !isWell() && Date.now() < patience) await pause(50);
  const pid = processOf(house, names[turn % names.length]);
  if (status !== null) break;
  try {
    process.kill(pid, 'SIGKILL');
    kills++;
  } catch { /* it has ended by itself: the demo's own checks say whether that mattered */ }
}
while (status === null) {
  if (Date.now() > patience) demo.kill('SIGKILL');
  await pause(100);
}
console.log(output);
console.log(`${kills} kills of ${names.join(', ')}`);
if (status !== 0) printLogs(house.folder);
down(house);
const isGood = status === 0 && kills >= names.length;
console.log(isGood ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(isGood ? 0 : 1);
