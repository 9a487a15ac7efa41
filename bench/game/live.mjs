// Accepted moves a second through socket → NATS → gamesvc → store commit → published state, beside what the
// machine can do at best: a bare NATS request answered after a bare group-committed insert, on the same
// nats-server and the same PostgreSQL, one after the other in turns.
//
//     node bench/game/live.mjs [BUILD] [AT_ONCE] [REPEATS]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { House, pause, until } from '../../scripts/client.mjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '..');
const build = process.argv[2] ?? join(root, 'build/release');
const atOnce = Number(process.argv[3] ?? 64);
const repeats = Number(process.argv[4] ?? 2);
const program = (name) => join(build, 'bin', name);
const games = join(root, 'tests/data/crossword');

const folder = mkdtempSync(join(tmpdir(), 'arbiter-bench-'));
const scripts = mkdtempSync(join(tmpdir(), 'arbiter-draws-'));
execFileSync('chmod', ['755', folder, scripts]);
process.env.ARBITER_UNSAFE_DRAWS = scripts;
process.env.ARBITER_SOCKET_RATE = '1000';

// A recorded game between two players of its own; returns its lines of the plan.
async function prepare(house, token, name, repeat) {
  const script = execFileSync(join(build, 'tests/recorded_game'), [join(games, name)], { encoding: 'utf8' });
  const players = ['a', 'b'].map((letter) => `${name.replace('.gcg', '')}-${repeat}-${letter}`);
  for (const player of players) {
    writeFileSync(join(scripts, `${player}.draws`), script);
    await house.call('POST', '/v1/players', { player_id: player, name: player }, token(player));
  }
  const challenge_rule = /^challenge (.*)$/m.exec(script)[1];
  const request = { rules: 'crossword', lexicon: 'EN80', challenge_rule, initial_time_ms: 3600000, start_within_ms: -1 };
  const seek = await house.call('POST', '/v1/seeks', { request }, token(players[0]));
  const { game_id } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, token(players[1]));
  const id = game_id || (await until('the game', async () => (await house.get(`/v1/seeks/${seek.seek_id}`)).game_id));
  const { first, second } = await house.get(`/v1/games/${id}`);
  const moves = script.split('\n').filter((line) => line.startsWith('move '));
  return [`game ${id} ${token(first)} ${token(second)}`, ...moves].join('\n');
}

async function makePlan(house) {
  const token = (player) => house.token(player);
  const names = readdirSync(games).filter((name) => /^s\d+\.gcg$/.test(name) && !readFileSync(join(games, name), 'utf8').includes('(time)'));
  const wanted = Array.from({ length: repeats }, (_, repeat) => names.map((name) => [name, repeat])).flat();
  const plans = [];
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (let next = wanted.shift(); next; next = wanted.shift()) plans.push(await prepare(house, token, ...next));
  }));
  return plans;
}

// CPU seconds that the house's processes have used so far, by name; PostgreSQL's and its children together.
function processorTime(house) {
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const spent = {};
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      parents.set(Number(pid), { parent: Number(fields[1]), own: (Number(fields[11]) + Number(fields[12])) / ticks });
    } catch { /* it has ended */ }
  }
  for (const { name, pid } of house.about().processes) {
    spent[name] = parents.get(pid)?.own ?? 0;
    for (const { parent, own } of parents.values()) if (parent === pid) spent[name] += own;
  }
  return spent;
}

function ceiling(house) {
  const port = new URL(house.about().nats_url).port;
  const store = spawn(program('bench-bare'), ['store', port, house.about().database], { stdio: 'inherit' });
  spawnSync('sleep', ['0.5']);
  const figures = JSON.parse(execFileSync(program('bench-game-ceiling'), [port, String(atOnce), '20000', '700'], { encoding: 'utf8', timeout: 60000 }));
  store.kill();
  return figures.per_second;
}

const result = spawnSync(program('arbiter'), ['up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies')], { encoding: 'utf8' });
if (result.status !== 0) throw new Error(result.stdout + result.stderr);
const house = new House(program('arbiter'), folder);
try {
  const plans = await makePlan(house);
  const half = Math.ceil(plans.length / 2);
  const ceilings = [ceiling(house)];
  const rounds = [];
  for (const part of [plans.slice(0, half), plans.slice(half)]) {
    await pause(500); // what the preparation left behind
    const before = processorTime(house);
    const figures = JSON.parse(execFileSync(program('bench-game-fire'), [house.url, String(atOnce)], { input: part.join('\n'), encoding: 'utf8' }));
    const after = processorTime(house);
    figures.cpu_us_a_move = Object.fromEntries(Object.keys(after).map((name) => [name, Math.round(((after[name] - before[name]) * 1e6) / figures.moves)]));
    rounds.push(figures);
    ceilings.push(ceiling(house));
  }
  const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const perSecond = mean(rounds.map((round) => round.per_second));
  for (const round of rounds) console.log(JSON.stringify(round));
  console.log(`ceilings ${ceilings.join(' ')} a second, bare, ${atOnce} at once`);
  console.log(`moves    ${perSecond.toFixed(0)} a second accepted, committed and heard of: ${((100 * perSecond) / mean(ceilings)).toFixed(1)} % of the ceiling`);
} finally {
  spawnSync(program('arbiter'), ['down', '--dir', folder]);
  for (const path of [folder, scripts]) rmSync(path, { recursive: true, force: true });
}
