// docs/directors.md, as a newcomer would type it: every ```sh evening block in one house, in order.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { arbiter, root, runCases } from './support.mjs';

const text = readFileSync(join(root, 'docs/directors.md'), 'utf8');
const blocks = [...text.matchAll(/^```sh evening\n([^]*?)^```$/gm)].map((found) => found[1]);

async function anEveningByTheBook(house) {
  const folder = mkdtempSync(join(tmpdir(), 'arbiter-evening-'));
  try {
    symlinkSync(house.folder, join(folder, '.arbiter'));
    symlinkSync(join(root, 'policies'), join(folder, 'policies'));
    const env = { ...process.env, PATH: `${dirname(resolve(arbiter))}:${process.env.PATH}` };
    assert.ok(blocks.length >= 6, 'the page has its blocks');
    for (const block of blocks) {
      const result = spawnSync('timeout', ['60', 'bash', '-euo', 'pipefail', '-c', block], { cwd: folder, env, encoding: 'utf8' });
      assert.equal(result.status, 0, `${block}\n${result.stdout}${result.stderr}`);
    }
    for (const file of ['friday.trf', 'friday.tou', 'standings.html'])
      assert.ok(statSync(join(folder, file)).size > 100, file);
    const { actions } = await house.call('GET', '/v1/tournaments/friday/actions', undefined, house.director());
    assert.ok(actions.some((action) => action.undone_by > 0), 'something was taken back');
    assert.ok(actions.every((action) => action.actor === 'console'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runCases({ 'an evening by the book': anEveningByTheBook });
