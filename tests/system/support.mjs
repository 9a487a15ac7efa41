// A house of its own for one system test: started on free ports in a folder of its own, ended with it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { House, pause } from '../../scripts/client.mjs';

export const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '..');
export const arbiter = process.argv[2] ?? join(root, 'build/release/bin/arbiter');

export function up(options = []) {
  const folder = mkdtempSync(join(tmpdir(), 'arbiter-house-'));
  execFileSync('chmod', ['755', folder]); // PostgreSQL's user must be able to enter
  const result = spawnSync(arbiter, ['up', '--dir', folder, '--port', '0', '--policies',
    join(root, 'policies'), ...options], { encoding: 'utf8' });
  if (result.status !== 0) {
    printLogs(folder);
    throw new Error(`arbiter up: ${result.stdout}${result.stderr}`);
  }
  return new House(arbiter, folder);
}

export function printLogs(folder) {
  for (const name of ['store', 'orchestrator', 'gamesvc', 'seeks', 'nats', 'postgres']) {
    const path = join(folder, 'logs', `${name}.log`);
    if (existsSync(path))
      console.error(`--- ${name}\n${readFileSync(path, 'utf8').split('\n').slice(-30).join('\n')}`);
  }
}

export function down(house) {
  spawnSync(arbiter, ['down', '--dir', house.folder]);
  rmSync(house.folder, { recursive: true, force: true });
}

// Runs the cases of one file, one after another, in one house; prints as ctest's logs are read.
export async function runCases(cases, options) {
  const house = up(options);
  let failed = 0;
  try {
    for (const [name, run] of Object.entries(cases)) {
      try {
        const start = Date.now();
        await run(house);
        console.log(`ok   ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
      } catch (error) {
        failed++;
        console.log(`FAIL ${name}: ${error.stack}`);
      }
    }
    if (failed > 0) printLogs(house.folder);
  } finally {
    down(house);
  }
  console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

export function processOf(house, name) {
  return house.about().processes.find((process) => process.name === name)?.pid;
}

export { pause };
