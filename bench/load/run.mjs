#!/usr/bin/env node
// Measures the running house through its public API, beside the least that must happen for a durable
// answer (bench-bare), in one run on one machine with one PostgreSQL and one nats-server.
//   node bench/load/run.mjs [--only seeks,results,rounds,events,size,soak] [--clients 1,8,64,512] [--rounds 3]
//     [--count 4000] [--soak 600] [--rate 25] [--preset release] [--write]
// --write puts the tables into bench/RESULTS.md. Rounds alternate between the bare slice and ours; medians.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { pause, signer } from '../../scripts/client.mjs';

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

// Players have one token for a day, not one for each request.
function keptTokens(sign) {
  const kept = new Map();
  return (name, roles = ['player']) => {
    const key = `${name} ${roles}`;
    if (!kept.has(key)) kept.set(key, sign(name, roles));
    return kept.get(key);
  };
}

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

// Seeks accepted; the answer has the game's id. Who accepts a seek has looked at it before: the edge has seen the token.
async function accept(connections, count) {
  const seeks = openSeeks(count);
  const accepters = players(count, `a${run}x`);
  const lines = seeks.map((id, i) => ['POST', `/v1/seeks/${id}/accept`, token(accepters[i]), `acc-${id}`, '{}']);
  fire(port, 64, seeks.map((id, i) => ['GET', `/v1/seeks/${id}`, token(accepters[i]), '', '']));
  const done = await charge(`one accepted seek at ${connections} clients`, lines.length, () => fire(port, connections, lines, true));
  done.games = done.answers.filter((answer) => answer.json.game_id);
  if (done.games.length !== count)
    note(`  ${count - done.games.length} acceptances without a game: ${JSON.stringify(done.answers.find((a) => !a.json.game_id))}`);
  return done;
}

// ---- where the processor's time goes -------------------------------------------------------------------

// Who is who: the house's own processes, and PostgreSQL's by what they do for it.
function processes() {
  const house = about().processes;
  const server = house.find(({ name }) => name === 'postgresql' || name === 'postgres')?.pid ?? Number(query('SELECT pg_postmaster_pid()'));
  const known = new Map(query("SELECT pid || ' ' || CASE WHEN backend_type = 'client backend' THEN application_name ELSE backend_type END FROM pg_stat_activity")
    .split('\n').map((row) => [Number(row.slice(0, row.indexOf(' '))), row.slice(row.indexOf(' ') + 1)]));
  const list = house.map(({ name, pid }) => [name, pid]);
  for (const [pid, name] of known) if (name !== 'psql' && pid !== server) list.push([`postgres: ${name}`, pid]);
  return list;
}

const TICK_US = 10000; // of utime and stime in /proc
function cpu() {
  const spent = {};
  for (const [name, pid] of processes()) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      spent[name] = (spent[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK_US;
    } catch { /* it has ended since */ }
  }
  return spent;
}

let charging = ''; // added to a play's name
const counted = {}; // by play: microseconds a process, and how many times
const transactions = () => Number(query('SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()'));

async function charge(play, times, work) {
  await pause(1100); // PostgreSQL tells its counts once a second
  const begun = transactions();
  const before = cpu();
  const done = await work();
  const after = cpu();
  await pause(1100);
  const sum = (counted[play + charging] ??= { times: 0, transactions: 0, spent: {} });
  sum.times += times;
  sum.transactions += transactions() - begun;
  for (const [name, spent] of Object.entries(after)) sum.spent[name] = (sum.spent[name] ?? 0) + spent - (before[name] ?? 0);
  return done;
}

function cpuTable(play) {
  const { times, spent, transactions: count } = counted[play];
  const all = Object.entries(spent).map(([name, us]) => [name, us / times]).filter(([, us]) => us >= 1).sort((a, b) => b[1] - a[1]);
  for (const [name, us] of [...all, ['all', all.reduce((sum, [, us]) => sum + us, 0)]])
    row(`Processor time of ${play}, by process`, { process: name, 'µs': f(us, 0) });
  note(`  ${f(count / times, 2)} transactions of PostgreSQL for ${play}, reads among them`);
}

// Results reported by the second of two players; measured to the moment when both ratings are committed.
async function results(connections, count) {
  const games = (await accept(64, count)).games.map((answer) => answer.json.game_id);
  const seats = new Map(query(`SELECT game_id || ' ' || first_player || ' ' || second_player FROM games WHERE game_id IN (${games.map((id) => `'${id}'`).join(',')})`)
    .split('\n').map((row) => row.split(' ')).map(([id, first, second]) => [id, { first, second }]));
  const scores = JSON.stringify({ first_score: 401, second_score: 388 });
  const word = (side) => games.map((id) => ['POST', `/v1/games/${id}/result`, token(seats.get(id)[side]), `r-${side}-${id}`, scores]);
  fire(port, 64, word('first'));
  await pause(500);
  const before = Number(query('SELECT count(*) FROM rating_history'));
  const done = await charge(`one result at ${connections} clients`, games.length, async () => {
    const begun = Date.now();
    const fired = fire(port, connections, word('second'));
    while (Number(query('SELECT count(*) FROM rating_history')) < before + 2 * games.length) {
      if (Date.now() - begun > 120000) throw new Error('the ratings do not come');
      await pause(5);
    }
    fired.per_second = games.length / ((Date.now() - begun) / 1000);
    return fired;
  });
  // From the last word's arrival to the rating, by the house's own clock.
  const list = query(`SELECT h.rated_at_ms - r.decided_at_ms FROM rating_history AS h JOIN results AS r USING (game_id)
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

// The last result of a round, to the next round's pairings visible to everybody.
async function roundTrip(count) {
  run++;
  const director = token('director', ['director', 'admin']);
  const policy = `tournament: load
version: 1
divisions:
  - name: open
    rounds: 3
    game: {rules: reported, initial_time: 25m, rated: true, rating_policy: glicko2}
    paired_by: policy
    pairing: [{rounds: 1-3, method: swiss, repeats: 1}]
    next_round: automatic
    order: SPREAD,TPN
`;
  const post = (path, body) =>
    fire(port, 1, [['POST', path, director, `call-${++files}`, JSON.stringify(body)]], true).answers[0];
  const call = (path, body) => {
    const answer = post(path, body);
    if (answer.status > 299) throw new Error(JSON.stringify(answer.json));
    return answer.json;
  };
  const { tournament_id: id } = call('/v1/tournaments', { name: `load ${run}`, policy });
  for (let from = 0; from < count; from += 128) {
    const entrants = Array.from({ length: Math.min(128, count - from) }, (_, i) => ({
      player: `t${run}x${from + i}`, name: `Player ${from + i}`, seed: from + i + 1, rating: 2000.5 - from - i,
    }));
    call(`/v1/tournaments/${id}/entrants`, { division: 1, entrants });
  }
  const start = { action: 'start', note: 'load', confirm: [] };
  for (let answer; (answer = post(`/v1/tournaments/${id}/actions`, start)).status !== 200;) {
    if (answer.status !== 428) throw new Error(JSON.stringify(answer.json));
    start.confirm.push(answer.json.preview.confirm);
  }
  const pairingsOf = async (round) => {
    for (const end = Date.now() + 120000; Date.now() < end; await pause(20)) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/tournaments/${id}/rounds/${round}`);
      const { pairings = [] } = await answer.json();
      if (pairings.length === count / 2 && pairings.every((pairing) => pairing.game_id)) return pairings;
    }
    throw new Error(`round ${round} does not come`);
  };
  const pairings = await pairingsOf(1);
  const word = (pairing, side, n) => ['POST', `/v1/games/${pairing.game_id}/result`, token(pairing[side]), `w-${side}-${pairing.game_id}`,
    JSON.stringify({ first_score: 300 + n % 97, second_score: 300 + n % 89 })];
  const all = pairings.flatMap((pairing, n) => ['first', 'second'].map((side) => word(pairing, side, n)));
  if (all.length > 2) fire(port, 64, all.slice(0, -2).concat([all[all.length - 2]]));
  await pause(300);
  const begun = Date.now();
  fire(port, 1, [all[all.length - 1]]);
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/tournaments/${id}/rounds/2`);
    const found = (await answer.json()).pairings ?? [];
    if (found.length === count / 2) break;
    if (Date.now() - begun > 120000) throw new Error('round 2 does not come');
    await pause(2);
  }
  const total = Date.now() - begun;
  const steps = JSON.parse(`[${execFileSync(arbiter, ['journal', `division:${id}-1`, '--json', '--dir', folder],
    { encoding: 'utf8', maxBuffer: 1 << 28 }).trim().split('\n').join(',')}]`);
  const done = steps.findLastIndex((step) => step.events.includes('done.invoke.pair'));
  return { total, pairing: Date.parse(steps[done].at) - Date.parse(steps[done - 1].at) };
}

async function rounds() {
  for (const count of [16, 128, 1024]) {
    const found = [];
    for (let i = 0; i < ROUNDS; i++) found.push(await roundTrip(count));
    const total = median(found.map((one) => one.total));
    const pairing = median(found.map((one) => one.pairing));
    row('Last result of a round, next pairings visible', {
      players: count, 'total ms': total, 'pairing itself, ms': pairing, 'beyond it, ms': total - pairing,
    });
  }
}

// One seek posted at a time; a thousand event streams hear of each.
async function events() {
  const LISTENERS = 1000;
  const SEEKS = 100;
  const listener = spawn(join(bin, 'bench-streams'), ['listen', String(port), String(LISTENERS), 'seek.opened', '/v1/events'], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(listener);
  const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
  await lines.next(); // all are open
  const owners = players(SEEKS, `e${++run}x`);
  const late = []; // hundredths of the listeners, for each event: since the store gave it its time
  const whole = []; // the same since before the request
  let missing = 0;
  for (const owner of owners) {
    const body = JSON.stringify({ request });
    const sent = Date.now();
    const answer = await fetch(`http://127.0.0.1:${port}/v1/seeks`, { method: 'POST', body,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token(owner)}` } });
    if (answer.status !== 201) throw new Error(await answer.text());
    const seen = JSON.parse((await lines.next()).value); // all have it, or ten seconds are over
    late.push(...seen.spread);
    whole.push(...seen.spread.map((ms) => seen.at_ms + ms - sent));
    missing += LISTENERS - seen.count;
  }
  listener.kill();
  const share = (list, part) => f([...list].sort((a, b) => a - b)[Math.floor(list.length * part)]);
  row('One event to 1,000 listeners', {
    events: SEEKS, 'p50 ms': share(late, 0.5), 'p99 ms': share(late, 0.99), 'p50 from the request': share(whole, 0.5),
    'p99 from the request': share(whole, 0.99), 'not delivered': missing,
  });
}

// A million finished games and a hundred thousand open tournaments with a timer each: how much slower?
async function size() {
  const measure = async (when) => {
    const found = [];
    await accept(64, COUNT); // after a checkpoint the first change of each page writes it whole to the log: not measured
    charging = when;
    for (let i = 0; i < ROUNDS; i++) found.push([bare(64).per_second, (await accept(64, COUNT)).per_second, (await results(64, COUNT)).per_second]);
    charging = '';
    cpuTable(`one accepted seek at 64 clients${when}`);
    return [0, 1, 2].map((column) => median(found.map((one) => one[column])));
  };
  const before = await measure(', before');
  note('  filling the database…');
  query(`INSERT INTO players (player_id, name, status, created_at_ms)
    SELECT 'big' || n, 'Player ' || n, 'active', 0 FROM generate_series(0, 99999) AS n`);
  query(`INSERT INTO games (game_id, request_id, first_player, second_player, request, tournament_id, division_id, round, board, status,
      turn_count, created_at_ms, ended_at_ms, state, owner, deadline_at_ms, commitment)
    SELECT 'big' || n, 'big' || n, 'big' || n % 100000, 'big' || (n + 1) % 100000, decode(repeat('ab', 60), 'hex'), '', '', 0, 0, 'final',
      26, n, n, decode(repeat('cd', 400), 'hex'), '', 0, '' FROM generate_series(0, 999999) AS n`);
  query(`INSERT INTO results (game_id, winner, first_score, second_score, reason, decided_by, decided_at_ms)
    SELECT 'big' || n, 'first', 400, 380, 'played', '', n FROM generate_series(0, 999999) AS n`);
  query(`INSERT INTO instances (instance_id, machine, machine_hash, parent, seq, snapshot, tags, finished, created_at_ms, updated_at_ms)
    SELECT 'tournament:big' || n, 'tournament', 'none', '', 1, decode(repeat('ef', 300), 'hex'), ' registration patient ', false, 0, 0
      FROM generate_series(0, 99999) AS n`);
  query(`INSERT INTO timers (instance_id, timer_id, event, due_at_ms, set_seq)
    SELECT 'tournament:big' || n, 'at.start', '$timer.at.start', 4102444800000 + n, 1 FROM generate_series(0, 99999) AS n`);
  query('VACUUM ANALYZE'); // or autovacuum would be what is measured
  query('CHECKPOINT');
  const after = await measure(', after');
  ['seek accepted', 'result rated'].forEach((what, i) => row('A million games, 100,000 timers', {
    what, 'before/s': f(before[i + 1], 0), 'after/s': f(after[i + 1], 0),
    'share before': `${f(100 * before[i + 1] / before[0])} %`, 'share after': `${f(100 * after[i + 1] / after[0])} %`,
    change: `${f(100 * (after[i + 1] / after[0]) / (before[i + 1] / before[0]) - 100)} %`,
  }));
}

// Memory of each service while the house is kept busy: as fast as it can, or with --rate games a second.
async function soak() {
  const seconds = Number(options.soak);
  const rate = Number(options.rate ?? 0);
  const [connections, batch] = rate > 0 ? [8, rate * 5] : [64, 1000];
  const services = () => about().processes.filter(({ name, health_port }) => health_port || name.startsWith('nats'));
  const memory = () => Object.fromEntries(services()
    .map(({ name, pid }) => [name, Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])]));
  const cached = async () => {
    const { health_port } = about().processes.find(({ name }) => name.includes('orchestrator'));
    const text = await (await fetch(`http://127.0.0.1:${health_port}/metrics`)).text();
    return Number(/^\S*instances_cached\S* ([\d.]+)$/m.exec(text)?.[1]);
  };
  const samples = [];
  const start = Date.now();
  for (const end = start + seconds * 1000; Date.now() < end;) {
    await results(connections, batch);
    samples.push({ games: (samples.length + 1) * batch, cached: await cached(), ...memory() });
    if (samples.length % 10 === 1) note(JSON.stringify({ s: Math.round((Date.now() - start) / 1000), ...samples.at(-1) }));
    if (rate > 0) await pause(Math.max(0, start + samples.length * 5000 - Date.now()));
  }
  // The first half fills caches; the slope of the rest is a leak, or none.
  const steady = samples.slice(Math.floor(samples.length / 2));
  const [first, last] = [steady[0], steady.at(-1)];
  for (const name of Object.keys(memory()))
    row('Memory under load', {
      service: name, [`after ${first.games} games, MB`]: f(first[name] / 1024),
      [`after ${last.games} games, MB`]: f(last[name] / 1024),
      'bytes a game': f((last[name] - first[name]) * 1024 / Math.max(1, last.games - first.games), 0),
    });
  note(`instances cached: ${first.cached}, then ${last.cached}`);
}

// ---- bench/RESULTS.md ----------------------------------------------------------------------------------

function write() {
  const path = join(root, 'bench/RESULTS.md');
  let text = readFileSync(path, 'utf8');
  for (const [title, rows] of Object.entries(tables)) {
    const keys = Object.keys(rows[0]);
    const line = (cells) => `| ${cells.join(' | ')} |`;
    const table = [line(keys), line(keys.map(() => '---')), ...rows.map((one) => line(keys.map((key) => one[key])))].join('\n');
    const section = `### ${title}\n\n${table}\n`;
    const old = new RegExp(`### ${title}\\n\\n(\\|.*\\n)+`);
    text = old.test(text) ? text.replace(old, section) : `${text.trimEnd()}\n\n${section}`;
  }
  writeFileSync(path, text);
}

// ---- all of it ----------------------------------------------------------------------------------------

const plays = {
  seeks: async () => {
    await compare('Seek accepted, game id in hand', (connections, count) => accept(connections, count));
    for (const connections of clients) cpuTable(`one accepted seek at ${connections} clients`);
  },
  results: async () => {
    await compare('Result reported, both ratings committed', results);
    for (const connections of clients) cpuTable(`one result at ${connections} clients`);
  },
  rounds,
  events,
  size,
  soak,
};

const started = spawnSync(arbiter, ['up', '--dir', folder, '--port', '0', '--policies', join(root, 'policies')], { encoding: 'utf8' });
const children = [];
try {
  if (started.status !== 0) throw new Error(started.stderr);
  token = keptTokens(signer(folder));
  port = Number(new URL(about().http_url).port);
  barePort = await freePort();
  const nats = new URL(about().nats_url).port;
  children.push(spawn(join(bin, 'bench-bare'), ['store', nats, about().database], { stdio: 'inherit' }));
  children.push(spawn(join(bin, 'bench-bare'), ['edge', String(barePort), nats], { stdio: 'inherit' }));
  await pause(500);
  for (const name of options.only.split(',')) await plays[name]();
  if (options.write) write();
} finally {
  for (const child of children) child.kill();
  spawnSync(arbiter, ['down', '--dir', folder]);
  if (options.keep) note(folder);
  else rmSync(folder, { recursive: true, force: true });
}
