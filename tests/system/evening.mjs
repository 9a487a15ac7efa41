// The director's evening at 60 times speed, on real parts: a YAML policy runs four divisions of 60
// players from registration to the last result, among people who come late, do not come, leave, report
// wrongly, and a policy that changes on the way. Only what no policy can know is done by hand.
//   node tests/system/evening.mjs ARBITER
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arbiter, pause, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';
import { journalsHold } from './field.mjs';
import { query } from './invariants.mjs';

const ROUNDS = 5;
const DIVISIONS = ['masters', 'experts', 'novices', 'juniors'];
const policy = (version, between) => `tournament: saturday
version: ${version}
time:
  start: 2026-11-28T20:00
  zone: Europe/Budapest
  begins: on_time
  check_in_opens: 25m
  check_in_closes: 5m
  countdown: 2m
  between_rounds: ${between}
  publish_delay: 30s
  ready_deadline: 8m
entry: {late_until_round: 3, missed_rounds: half_bye}
no_show: {forfeit_after: 20m, remove_after: 2}
divisions:
${DIVISIONS.map((name) => `  - name: ${name}
    rounds: ${ROUNDS}
    game: {rules: reported, initial_time: 25m, rated: true, rating_policy: glicko2}
    pairing: [{rounds: 1-${ROUNDS}, method: swiss, repeats: 1}]
    order: SPREAD,TPN
    byes: {spread: 50}
`).join('')}`;

// ---- the people --------------------------------------------------------------------------------------

// Fifteen a division. What is out of the ordinary about them, by number; everybody else is in time.
const players = DIVISIONS.flatMap((_, d) => Array.from({ length: 15 }, (_, i) =>
  ({ id: `p${d + 1}-${String(i + 1).padStart(2, '0')}`, division: d + 1, number: i + 1 })));
const isSo = (list) => (player) => list.includes(player.id);
const comesAfterTheStart = isSo(['p1-03', 'p2-07', 'p3-15']); // checks in when round 1 is played
const comesLateToTheBoard = isSo(['p1-05', 'p2-02', 'p4-09']); // past the ready deadline of round 1
const neverComes = isSo(['p1-15', 'p2-14', 'p3-13']); // the last of them has checked in from the bus
const checksInAndStaysAway = isSo(['p3-13']);
const entersLate = isSo(['p4-15']); // registers in round 2
const leaves = isSo(['p2-01']); // withdraws in round 4
const WRONG = [{ division: 1, round: 2, board: 1 }, { division: 4, round: 2, board: 3 }];

// A score from the two and the round: the same for every run.
function score(one, other, round) {
  let h = Math.imul(Number(one.slice(1).replace('-', '')) * 73856093 ^
    Number(other.slice(1).replace('-', '')) * 19349663 ^ round * 83492791, 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return 300 + ((h ^ (h >>> 16)) >>> 0) % 200;
}
const truth = (row, round) => [score(row.first, row.second, round), score(row.second, row.first, round)];
const isWrong = (division, round, row) =>
  WRONG.some((one) => one.division === division && one.round === round && one.board === row.board);

// ---- what they do --------------------------------------------------------------------------------------

class Evening {
  constructor(house) {
    this.house = house;
    this.gone = new Set();
    this.done = new Set();
    this.notes = [];
  }

  path(rest) { return `/v1/tournaments/${this.id}/${rest}`; }

  async as(player, method, rest, body) {
    return this.house.call(method, this.path(rest), body, this.house.token(player));
  }

  // Once for each key; what is refused for now is tried again at the next look.
  async once(key, action) {
    if (this.done.has(key)) return;
    this.done.add(key);
    try {
      await action();
    } catch (error) {
      if (![404, 409, 412, 428].includes(error.status)) throw error;
      this.done.delete(key);
      this.lastRefusal = `${key}: ${error.message}`;
    }
  }

  isAway(id, round) {
    const player = players.find((one) => one.id === id);
    return neverComes(player) || this.gone.has(id) && round > 4;
  }

  async sit(id, division, row, round) {
    if (this.isAway(id, round)) return;
    const player = players.find((one) => one.id === id);
    if (round === 1 && comesLateToTheBoard(player) && row.status !== 'playing') return;
    await this.once(`ready ${id} ${round}`, () => this.as(id, 'POST', 'ready', { division }));
  }

  async report(division, row, round) {
    const [first_score, second_score] = isWrong(division, round, row)
      ? truth(row, round).reverse() : truth(row, round);
    if (this.isAway(row.first, round) || this.isAway(row.second, round)) return;
    for (const id of [row.first, row.second])
      await this.once(`report ${row.game_id} ${id}`, () => this.house.call('POST',
        `/v1/games/${row.game_id}/result`, { first_score, second_score }, this.house.token(id)));
  }

  // One look of everybody in a division at the round that is on.
  async look(division) {
    const { pairings, current_round: round } = await this.house.get(
      this.path(`rounds/${this.round[division] || 1}?division=${division}`));
    if (round > (this.round[division] || 0)) {
      this.round[division] = round;
      return;
    }
    for (const player of players.filter((one) => one.division === division)) {
      if (comesAfterTheStart(player) && round === 1)
        await this.once(`late ${player.id}`, () => this.as(player.id, 'POST', 'check_in', { division }));
      if (entersLate(player) && round === 2)
        await this.once(`enter ${player.id}`, () => this.as(player.id, 'POST', 'registration', { division }));
    }
    await Promise.all(pairings.filter((row) => row.kind === 'game').map(async (row) => {
      if (row.status === 'paired' || row.status === 'playing')
        for (const id of [row.first, row.second]) await this.sit(id, division, row, round);
      if (row.status === 'playing') await this.report(division, row, round);
    }));
    const leaver = players.find((one) => leaves(one) && one.division === division);
    if (leaver && round === 4)
      await this.once(`leave ${leaver.id}`, async () => {
        await this.as(leaver.id, 'DELETE', `registration?division=${division}`);
        this.gone.add(leaver.id);
      });
    await this.correct(division, round);
    if (division === 1 && round === 2) await this.once('policy', () => this.changePolicy());
    this.finalRound[division] = pairings.length > 0 && pairings.every((row) => row.status === 'final') ? round : 0;
  }

  // The hall closes earlier than it was said: less time between rounds, from the next one on. What may
  // not change any more is refused with its reason.
  async changePolicy() {
    await assert.rejects(this.house.act(this.id, { action: 'change_policy', note: 'a mistake',
      data: { policy: policy(2, '2m').replace('rules: reported', 'rules: breakthrough') } }), /game\.rules/);
    await this.house.act(this.id, { action: 'change_policy', note: 'the hall closes at eleven',
      data: { policy: policy(2, '2m') } });
  }

  // What the director does: two results were wrong, and he is told a round later.
  async correct(division, round) {
    for (const wrong of WRONG.filter((one) => one.division === division && round === one.round + 1))
      await this.once(`correct ${division}`, async () => {
        const { pairings } = await this.house.get(this.path(`rounds/${wrong.round}?division=${division}`));
        const row = pairings.find((one) => one.board === wrong.board);
        const [first_score, second_score] = truth(row, wrong.round);
        const outcome = first_score > second_score ? 'first' : first_score < second_score ? 'second' : 'draw';
        await this.house.act(this.id, { action: 'amend_result', division, note: 'the slips say so',
          data: { round: wrong.round, board: wrong.board, outcome, first_score, second_score } });
      });
  }
}

// ---- the evening ---------------------------------------------------------------------------------------

async function runEvening(house) {
  const evening = new Evening(house);
  const director = house.director();
  evening.round = {};
  evening.finalRound = {};
  for (const player of players)
    await house.call('POST', '/v1/players', { player_id: player.id, name: player.id }, director);
  evening.id = (await house.call('POST', '/v1/tournaments',
    { name: 'Saturday', policy: policy(1, '3m') }, director)).tournament_id;
  // One after another: seeds go by it, pairings by the seeds, and whose bye is whose by the pairings.
  for (const player of players.filter((one) => !entersLate(one)))
    await evening.as(player.id, 'POST', 'registration', { division: player.division });

  // From here on nobody but the players does anything until it has begun.
  await Promise.all(players.map(async (player) => {
    if (entersLate(player) || comesAfterTheStart(player)) return;
    if (neverComes(player) && !checksInAndStaysAway(player)) return;
    await until(`${player.id}'s check-in`, () => evening.as(player.id, 'POST', 'check_in', { division: player.division })
      .then(() => true, (error) => {
        if (error.status !== 409 || !/opens at/.test(error.problem.detail)) throw error;
        return pause(200).then(() => false);
      }));
  }));
  await until('the start', async () => (await house.get(`/v1/tournaments/${evening.id}`)).status === 'running');
  await until('the end of the evening', async () => {
    await Promise.all(DIVISIONS.map((_, d) => evening.look(d + 1)));
    await pause(150);
    return (await house.get(`/v1/tournaments/${evening.id}`)).status === 'finished';
  }, 400000).catch((error) => { throw new Error(`${error.message}; last refused: ${evening.lastRefusal}`); });
  return evening;
}

// ---- what must be true afterwards ----------------------------------------------------------------------

// The event as a file of `arbiter standings`, made from the rounds that everybody can read.
async function recordOf(evening, division) {
  const { house } = evening;
  const event = await house.get(`/v1/tournaments/${evening.id}`);
  const { standings } = await house.get(evening.path(`standings?division=${division}`));
  const numbers = new Map(standings.map((row) => [row.player_id, row.seed]));
  const rounds = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const { pairings } = await house.get(evening.path(`rounds/${round}?division=${division}`));
    const games = pairings.filter((row) => row.second !== '').map((row) => ({
      players: [numbers.get(row.first), numbers.get(row.second)], board: row.board,
      scores: [row.first_score, row.second_score],
      ...(row.kind === 'forfeit' ? { forfeit: true } : {}),
      ...(row.outcome === 'double_forfeit' ? { result: ['loss', 'loss'] } : {}),
    }));
    const byes = pairings.filter((row) => row.second === '').map((row) => ({
      player: numbers.get(row.first),
      kind: { bye: 'pairing', half_bye: 'half', zero_bye: 'zero' }[row.kind], spread: row.first_score,
    }));
    rounds.push({ number: round, games, byes });
  }
  return { standings, record: { format: 'arbiter-record/1', event: { name: event.name }, divisions: [{
    name: DIVISIONS[division - 1], rounds_total: ROUNDS, rounds,
    players: [...standings].sort((a, b) => a.seed - b.seed).map((row) => ({ number: row.seed, name: row.name, id: row.player_id })),
  }] } };
}

function computed(verb, options, evening, division, record) {
  const file = join(evening.house.folder, `division-${division}.json`);
  writeFileSync(file, JSON.stringify(record));
  const result = spawnSync(arbiter, [verb, ...options, '--json', file], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
}

async function standingsCheckOut(evening) {
  for (let division = 1; division <= DIVISIONS.length; division++) {
    const { standings, record } = await recordOf(evening, division);
    const again = computed('standings', ['--tiebreaks', 'SPREAD,TPN'], evening, division, record);
    assert.deepEqual(
      standings.map((row) => [row.rank, row.seed, row.points_x2 / 2, row.spread]),
      again.standings.map((row) => [row.rank, row.number, row.points, row.spread]),
      `standings of ${DIVISIONS[division - 1]}`);
  }
}

// A game is rated when its players have agreed on its result. Where the director corrects it later,
// the ratings are those of one result or of the other, in all their consequences, and nothing between.
async function ratingsCheckOut(evening) {
  for (let division = 1; division <= DIVISIONS.length; division++) {
    const { standings, record } = await recordOf(evening, division);
    const held = new Map();
    for (const row of standings) {
      const { ratings } = await evening.house.get(`/v1/players/${row.player_id}`);
      held.set(row.seed, ratings.find((one) => one.pool === 'reported') ?? { rating: 1500, games: 0 });
    }
    const asReported = structuredClone(record);
    for (const wrong of WRONG.filter((one) => one.division === division))
      asReported.divisions[0].rounds[wrong.round - 1].games.find((game) => game.board === wrong.board).scores.reverse();
    const differs = (one) => computed('rate', ['--system', 'glicko2'], evening, division, one).players.filter((row) =>
      Math.abs(held.get(row.number).rating - row.after) > 0.01 || held.get(row.number).games !== row.games);
    if (differs(record).length > 0)
      assert.deepEqual(differs(asReported), [], `ratings of ${DIVISIONS[division - 1]}`);
  }
}

const counted = (evening, sql) => Number(query(evening.house, sql));

function factsHold(evening) {
  const rows = (where) => counted(evening, `SELECT count(*) FROM entrants WHERE ${where}`);
  assert.equal(rows("player_id IN ('p1-15', 'p2-14') AND status = 'withdrawn' AND no_shows = 0"), 2, 'not checked in');
  assert.equal(rows("player_id = 'p3-13' AND status = 'withdrawn' AND no_shows = 2"), 1, 'removed after two no-shows');
  assert.equal(rows('no_shows > 0'), 1, 'only who did not come is counted');
  assert.equal(rows("player_id = 'p2-01' AND status = 'withdrawn' AND to_round = 4"), 1, 'left in round 4');
  assert.equal(rows("player_id IN ('p1-03', 'p2-07', 'p3-15') AND status = 'checked_in' AND from_round = 2"), 3, 'late');
  const half = counted(evening, "SELECT count(*) FROM pairings WHERE kind = 'half_bye'");
  assert.equal(half, 3 + 2, 'a half bye for each missed round');
  assert.equal(query(evening.house, `SELECT division_id, round, board, first_player, second_player, outcome FROM pairings
    WHERE kind = 'forfeit' AND 'p3-13' NOT IN (first_player, second_player)`), '', 'nobody else has lost by not coming');
  assert.equal(counted(evening, "SELECT count(*) FROM pairings WHERE kind = 'forfeit'"), 2);
  for (const { division, round, board } of WRONG)
    assert.equal(counted(evening, `SELECT count(*) FROM pairings WHERE division_id = '${evening.id}-${division}'
      AND round = ${round} AND board = ${board} AND version > 2`), 1, 'the corrected result');
  assert.equal(counted(evening, "SELECT count(*) FROM divisions WHERE settings LIKE '%version: 2%'"), 4, 'the new policy');
  assert.equal(counted(evening, 'SELECT count(*) FROM inbox WHERE due_at_ms > 0 AND fired_at_ms < due_at_ms'), 0);
}

async function nothingWasDoneByHandThatThePolicyKnew(evening) {
  const { actions } = await evening.house.call('GET', evening.path('actions?limit=200'), undefined, evening.house.director());
  assert.deepEqual(actions.map((one) => one.action).sort(), ['amend_result', 'amend_result', 'change_policy']);
  assert.ok(actions.every((one) => one.actor === 'director' && one.note !== ''));
}

let evening;
await runCases({
  'sixty players play an evening that runs itself': async (house) => { evening = await runEvening(house); },
  'who came late, never came, left and entered late is where the policy puts them': () => factsHold(evening),
  'standings are what anybody computes from the published rounds': () => standingsCheckOut(evening),
  'ratings are what anybody computes from the games': () => ratingsCheckOut(evening),
  'every journal replays to what is stored': (house) => {
    const steps = journalsHold(house, evening.id).length; // at least two a board, one a game
    assert.ok(steps > 3 * 28 * ROUNDS, `the journals of all boards and games: ${steps} steps`);
  },
  'the director did nothing that the policy could have done': () => nothingWasDoneByHandThatThePolicyKnew(evening),
}, ['--speed', '60', '--time', '2026-11-28T19:28:00+01:00']);
