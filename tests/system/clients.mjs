// Types docs/clients.md into a shell, beside a house of its own: every ```sh client block in order, in
// one shell that stops at the first command that fails; ```js NAME blocks become files.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { arbiter, root, runCases } from './support.mjs';

async function everyCommandWorks(house) {
  const text = readFileSync(join(root, 'docs/clients.md'), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'arbiter-client-'));
  try {
    symlinkSync(house.folder, join(folder, '.arbiter'));
    for (const [, name, code] of text.matchAll(/^```js (\S+)\n([^]*?)^```$/gm)) writeFileSync(join(folder, name), code);
    const blocks = [...text.matchAll(/^```sh client\n([^]*?)^```$/gm)].map((block) => block[1]);
    const script = `set -euo pipefail; trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${blocks.join('\n')}\necho; echo typed ${blocks.length} blocks\n`;
    const env = { ...process.env, PATH: `${dirname(resolve(arbiter))}:${process.env.PATH}`, API: house.about().http_url };
    const result = spawnSync('bash', ['-c', script], { cwd: folder, env, encoding: 'utf8', timeout: 60000 });
    if (result.status !== 0 || !result.stdout.includes(`typed ${blocks.length} blocks`) || blocks.length < 5)
      throw new Error(`status ${result.status}\n${result.stdout}\n${result.stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runCases({ everyCommandWorks });
