// Measures the running house through its public API, beside the least that must happen for a durable
// answer (bench-bare), in one run on one machine with one PostgreSQL and one nats-server.
//   node bench/load/run.mjs [--only seeks,results,rounds,events,size,soak] [--clients 1,8,64,512] [--rounds 3]
//     [--count 4000] [--soak 600] [--preset release] [--write]
// --write puts the tables into bench/RESULTS.md. Rounds alternate between the bare slice and ours; medians.
import { createPrivateKey, sign } from 'node:crypto';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '..');
const options = { only: 'seeks,results,rounds,events', clients: '1,8,64,512', rounds: '3', count: '4000', soak: '600', preset: 'release' };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1] ?? 'yes';
const bin = join(root, 'build', options.preset, 'bin');
const arbiter = join(bin, 'arbiter');
const clients = options.clients.split(',').map(Number);
const ROUNDS = Number(options.rounds);
const COUNT = Number(options.count);
const folder = mkdtempSync(join(tmpdir(), 'arbiter-load-'));
chmodSync(folder, 0o755);

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const note = (text) => console.error(text);

// ---- the house, and what stands beside it ----------------------------------------------------------

const about = () => JSON.parse(readFileSync(join(folder, 'house.json'), 'utf8'));
const query = (sql) => execFileSync('psql', ['-At', '-d', about().database, '-c', sql], { encoding: 'utf8' }).trim();

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

// Tokens signed here: a process for each would take longer than the measurement.
function signer() {
  const jwk = JSON.parse(readFileSync(join(folder, 'keys-private.json'), 'utf8'));
  const key = jwk.keys ? jwk.keys[0] : jwk;
  const secret = createPrivateKey({ key, format: 'jwk' });
  const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = text({ typ: 'JWT', alg: 'EdDSA', kid: key.kid });
  return (sub, roles = ['player']) => {
    const claims = text({ sub, roles, exp: Math.floor(Date.now() / 1000) + 36000 });
    return `${head}.${claims}.${sign(null, Buffer.from(`${head}.${claims}`), secret).toString('base64url')}`;
  };
}

let files = 0;
function fire(port, connections, lines, keepsAnswers = false) {
  const file = join(folder, `requests-${++files}`);
  writeFileSync(file, lines.map((line) => line.join('\t')).join('\n') + '\n');
  const args = [String(port), String(connections), file];
  if (keepsAnswers) args.push(`${file}.answers`);
  const ran = spawnSync(join(bin, 'bench-fire'), args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(ran.stderr);
  const result = JSON.parse(ran.stdout);
  if (keepsAnswers)
    result.answers = readFileSync(`${file}.answers`, 'utf8').trimEnd().split('\n').map((line) => {
      const [status, body] = line.split('\t');
      return { status: Number(status), json: body ? JSON.parse(body) : {} };
    });
  rmSync(file);
  if (keepsAnswers) rmSync(`${file}.answers`);
  return result;
}

// ---- what is measured --------------------------------------------------------------------------------

let token;
let port;
let barePort;
let run = 0;
const bareLine = ['POST', '/', '', '', '{"rules":"reported","rated":true,"rating_policy":"glicko2","initial_time_ms":900000}'.padEnd(200)];

const bare = (connections) => fire(barePort, connections, Array(Math.max(COUNT, 2000)).fill(bareLine));

function players(count, prefix) {
  const director = token('director', ['director', 'admin']);
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const made = fire(port, 64, names.map((id) => ['POST', '/v1/players', director, `player-${id}`,
    JSON.stringify({ player_id: id, name: id })]));
  if (made.good !== count) throw new Error(`players: ${made.good} of ${count}`);
  return names;
}

const request = { rules: 'reported', rated: true, rating_policy: 'glicko2', initial_time_ms: 900000 };

function openSeeks(count) {
  run++;
  const owners = players(count, `o${run}x`);
  const posted = fire(port, 64, owners.map((id) => ['POST', '/v1/seeks', token(id), `s-${id}`, JSON.stringify({ request })]), true);
  if (posted.good !== count) throw new Error(`seeks: ${posted.good} of ${count}: ${JSON.stringify(posted.answers.find((a) => a.status > 299))}`);
  return posted.answers.map((answer) => answer.json.seek_id);
}

// Seeks accepted; the answer has the game's id.
function accept(connections, count) {
  const seeks = openSeeks(count);
  const accepters = players(count, `a${run}x`);
  const done = fire(port, connections, seeks.map((id, i) => ['POST', `/v1/seeks/${id}/accept`, token(accepters[i]), `acc-${id}`, '{}']), true);
  done.games = done.answers.filter((answer) => answer.json.game_id);
  if (done.games.length !== count)
    note(`  ${count - done.games.length} acceptances without a game: ${JSON.stringify(done.answers.find((a) => !a.json.game_id))}`);
  return done;
}

// Results reported by the second of two players; measured to the moment when both ratings are committed.
async function results(connections, count) {
  const games = accept(64, count).games.map((answer) => answer.json.game_id);
  const seats = new Map(query(`SELECT game_id || ' ' || first_player || ' ' || second_player FROM games WHERE game_id IN (${games.map((id) => `'${id}'`).join(',')})`)
    .split('\n').map((row) => row.split(' ')).map(([id, first, second]) => [id, { first, second }]));
  const scores = JSON.stringify({ first_score: 401, second_score: 388 });
  const word = (side) => games.map((id) => ['POST', `/v1/games/${id}/result`, token(seats.get(id)[side]), `r-${side}-${id}`, scores]);
  fire(port, 64, word('first'));
  await pause(500);
  const before = Number(query('SELECT count(*) FROM rating_history'));
  const begun = Date.now();
  const done = fire(port, connections, word('second'));
  while (Number(query('SELECT count(*) FROM rating_history')) < before + 2 * games.length) {
    if (Date.now() - begun > 120000) throw new Error('the ratings do not come');
    await pause(5);
  }
  done.per_second = games.length / ((Date.now() - begun) / 1000);
  // From the last word's arrival to the rating, by the house's own clock.
  const list = query(`SELECT h.at_ms - g.updated_at_ms FROM rating_history AS h JOIN games AS g USING (game_id)
    WHERE h.game_id IN (${games.map((id) => `'${id}'`).join(',')})`).split('\n').map(Number).sort((a, b) => a - b);
  done.rated_p50_ms = list[list.length >> 1];
  done.rated_p99_ms = list[Math.floor(list.length * 0.99)];
  return done;
}

const tables = {};
function row(table, columns) {
  (tables[table] ??= []).push(columns);
  note(`  ${table}: ${Object.entries(columns).map(([key, value]) => `${key} ${value}`).join(', ')}`);
}
const f = (value, digits = 1) => Number(value).toFixed(digits);

async function compare(table, measure) {
  for (const connections of clients) {
    const ours = [];
    const yard = [];
    const count = Math.max(200, Math.min(COUNT, connections * 60));
    for (let i = 0; i < ROUNDS; i++) {
      yard.push(bare(connections));
      ours.push(await measure(connections, count));
    }
    const rate = median(ours.map((one) => one.per_second));
    const bareRate = median(yard.map((one) => one.per_second));
    const p99 = median(ours.map((one) => one.p99_ms));
    const bareP50 = median(yard.map((one) => one.p50_ms));
    row(table, {
      clients: connections, 'ours/s': f(rate, 0), p50: f(median(ours.map((one) => one.p50_ms)), 2),
      p95: f(median(ours.map((one) => one.p95_ms)), 2), p99: f(p99, 2), 'bare/s': f(bareRate, 0),
      'bare p50': f(bareP50, 2), share: `${f(100 * rate / bareRate)} %`, 'p99 / bare p50': f(p99 / bareP50),
    });
  }
}

// ---- all of it ----------------------------------------------------------------------------------------

const plays = {
  seeks: () => compare('Seek accepted, game id in hand', (connections, count) => accept(connections, count)),
  results: () => compare('Result reported, both ratings committed', results),
};

const started = spawnSync(arbiter, ['up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies')], { encoding: 'utf8' });
const children = [];
try {
  if (started.status !== 0) throw new Error(started.stderr);
  token = signer();
  port = Number(new URL(about().http_url).port);
  barePort = await freePort();
  const nats = new URL(about().nats_url).port;
  children.push(spawn(join(bin, 'bench-bare'), ['store', nats, about().database], { stdio: 'inherit' }));
  children.push(spawn(join(bin, 'bench-bare'), ['edge', String(barePort), nats], { stdio: 'inherit' }));
  await pause(500);
  for (const name of options.only.split(',')) await plays[name]();
} finally {
  for (const child of children) child.kill();
  spawnSync(arbiter, ['down', '--dir', folder]);
  if (options.keep) note(folder);
  else rmSync(folder, { recursive: true, force: true });
}
