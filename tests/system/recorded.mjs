// The recorded events that the demo has no time for, through the live system with the record's pairings:
// after every round the standings are those of the record.
//   node tests/system/recorded.mjs ARBITER
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { arbiter, root, runCases } from './support.mjs';

const replay = (name) => (house) => {
  const played = spawnSync('node', [join(root, 'scripts/demo.mjs'), '--arbiter', arbiter, '--dir', house.folder, '--only', name],
    { encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(played.status, 0, played.stdout + played.stderr);
  console.log(`     ${played.stdout.match(/standings equal the record/g).length} rounds`);
};

await runCases(Object.fromEntries(['event-b', 'event-c', 'event-d'].map((name) => [name, replay(name)])));
