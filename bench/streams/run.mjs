#!/usr/bin/env node
// Event streams of the real edge beside a bare writer of the same bytes, in one run: what a stream costs, and
// how long one event takes to all of them.
//   node bench/streams/run.mjs [--streams 1000,10000] [--events 20] [--preset release] [--write]
// --write puts the table into bench/RESULTS.md. Times are in milliseconds after the store gave the event its
// time (before its transaction was committed); the bare writer's, after it began to write.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { House, pause } from '../../scripts/client.mjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '..');
const options = { streams: '1000,10000', events: '20', preset: 'release' };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1] ?? 'yes';
const bin = join(root, 'build', options.preset, 'bin');
const arbiter = join(bin, 'arbiter');
const bench = join(bin, 'bench-streams');
const EVENTS = Number(options.events);
const folder = mkdtempSync(join(tmpdir(), 'arbiter-streams-'));
chmodSync(folder, 0o755);
const rows = [];
const children = [];

const status = (pid, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const processor = (pid) => { // user and system, ms
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function run(args) {
  const child = spawn(bench, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => (waiting.length ? waiting.shift()(line) : lines.push(line)));
  child.on('error', (error) => { console.error(error.message); process.exitCode = 1; waiting.forEach((on) => on('{}')); });
  child.on('exit', (code) => { if (code) { console.error(`bench-streams ${args.join(' ')}: ${code}`); process.exitCode = 1; waiting.forEach((on) => on('{}')); } });
  child.line = () => (lines.length ? Promise.resolve(lines.shift()) : new Promise((resolve) => waiting.push(resolve)));
  children.push(child);
  return child;
}

// Opens the streams, lets events come, and says what it has seen.
async function measure(what, { pid, port, path, name, streams, event }) {
  const before = status(pid, 'VmRSS');
  const listener = run(['listen', String(port), String(streams), name, path]);
  const opening = performance.now();
  await listener.line();
  const opened = performance.now() - opening;
  await pause(500);
  const after = status(pid, 'VmRSS');
  const seen = [];
  const worked = processor(pid);
  for (let i = 0; i < EVENTS; i++) {
    await event();
    seen.push(JSON.parse(await listener.line()));
    await pause(50);
  }
  const cost = processor(pid) - worked;
  const all = seen.flatMap((one) => one.spread).sort((a, b) => a - b);
  const at = (share) => all[Math.floor((all.length - 1) * share)];
  const last = (one) => one.spread[99];
  rows.push({
    who: what, streams, 'opened, s': (opened / 1000).toFixed(1), 'kB a stream': ((after - before) / streams * 1.024).toFixed(2),
    'first ms': median(seen.map((one) => one.first)), 'p50 ms': at(0.5), 'p99 ms': at(0.99),
    'last ms': median(seen.map(last)), 'worst last ms': Math.max(...seen.map(last)),
    'not delivered': seen.reduce((sum, one) => sum + streams - one.count, 0),
    'processor ms an event': (cost / EVENTS).toFixed(0),
  });
  console.log(JSON.stringify(rows[rows.length - 1]));
  listener.kill();
  await pause(1000);
}

function write() {
  const path = join(root, 'bench/RESULTS.md');
  const title = 'Event streams: memory, and one event to all';
  const keys = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const table = [line(keys), line(keys.map(() => '---')), ...rows.map((one) => line(keys.map((key) => one[key])))].join('\n');
  const section = `### ${title}\n\n${table}\n`;
  const old = new RegExp(`### ${title}\\n\\n(\\|.*\\n)+`);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, old.test(text) ? text.replace(old, section) : `${text.trimEnd()}\n\n${section}`);
}

const started = spawnSync(arbiter, ['up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies')], { encoding: 'utf8' });
try {
  if (started.status !== 0) throw new Error(started.stderr);
  const house = new House(arbiter, folder);
  const edge = house.about().processes.find(({ name }) => name === 'seeks').pid;
  const request = { rules: 'reported', rated: true, rating_policy: 'glicko2', initial_time_ms: 900000 };
  const owners = Array.from({ length: EVENTS * options.streams.split(',').length + 1 }, (_, i) => `owner${i}`);
  for (const id of owners) await house.ask('POST', '/v1/players', { bearer: house.director(), body: { player_id: id, name: id } });
  const openSeek = async () => {
    const id = owners.pop();
    const answer = await house.ask('POST', '/v1/seeks', { bearer: house.token(id), body: { request } });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.json));
  };
  await openSeek(); // whatever is made once is made now
  for (const streams of options.streams.split(',').map(Number)) {
    const port = await freePort();
    const bare = run(['bare', String(port)]);
    await pause(200);
    await measure('bare writer', { pid: bare.pid, port, path: '/', name: 'bare.event', streams, event: async () => bare.stdin.write('512\n') });
    bare.kill();
    await measure('edge', { pid: edge, port: Number(new URL(house.url).port), path: '/v1/events', name: 'seek.opened', streams, event: openSeek });
  }
  if (options.write) write();
} finally {
  for (const child of children) child.kill();
  spawnSync(arbiter, ['down', '--dir', folder]);
  rmSync(folder, { recursive: true, force: true });
}
