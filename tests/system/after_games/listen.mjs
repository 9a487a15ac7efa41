// Runs analysis.mjs beside a house: `heard` has what it has said of finished games.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../support.mjs';

export function listen(house) {
  const program = join(root, 'tests/system/after_games/analysis.mjs');
  const child = spawn(process.execPath, [program, house.about().nats_url, house.url, join(root, 'proto')],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const heard = [];
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    heard.push(...lines.map((line) => JSON.parse(line)));
  });
  return { heard, stop: () => new Promise((resolve) => { child.on('exit', resolve); child.kill(); }) };
}
