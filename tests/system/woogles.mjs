// The scripted divisions of another platform, step by step through the live API: entries, pairings,
// results, amendments and refusals, with standings compared after each. Steps that name what the API does
// not have are listed with their reason; nothing is passed over in silence. The library's own run of the
// same scripts, with that platform's reading of every rule, is conformance-woogles.
//   node tests/system/woogles.mjs ARBITER [FILE]
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arbiter, down, pause, printLogs, root, up } from './support.mjs';
import { until } from '../../scripts/client.mjs';

const shared = process.env.ARBITER_SHARED ?? join(root, '..', 'shared');
const file = process.argv[3] ?? join(shared, 'cases/woogles/classic_division_scripts.json');
if (!existsSync(file)) {
  console.log(`skipped: classic_division_scripts.json is not there (${file})`);
  process.exit(77);
}

class Skip extends Error {}

// ---- the script's controls as a policy -----------------------------------------------------------------

const METHODS = { KING_OF_THE_HILL: 'king_of_the_hill', RANDOM: 'random', ROUND_ROBIN: 'round_robin', SWISS: 'swiss',
  INITIAL_FONTES: 'initial_fontes', FACTOR: 'factor', MANUAL: 'manual', ELIMINATION: 'single_elimination',
  TEAM_ROUND_ROBIN: 'team_round_robin', INTERLEAVED_ROUND_ROBIN: 'interleaved_round_robin' };
const FIRSTS = { MANUAL_FIRST: 'listed', AUTOMATIC_FIRST: 'balanced', RANDOM_FIRST: 'lot' };

function pairingOf(control, fontes) {
  const method = METHODS[control.pairing_method];
  if (!method) throw new Skip(`method ${control.pairing_method}`);
  const keys = { method };
  if (method === 'swiss' || method === 'factor') {
    Object.assign(keys, { repeats: control.max_repeats, repeats_over_allowed: control.allow_over_max_repeats,
      compat: 'liwords' });
    if (control.repeat_relative_weight > 0) keys.repeat_weight = control.repeat_relative_weight;
    if (control.win_difference_relative_weight > 0) keys.win_weight = control.win_difference_relative_weight;
    if (keys.repeats === 0 && keys.repeats_over_allowed) keys.repeats = 1;
  }
  if (method === 'factor') keys.factor = control.factor;
  if (method === 'initial_fontes') keys.fontes_rounds = fontes;
  if (method === 'manual') keys.compat = 'liwords';
  if (!['round_robin', 'team_round_robin', 'interleaved_round_robin'].includes(method))
    keys.first = FIRSTS[control.first_method];
  if (control.spread_cap_override !== undefined) keys.spread_cap = control.spread_cap_override;
  return Object.entries(keys).map(([key, value]) => `${key}: ${value}`).join(', ');
}

// Rounds that are paired alike are one range.
function ranges(controls) {
  const fontes = controls.filter((one) => one.pairing_method === 'INITIAL_FONTES').length;
  const list = [];
  for (const [i, control] of controls.entries()) {
    const keys = pairingOf(control, fontes);
    if (list.at(-1)?.keys === keys) list.at(-1).last = i + 1;
    else list.push({ first: i + 1, last: i + 1, keys });
  }
  return list.map(({ first, last, keys }) => `      - {rounds: ${first}-${last}, ${keys}}`).join('\n');
}

// What is not proved is not opened: no more players than its rounds are good for (a director enters more all the same), no
// fewer than its methods pair.
function sizes(controls, players) {
  const fontes = controls.filter((one) => one.pairing_method === 'INITIAL_FONTES').length;
  const least = controls.map((one) => one.pairing_method === 'FACTOR' ? 2 * one.factor
    : one.pairing_method === 'INITIAL_FONTES' ? fontes + 1 : 2);
  const fewest = Math.max(2, ...least);
  const changes = controls.findIndex((one) => one.pairing_method !== 'ROUND_ROBIN');
  const most = changes < 0 ? Math.min(players, controls.length + controls.length % 2) : players;
  return `    players_min: ${fewest}\n    capacity: ${Math.max(fewest, most)}`;
}

// What a round counts to which somebody does not come; an unknown word is the policy's to refuse.
const ABSENCES = { FORFEIT_LOSS: 'loss', FORFEIT_WIN: 'full_bye', BYE: 'full_bye', VOID: 'zero_bye' };

function policyOf({ controls, fields, script }) {
  const lines = [
    fields.spread_cap ? `spread_cap: ${fields.spread_cap}` : '',
    'timeout_spread: 50', // that platform's own
    fields.suspended_spread ? `forfeit_spread: ${Math.abs(fields.suspended_spread)}` : '',
    fields.maximum_bye_placement ? `byes: {rank_min: ${Math.min(fields.maximum_bye_placement + 1, 10000)}}` : '',
    fields.gibsonize || fields.gibson_spread || fields.minimum_placement
      ? `gibsonization: {enabled: ${fields.gibsonize ?? false}, spread_per_round: ${fields.gibson_spread ?? 0}, place_min: ${(fields.minimum_placement ?? 0) + 1}}` : '',
  ];
  return `tournament: scripted
time: {publish_delay: 20h}
entry: {late_until_round: ${Math.max(controls.length, 1)}, missed_rounds: ${ABSENCES[fields.suspended_result ?? 'FORFEIT_LOSS'] ?? fields.suspended_result}}
divisions:
  - name: open
    rounds: ${controls.length}
${sizes(controls, script.players.length)}
    games_per_round: ${controls[0]?.games_per_round ?? 1}
    game: {rules: reported, rated: false}
    seeding: listed
    order: SPREAD,TPN
${lines.filter((line) => line !== '').map((line) => `    ${line}\n`).join('')}    pairing:
${ranges(controls)}
`;
}

// A board that was taken apart stays on record as void: whoever sits elsewhere now is found there.
const standingFirst = (rows) => [...rows.filter((row) => row.status !== 'void'), ...rows.filter((row) => row.status === 'void')];

// Whether the house says no to it.
const isRefused = (promise) => promise.then(() => false, (error) => error.status >= 400 && error.status < 500);

// ---- one division ----------------------------------------------------------------------------------------

class Division {
  constructor(house, script, number) {
    Object.assign(this, { house, script, autoStart: script.division_controls?.auto_start ?? false });
    this.controls = structuredClone(script.round_controls);
    this.fields = { ...(script.division_controls ?? {}) };
    this.gone = new Set();
    this.prefix = `s${number}-`;
  }

  player(id) { return this.prefix + id; }

  path(rest) { return `/v1/tournaments/${this.id}/${rest}`; }

  async open() {
    this.policy = policyOf(this);
    const { tournament_id: id } = await this.house.call('POST', '/v1/tournaments',
      { name: this.script.name, policy: this.policy }, this.house.director());
    this.id = id;
    const sorted = [...this.script.players].sort((a, b) => b.rating - a.rating);
    if (sorted.length === 0) return;
    await this.house.call('POST', this.path('entrants'), { division: 1, entrants: sorted.map((player, i) =>
      ({ player: this.player(player.id), name: player.id, seed: i + 1, rating: player.rating + 0.5 })) }, this.house.director());
  }

  // Entered players can leave without a trace until the first step that needs a pairing.
  async start() {
    if (this.hasStarted || this.script.players.length === 0) return;
    this.hasStarted = true;
    await this.act({ action: 'start' });
    if (this.here().length < Number(/players_min: (\d+)/.exec(this.policy)[1]))
      await this.act({ action: 'start' }); // the director has seen that they are few
  }

  // Says the event's policy anew, where the script has changed its controls.
  async follow() {
    const policy = policyOf(this);
    if (policy === this.policy) return;
    await this.act({ action: 'change_policy', division: undefined, data: { policy } });
    this.policy = policy;
  }

  here() { return this.script.players.filter(({ id }) => !this.gone.has(id)); }

  // What was confirmed may be another thing by now (the next round has been paired in between), or a
  // pairing is just being made: as a console does, look again.
  act(body) {
    return until(`an end of pairing before ${body.action}`, async () => {
      const answer = await this.house.act(this.id, { division: 1, ...body }).catch((error) => error);
      if (!(answer instanceof Error)) return answer;
      if (answer.status !== 409 || !answer.problem?.preview && answer.problem?.active !== 'pairing.making') throw answer;
      return undefined;
    }, 20000);
  }

  async rows(round) {
    const { pairings } = await this.house.call('GET', this.path(`rounds/${round}`), undefined, this.house.director());
    return pairings;
  }

  async current() { return (await this.house.get(this.path('rounds/1'))).current_round; }

  async standings(index) {
    await this.paired(index + 1);
    return (await this.house.get(this.path(`standings?round=${index + 1}`))).standings;
  }

  // In which rounds two players met, by "one::other".
  async meetings(index) {
    const met = {};
    for (let round = 1; round <= index + 1; round++)
      for (const row of (await this.paired(round)).filter((one) => one.kind === 'game' && one.status !== 'void')) {
        const pair = [row.first, row.second].map((id) => id.slice(this.prefix.length)).sort().join('::');
        (met[pair] ??= []).push(round - 1);
      }
    return met;
  }

  // The pairing of a round, made by the policy or awaited from the director.
  async paired(round) {
    return until(`the pairing of round ${round} of ${this.script.name}`, async () => {
      const rows = await this.rows(round);
      return rows.length > 0 && rows;
    }, 20000);
  }

  // Announces a round that has been paired; its boards then wait for results.
  async begin(round) {
    await this.paired(round);
    await until(`round ${round} of ${this.script.name} to be announced`, async () => {
      if (await this.current() >= round) return true;
      await this.act({ action: 'publish_pairings' }).catch((error) => { if (error.status !== 409) throw error; });
      return false;
    }, 20000);
    await this.withGames(round);
  }

  // Whether the policy has a pairing for the round now, or will have none by itself.
  async awaitsPairing(round) {
    if (this.controls[round - 1]?.pairing_method === 'MANUAL') return false;
    const before = round > 1 ? await this.rows(round - 1) : [];
    if (before.every((row) => ['final', 'void'].includes(row.status))) await this.paired(round);
    return true;
  }

  // Everybody who plays has a seat: a pairing has been made, or made again.
  everybodySits(round) {
    return until(`seats in round ${round} of ${this.script.name}`, async () => {
      const seats = (await this.rows(round)).filter((row) => row.status !== 'void').flatMap((row) => [row.first, row.second]);
      return this.here().every(({ id }) => seats.includes(this.player(id)));
    }, 20000);
  }

  // No legal pairing exists: the director is told why, and nobody is paired until he has changed something.
  async mustNotPair(round) {
    await until(`a reason why round ${round} has no pairing`, async () => {
      const { pairs, conflicts } = await this.house.call('GET', this.path(`divisions/1/rounds/${round}/explain`), undefined,
        this.house.director()).catch(() => ({ pairs: [], conflicts: [] }));
      return pairs.length === 0 && conflicts.length > 0;
    }, 20000);
    assert.deepEqual((await this.rows(round)).filter((row) => row.status !== 'void'), []);
  }

  // The director seats a whole round.
  async seat(round, pairs) {
    await this.paired(round);
    await this.act({ action: 're_pair', round, data: { pairs: pairs.map(([one, other]) =>
      ({ first: this.player(one), second: other && other !== one ? this.player(other) : '' })) } })
      .catch((error) => { if (!/is as it is/.test(error.message)) throw error; });
  }

  withGames(round) {
    return until(`the games of round ${round} of ${this.script.name}`, async () =>
      (await this.rows(round)).every((row) => row.kind !== 'game' || row.game_id || ['final', 'void'].includes(row.status)), 20000);
  }

  async boardOf(round, one, other) {
    const [a, b] = [this.player(one), this.player(other)];
    return standingFirst(await this.rows(round)).find((row) => row.kind !== 'bye' &&
      (row.first === a && row.second === b || row.first === b && row.second === a));
  }
}

// Who has left the event sits nowhere, and needs no rest; what the round counts is said when he returns.
async function rest(division, round, id, kind = 'bye') {
  if (division.gone.has(id)) return;
  const player = division.player(id);
  const row = standingFirst(await division.rows(round)).find((one) => one.first === player || one.second === player);
  if (row?.status === 'final' && row.kind === 'bye' && row.outcome === (kind === 'loss' ? 'second' : 'bye')) return;
  await division.act({ action: 'give_bye', round, data: { player, kind } });
}

// A round that is paired already: the two leave the seats they have, and their opponents are left without.
async function changePair(division, round, { p1, p2 }, kind) {
  if (p1 === p2) await rest(division, round, p1, kind);
  else if ((await division.boardOf(round, p1, p2))?.first !== division.player(p1))
    await division.act({ action: 'prepair', round, data: { first: division.player(p1), second: division.player(p2) } });
}

// Neither player of a board plays: each rests, with a bye.
async function restBoth(division, step, round) {
  for (const id of [step.p1, step.p2])
    await division.act({ action: 'give_bye', round, data: { player: division.player(id), kind: 'bye' } });
}

// A rest counts otherwise than it was given.
async function amendRest(division, step, round) {
  const kind = RESTS[step.p1_result];
  if (!kind) throw new Skip(`a rest that counts as ${step.p1_result}`);
  const id = division.player(step.p1);
  const row = standingFirst(await division.rows(round)).find((one) => one.first === id);
  if (kind !== 'loss' || round > await division.current()) return rest(division, round, step.p1, kind);
  await division.act({ action: 'amend_result', data: { round, board: row.board, outcome: 'second', first_score: 0,
    second_score: Math.abs(division.fields.suspended_spread ?? 50) } });
}

// ---- steps -------------------------------------------------------------------------------------------------

const RESTS = { NO_RESULT: 'bye', BYE: 'bye', FORFEIT_LOSS: 'loss' };

// What a case expects of each player, in the order of the standings.
const sorted = (expected, rows) => Object.fromEntries(rows.map((row) => [row.name, expected[row.name]]));


async function submit(division, step) {
  const round = step.round + 1;
  if (division.autoStart && round > 1 && step.expect === 'ok') await division.begin(round);
  const row = round <= await division.current() ? await division.boardOf(round, step.p1, step.p2) : undefined;
  const turned = row && row.first !== division.player(step.p1);
  const [first_score, second_score] = turned ? [step.p2_score, step.p1_score] : [step.p1_score, step.p2_score];
  const results = turned ? [step.p2_result, step.p1_result] : [step.p1_result, step.p2_result];
  const outcome = { 'WIN LOSS': 'first', 'LOSS WIN': 'second', 'DRAW DRAW': 'draw', 'FORFEIT_LOSS FORFEIT_LOSS': 'double_forfeit' }[results.join(' ')];
  const board = row?.board ?? 9999; // nobody sits there: as good as two who are no opponents
  const isKnown = row && ['final', 'void'].includes(row.status);
  const action = results.join(' ') === 'VOID VOID' ? { action: 'void_board', round, board }
    : step.amend && isKnown ? { action: 'amend_result', data: { round, board, outcome, first_score, second_score } }
      : { action: 'set_result', round, board,
          data: { outcome: outcome ?? results.join('_'), first_score, second_score, ...(step.reason === 'TIME' && { reason: 'timeout' }) } };
  if (step.expect?.error === 'PROHIBITIVE_WEIGHT') { // the result stands here; only the next round is not paired
    await division.act(action);
    return division.mustNotPair(round + 1);
  }
  if (step.expect !== 'ok') {
    assert.ok(await isRefused(division.act(action)), `${JSON.stringify(step)} was taken`);
    return;
  }
  if (step.p1 === step.p2) return amendRest(division, step, round);
  if (results.join(' ') === 'BYE BYE') return restBoth(division, step, round);
  if (!outcome && action.action !== 'void_board') throw new Skip(`result ${results.join('/')}`);
  await division.act(action);
  await until('the result', async () => ['final', 'void'].includes((await division.rows(round)).find((one) => one.board === board).status), 20000);
}

const steps = {
  start_round: async (division, step) => {
    const round = await division.current() + 1;
    if (step.expect !== 'ok') throw new Skip('a round that must not begin');
    await division.begin(round);
  },
  submit_result: submit,
  expect_pairings_valid: async (division, step) => {
    for (let round = await division.current() + 1; round <= step.round; round++) await playAnyhow(division, round);
    const rows = (await division.paired(step.round + 1)).filter((row) => row.status !== 'void');
    const seats = rows.flatMap((row) => [row.first, row.second]).filter((id) => id !== '');
    assert.deepEqual(seats.sort(), division.here().map((one) => division.player(one.id)).sort());
  },
  expect_standings: async (division, step) => {
    const rows = await division.standings(step.round); // who has left stays in ours
    assert.deepEqual(rows.filter((row) => !division.gone.has(row.name))
      .map((row) => [row.name, row.wins, row.losses, row.draws, row.spread]), step.standings);
  },
  expect_round_complete: async (division, step) => {
    const rows = await division.rows(step.round + 1);
    assert.equal(rows.length > 0 && rows.every((row) => ['final', 'void'].includes(row.status)), step.value);
  },
  expect_finished: async (division, step) => {
    const status = async () => (await division.house.get(`/v1/tournaments/${division.id}`)).status === 'finished';
    if (step.value) await until('the end', status, 20000);
    else assert.equal(await status(), false);
  },
  set_pairing: async (division, step) => {
    const round = step.round + 1;
    if (step.expect !== 'ok') throw new Skip('a pairing that must be refused');
    const kind = RESTS[step.self_play_result ?? 'NO_RESULT'];
    if (step.p1 === step.p2 && !kind) throw new Skip(`a rest that counts as ${step.self_play_result}`);
    if (round <= await division.current()) throw new Skip('a pairing of a round that has begun');
    if (await division.awaitsPairing(round) || (await division.rows(round)).length > 0) return changePair(division, round, step, kind);
    division.given ??= new Map();
    const given = division.given.get(round) ?? [];
    const free = given.filter((pair) => !pair.includes(step.p1) && !pair.includes(step.p2));
    division.given.set(round, [...free, [step.p1, step.p2, kind]]);
    if (new Set(division.given.get(round).flatMap((pair) => pair.slice(0, 2))).size !== division.here().length) return;
    await until('the turn of the director', async () => {
      if (round <= await division.current()) throw new Skip('a pairing of a round that has begun');
      const data = { pairings: division.given.get(round).map(([one, other, kind], i) => one === other
        ? { board: i + 1, first: division.player(one), second: '', kind }
        : { board: i + 1, first: division.player(one), second: division.player(other), kind: 'game' }) };
      return division.act({ action: 'pair_by_hand', data }).then(() => true, (error) => {
        if (![404, 409].includes(error.status)) throw error;
        return pause(50).then(() => false);
      });
    }, 20000);
    await until('the pairing by hand', async () => (await division.rows(round)).length > 0, 20000);
  },
  play_round: async (division, step) => {
    const round = step.round + 1;
    await division.seat(round, step.pairs);
    await division.begin(round);
    for (const row of (await division.rows(round)).filter((one) => one.kind === 'game' && one.status !== 'void')) {
      const isTurned = !step.pairs.some(([winner]) => row.first === division.player(winner));
      const [first_score, second_score] = isTurned ? [...step.score].reverse() : step.score;
      await division.act({ action: 'set_result', round, board: row.board,
        data: { outcome: isTurned ? 'second' : 'first', first_score, second_score } });
    }
    await until('the results', async () => (await division.rows(round)).every((row) => ['final', 'void'].includes(row.status)), 20000);
  },
  // The policy pairs a round anew. Rests that the director has given stay where the step says so.
  pair_round: async (division, step) => {
    const round = step.round + 1;
    if (round <= await division.current()) {
      assert.notEqual(step.expect, 'ok');
      assert.ok(await isRefused(division.act({ action: 're_pair', round })), `round ${round} was paired again`);
      return;
    }
    await division.follow();
    const rows = (await division.rows(round)).filter((row) => row.status !== 'void');
    if (rows.length > 0 && !step.preserve_byes) await division.act({ action: 'unpair', round });
    for (const row of step.preserve_byes ? rows.filter((one) => one.kind === 'game') : [])
      await division.act({ action: 'unpair_board', round, board: row.board });
    if (round === await division.current() + 1) await division.act({ action: 'pair' });
    else await division.act({ action: 're_pair', round });
    await (step.expect === 'ok' ? division.everybodySits(round) : division.mustNotPair(round));
  },
  delete_pairings: async (division, step) => {
    await division.paired(step.round + 1);
    await division.act({ action: 'unpair', round: step.round + 1 });
  },
  expect_pairings: async (division, step) => {
    const round = step.round + 1;
    await division.paired(round);
    await until(`round ${round} as the case has it`, async () => {
      const rows = (await division.rows(round)).filter((row) => row.status !== 'void');
      const pairs = rows.map((row) => [row.first, row.second].filter((id) => id !== '')
        .map((id) => id.slice(division.prefix.length)).sort());
      for (const id of division.gone) pairs.push([id]); // who has left sits nowhere
      division.found = pairs.map((pair) => pair.join('-')).sort();
      return division.found.join() === step.pairs.map((pair) => [...pair].sort().join('-')).sort().join();
    }, 3000).catch(() => assert.deepEqual(division.found, step.pairs.map((pair) => [...pair].sort().join('-')).sort()));
  },
  expect_pairing: async (division, step) => {
    const id = division.player(step.player);
    const row = standingFirst(await division.rows(step.round + 1)).find((one) => one.first === id || one.second === id);
    if (step.outcomes.join(' ') === 'BYE BYE') { // one row each here, and a bye has no score
      assert.deepEqual([row.kind, row.outcome, row.first], ['bye', 'bye', id]);
      return;
    }
    const outcome = { 'WIN LOSS': 'first', 'LOSS WIN': 'second', 'DRAW DRAW': 'draw', 'NO_RESULT NO_RESULT': '',
      'FORFEIT_LOSS FORFEIT_LOSS': 'double_forfeit' }[step.outcomes.join(' ')];
    if (outcome === undefined) throw new Skip(`result ${step.outcomes.join('/')}`);
    if (step.players) assert.deepEqual([row.first, row.second], step.players.map((one) => division.player(one)));
    assert.deepEqual([row.outcome, row.first_score, row.second_score], [outcome, ...step.games[0].scores]);
  },
  // A late player comes in by himself; what the missed rounds count is the policy's. So does who comes back.
  add_players: async (division, step) => {
    for (const { id } of step.players) {
      const player = division.player(id);
      await division.house.call('POST', '/v1/players', { player_id: player, name: id }, division.house.director());
      const entered = division.gone.has(id) ? division.act({ action: 'return_player', data: { player } })
        : division.house.call('POST', division.path('registration'), { division: 1 }, division.house.token(player));
      if (step.expect === 'ok') await entered;
      else assert.ok(await isRefused(entered), `${id} was let in`);
      if (step.expect === 'ok' && !division.gone.delete(id)) division.script.players.push({ id });
    }
  },
  remove_players: async (division, step) => {
    if (step.expect !== 'ok') {
      const unknown = step.players.find((id) => !division.here().some((one) => one.id === id));
      if (!unknown) throw new Skip('that the last players stay is not a rule here: an event of nobody is called off');
      assert.ok(await isRefused(division.act({ action: 'remove_player', data: { player: division.player(unknown) } })));
      return;
    }
    for (const id of step.players) {
      await division.act({ action: 'remove_player', data: { player: division.player(id) } });
      division.gone.add(id);
    }
    for (const id of division.hasStarted ? [] : step.players) {
      division.script.players = division.script.players.filter((one) => one.id !== id);
      division.gone.delete(id);
    }
  },
  expect_players: async (division, step) => {
    const { entrants } = await division.house.get(division.path('entrants'));
    assert.deepEqual(entrants.filter((one) => one.status !== 'withdrawn').map((one) => one.name).sort(), [...step.players].sort());
  },
  expect_unpaired: async (division, step) => {
    if (division.script.players.length === 1) await pause(200); // nothing may come of it
    const rows = (await division.rows(step.round + 1)).filter((row) => row.status !== 'void');
    const seats = rows.flatMap((row) => [row.first, row.second]);
    for (const id of step.unpaired) assert.ok(!seats.includes(division.player(id)), `${id} sits somewhere`);
    for (const id of step.paired) assert.ok(seats.includes(division.player(id)), `${id} sits nowhere`);
  },
  expect_firsts_seconds: async (division, step) => {
    const counts = await division.standings(step.through_round);
    assert.deepEqual(Object.fromEntries(counts.map((row) => [row.name, [row.firsts, row.seconds]])), sorted(step.counts, counts));
  },
  expect_bye_counts: async (division, step) => {
    const counts = await division.standings(step.through_round);
    assert.deepEqual(Object.fromEntries(counts.map((row) => [row.name, row.rests])), sorted(step.byes, counts));
  },
  expect_gibsonized: async (division, step) => {
    const rows = await division.standings(step.round);
    assert.deepEqual(rows.filter((row) => row.gibsonized).map((row) => row.name).sort(), [...step.players].sort());
  },
  get_standings: async (division) => { await division.house.get(division.path('standings')); },
  expect_each_pair_meets: async (division, step) => {
    const counts = new Map();
    for (let round = 1; round <= division.script.round_controls.length; round++)
      for (const row of await division.paired(round))
        if (row.second) {
          const pair = [row.first, row.second].sort().join(' ');
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
        }
    assert.ok([...counts.values()].every((count) => count === step.times), JSON.stringify([...counts]));
    const n = division.script.players.length;
    assert.equal(counts.size, n * (n - 1) / 2);
  },
  expect_no_repeat_opponents: async (division, step) => {
    const met = new Set();
    const last = division.script.steps.filter((one) => one.op === 'expect_pairings_valid').length;
    for (let round = 1; round <= (step.rounds ?? last); round++)
      for (const row of await division.paired(round)) {
        const pair = [row.first, row.second].sort().join(' ');
        assert.ok(!row.second || !met.has(pair), `${pair} meet again`);
        met.add(pair);
      }
  },
  expect_opponents_have_same_record: async (division, step) => {
    const { standings } = await division.house.get(division.path(`standings?round=${step.standings_round + 1}`));
    const points = new Map(standings.map((row) => [row.player_id, row.points_x2]));
    for (const row of await division.paired(step.pairing_round + 1))
      if (row.second) assert.equal(points.get(row.first), points.get(row.second));
  },
  expect_repeats: async (division, step) => {
    const rounds = await division.meetings(step.through_round);
    for (const [pair, times] of Object.entries(step.repeats)) assert.equal((rounds[pair] ?? []).length, times, pair);
  },
  expect_repeat_rounds: async (division, step) => {
    const rounds = await division.meetings(step.through_round);
    for (const [pair, list] of Object.entries(step.rounds)) assert.deepEqual(rounds[pair] ?? [], list, pair);
  },
  // Controls are the policy's; a changed policy holds from the next round that is paired.
  set_division_control_fields: async (division, { op, ...fields }) => {
    Object.assign(division.fields, fields);
    await division.follow();
  },
  set_division_controls: async (division, step) => {
    const before = division.fields;
    division.fields = { ...step.controls };
    if (step.expect === 'ok') return division.follow();
    assert.ok(await isRefused(division.follow()), `${JSON.stringify(step.controls)} was taken`);
    division.fields = before;
  },
  edit_round_control: async (division, { op, round, ...control }) => {
    Object.assign(division.controls[round], control);
    await division.follow();
  },
  // Standings are computed when they are asked for; a pairing nobody has seen follows the policy as it is.
  recompute_standings: async (division, step) => {
    const next = step.round + 2;
    if (next <= division.controls.length && await division.current() < next) await steps.pair_round(division, { round: next - 1, expect: 'ok' });
  },
  note: async () => {},
};

// Rounds whose pairing needs no result are reached by playing those before them.
async function playAnyhow(division, round) {
  await division.begin(round);
  for (const row of (await division.rows(round)).filter((one) => one.kind === 'game'))
    await division.act({ action: 'set_result', round, board: row.board, data: { outcome: 'first', first_score: 500, second_score: 400 } });
}

// Rounds that do not reach a bracket's final are refused by `arbiter check`; any number of players may play.
function checkBracket(division) {
  const path = join(mkdtempSync(join(tmpdir(), 'arbiter-bracket-')), 'bracket.yaml');
  const players = Math.max(division.script.players.length, 2);
  writeFileSync(path, policyOf(division).replace(/players_min: .*\n.*capacity: .*/, `players_min: ${players}\n    capacity: ${players}`));
  const { status, stdout, stderr } = spawnSync(arbiter, ['check', path], { encoding: 'utf8' });
  rmSync(dirname(path), { recursive: true });
  if (status === 0) throw new Skip('a bracket of any number of players is allowed here: byes fill it');
  assert.match(stdout + stderr, /needs \d+ rounds/);
  return 1;
}

const BEFORE_THE_START = new Set(['add_players', 'remove_players', 'expect_players', 'note']);

async function play(house, script, number) {
  const unknown = [...new Set(script.steps.map((step) => step.op))].filter((op) => !steps[op]);
  if (unknown.length > 0) throw new Skip(`no step ${unknown.join(', ')} in the API`);
  const division = new Division(house, script, number);
  if (script.expect_setup_error !== null) {
    if (/ELIMINATION/.test(script.expect_setup_error)) return checkBracket(division);
    assert.ok(await isRefused(division.open().then(() => division.start())), `${script.expect_setup_error} was expected`);
    return 1;
  }
  if (script.property) throw new Skip('its property, told in words, is what conformance-woogles plays');
  await division.open();
  if (script.steps.length === 0) await division.start();
  let count = 0;
  for (const step of script.steps) {
    try {
      if (!BEFORE_THE_START.has(step.op)) await division.start();
      await steps[step.op](division, step);
      count++;
    } catch (error) {
      tally.steps += count;
      error.message = `after ${count} steps, ${JSON.stringify(step).slice(0, 160)}: ${error.message}`;
      throw error;
    }
  }
  return count;
}

const { scripts } = JSON.parse(readFileSync(file, 'utf8'));
const house = up();
const tally = { passed: 0, failed: 0, skipped: 0, steps: 0 };
const told = scripts.map(() => '');
const left = [...scripts.entries()];

// A few at once: one waits while another is computed.
async function playNext() {
  for (let next; (next = left.shift());) {
    const [number, script] = next;
    try {
      const count = await play(house, script, number);
      tally.passed++;
      tally.steps += count;
      told[number] = `ok   ${script.name} (${count} steps)`;
    } catch (error) {
      tally[error instanceof Skip ? 'skipped' : 'failed']++;
      told[number] = `${error instanceof Skip ? 'skip' : 'FAIL'} ${script.name}: ${error.message}`;
    }
  }
}

try {
  await Promise.all([1, 2, 3, 4].map(playNext));
  console.log(told.join('\n'));
  if (tally.failed > 0) printLogs(house.folder);
} finally {
  down(house);
}
console.log(`${tally.steps} steps`);
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed === 0 ? 0 : 1);
