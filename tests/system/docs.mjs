// Runs every line of the ```sh run blocks of the documentation, so that the examples stay true.
import { readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { arbiter, root } from './support.mjs';

let passed = 0;
let failed = 0;
const env = { ...process.env, PATH: `${dirname(arbiter)}:${process.env.PATH}` };
for (const name of readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md')).sort()) {
  const text = readFileSync(join(root, 'docs', name), 'utf8');
  for (const block of text.matchAll(/^```sh run\n([^]*?)^```$/gm)) {
    for (const line of block[1].split('\n').filter((entry) => entry.trim() !== '')) {
      const result = spawnSync('bash', ['-c', line], { cwd: root, env, encoding: 'utf8' });
      if (result.status === 0) {
        passed++;
      } else {
        failed++;
        console.log(`FAIL docs/${name}: ${line}\n${result.stdout}${result.stderr}`);
      }
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
