// The ready-made formats that are more than rounds of single games, on real parts from their first player to
// their end: best of five, an arena, a
// league of two seasons.
//   node tests/system/formats.mjs ARBITER
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, root, runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';

const ready = (name) => readFileSync(join(root, 'policies/formats', `${name}.yaml`), 'utf8');
const players = (count) => Array.from({ length: count }, (_, i) => `p${String(i + 1).padStart(2, '0')}`);

// An event of one division whose players report what `score` says of a game: [of the first, of the second].
class Event {
  constructor(house, score) {
    Object.assign(this, { house, score, reported: new Set() });
  }

  path(rest) { return `/v1/tournaments/${this.id}/${rest}`; }

  async open(name, policy, ids) {
    const opened = await this.house.call('POST', '/v1/tournaments', { name, policy }, this.house.director());
    this.id = opened.tournament_id;
    await this.house.call('POST', this.path('entrants'), { division: 1, entrants: ids.map((player, i) =>
      ({ player, name: player, seed: i + 1, rating: 2000.5 - i })) }, this.house.director());
    await this.house.act(this.id, { action: 'start' });
  }

  round(number) { return this.house.get(this.path(`rounds/${number}`)); }

  standings() { return this.house.get(this.path('standings')); }

  async status() { return (await this.house.get(`/v1/tournaments/${this.id}`)).status; }

  // Both players of every game under way report it, once.
  async report(rows) {
    for (const row of rows.filter((one) => one.status === 'playing' && !this.reported.has(one.game_id))) {
      this.reported.add(row.game_id);
      const game = await this.house.get(`/v1/games/${row.game_id}`);
      const [first_score, second_score] = this.score(game, row);
      for (const player of [game.first, game.second])
        await this.house.call('POST', `/v1/games/${row.game_id}/result`, { first_score, second_score }, this.house.token(player))
          .catch((error) => { if (error.status !== 409) throw error; });
    }
  }

  async playToTheEnd() {
    await until(`the end of ${this.id}`, async () => {
      const { current_round: round } = await this.round(1);
      if (round > 0) await this.report((await this.round(round)).pairings);
      return await this.status() === 'finished';
    });
  }
}

const number = (id) => Number(id.slice(1));
const better = (game) => number(game.first) < number(game.second) ? [2, 1] : [1, 2];

// ---- best of n ---------------------------------------------------------------------------------------------

async function bestOfFive(house) {
  // The better player wins, but for the second game of every match.
  const event = new Event(house, (game, row) => row.games.length === 2 ? better(game).reverse() : better(game));
  await event.open('Five', ready('best-of-five'), players(8));
  await event.playToTheEnd();
  const [first, second, third] = await Promise.all([1, 2, 3].map(async (n) => (await event.round(n)).pairings));
  assert.deepEqual([first, second, third].map((rows) => rows.length), [4, 2, 2]); // the final, and the third place
  for (const row of [...first, ...second, ...third]) {
    assert.equal(row.games.length, 4, 'three wins and a defeat decide a best of five');
    assert.deepEqual(row.games.map((game) => game.number), [1, 2, 3, 4]);
    assert.deepEqual(row.games.map((game) => game.starts), [row.first, row.second, row.first, row.second]);
    assert.equal(new Set(row.games.map((game) => game.game_id)).size, 4);
    assert.equal(row.first_score + row.second_score, 12);
    const record = await house.get(`/v1/games/${row.games[3].game_id}`);
    assert.equal(record.first, row.second, 'who sits second moves first in the fourth game');
  }
  const { standings } = await event.standings();
  assert.deepEqual(standings.slice(0, 3).map((row) => [row.player_id, row.wins]), [['p01', 3], ['p02', 2], ['p03', 2]]);
  return event;
}

// A match of two rounds: what the keys change, and what a director's word about one game does.
const duel = (more) => `tournament: duel
divisions:
  - name: open
    rounds: 1
    games_per_round: 3
    capacity: 2
    game: {rules: reported}
    pairing: {1: round_robin}
${more}`;

async function keysOfAMatch(house) {
  const played = async (more) => {
    const event = new Event(house, better);
    await event.open('Duel', duel(more), players(2));
    await event.playToTheEnd();
    const [row] = (await event.round(1)).pairings;
    return { event, row, points: (await event.standings()).standings.map((one) => one.points_x2) };
  };
  const decided = await played('');
  assert.equal(decided.row.games.length, 2);
  assert.deepEqual(decided.points, [2, 0]);
  const whole = await played('    match_ends: all_games\n    match_counts: games\n');
  assert.equal(whole.row.games.length, 3);
  const { text: list } = await house.get(`/v1/tournaments/${whole.event.id}/export?format=results&report=true`);
  for (const game of whole.row.games)
    assert.ok(list.includes(`,match_game,final,${game.outcome},${game.first_score},${game.second_score},${game.number},`), list);
  assert.deepEqual(whole.points, [6, 0]);
}

async function oneGameIsAmended(house) {
  const event = new Event(house, better);
  await event.open('Amended', duel('    match_ends: all_games\n'), players(2));
  await event.playToTheEnd();
  const amend = (game, outcome, first_score, second_score) => house.act(event.id,
    { action: 'amend_result', division: 1, data: { round: 1, board: 1, game, outcome, first_score, second_score } });
  const shown = async () => (await event.round(1)).pairings[0];
  const before = await shown();
  const loser = before.outcome === 'first' ? 'second' : 'first';
  await amend(1, loser, loser === 'first' ? 5 : 0, loser === 'first' ? 0 : 5);
  assert.equal((await shown()).outcome, before.outcome, 'two of three are still won');
  await amend(2, loser, loser === 'first' ? 5 : 0, loser === 'first' ? 0 : 5);
  const turned = await shown();
  assert.equal(turned.outcome, loser);
  assert.equal(turned[`${loser}_score`], 11);
  await amend(1, '', 0, 0); // void: one game each is left
  const level = await shown();
  assert.equal(level.outcome, 'draw');
  assert.equal(level.games[0].status, 'void');
  const { standings } = await event.standings();
  assert.deepEqual(standings.map((row) => row.points_x2), [1, 1]);
  const wrong = await amend(7, 'first', 1, 0).catch((error) => error);
  assert.match(wrong.message, /no game 7/);
}

// ---- arena -------------------------------------------------------------------------------------------------

const arena = (duration, wave, more = '') => `tournament: small-arena
entry: {late_until_round: 200}
divisions:
  - name: open
    rounds: 200
    game: {rules: reported, initial_time: 3m, rated: true, rating_policy: lichess, rating_pool: arena}
    pairing: {1-200: arena}
    arena: {duration: ${duration}, wave: ${wave}}
    order: WINS,TPN
${more}`;

// Reports everything under way in any wave.
async function reportAll(event, keep = () => true) {
  const { current_round: last } = await event.round(1);
  for (let round = 1; round <= last; round++)
    await event.report((await event.round(round)).pairings.filter(keep));
  return last;
}

async function arenaWithComingAndGoing(house) {
  const event = new Event(house, better);
  const ids = players(6);
  await event.open('Arena', arena('4s', '1s'), ids);
  const as = (player, method, rest, body) => house.call(method, event.path(rest), body, house.token(player));
  const rows = async () => {
    const { current_round: last } = await event.round(1);
    return (await Promise.all(Array.from({ length: last }, (_, i) => event.round(i + 1)))).flatMap((one) => one.pairings);
  };
  await until('the first wave', async () => (await rows()).length === 3);
  // One board plays on over the waves; everybody else is paired again without waiting for it.
  const slow = (await rows()).find((row) => row.first === 'p01' || row.second === 'p01');
  const quick = (row) => row.round !== slow.round || row.board !== slow.board;
  await until('a wave that somebody who came late is in', async () => {
    await reportAll(event, quick);
    if (!event.came) {
      event.came = true;
      await as('p07', 'POST', 'registration', { division: 1 });
      await as('p06', 'DELETE', 'registration?division=1'); // a pause ...
      await as('p06', 'POST', 'return', { division: 1 }); // ... and its end
    }
    return (await rows()).some((row) => row.first === 'p07' || row.second === 'p07');
  });
  assert.equal(await event.status(), 'running');
  const between = await rows();
  assert.ok(between.filter((row) => [row.first, row.second].includes(slow.first)).length === 1, 'who plays is not paired');
  assert.ok(new Set(between.map((row) => row.round)).size >= 2);
  await until('the last wave, and the end of its games', async () => {
    await reportAll(event, quick);
    if ((await rows()).filter((row) => row.status !== 'final').length !== 1) event.calmSince = Date.now();
    return Date.now() - (event.calmSince ??= Date.now()) > 2500; // longer than from one wave to the next
  });
  assert.equal(await event.status(), 'running', 'the game under way ends the arena');
  await event.report((await rows()).filter((row) => !quick(row)));
  await until('the last result', async () => await event.status() === 'finished');
  const all = await rows();
  const { standings } = await event.standings();
  const won = (id) => all.filter((row) => row[row.outcome] === id).length;
  for (const row of standings) assert.equal(row.points_x2, 2 * won(row.player_id), row.player_id);
  const lastOpponent = new Map();
  for (const row of all.sort((a, b) => a.round - b.round)) {
    assert.ok(lastOpponent.get(row.first) !== row.second || lastOpponent.get(row.second) !== row.first,
      `${row.first} and ${row.second} have just met`);
    lastOpponent.set(row.first, row.second).set(row.second, row.first);
  }
  assert.ok(all.every((row) => row.kind === 'game'), 'a wave somebody is not in is no bye');
}

// ---- a league ----------------------------------------------------------------------------------------------

// Divisions of four, of which the best two and the last two change places; a season lasts so long.
const league = (season, more = '') => `tournament: small-league
entry: {capacity: 100}
league:
  season: ${season}
  registration_opens: 1s
  players_min: 6
  division_size: 4
  division_size_min: 3
  promoted: third
${more}divisions:
  - name: league
    rounds: 6
    capacity: 100
    game: {rules: reported, initial_time: 8h, increment: 8h, rated: true, rating_policy: glicko2, rating_pool: league}
    pairing: {1-6: round_robin}
    order: SPREAD,TPN
`;

// A season whose id ends with its number, as those of a series do.
async function openSeason(house, id, policy, ids) {
  const { tournament_id } = await house.call('POST', '/v1/tournaments', { tournament_id: id, name: id, policy }, house.director());
  assert.equal(tournament_id, id);
  for (const player of ids) {
    await house.call('POST', '/v1/players', { player_id: player, name: player }, house.token(player))
      .catch((error) => { if (error.status !== 409) throw error; });
    await house.call('POST', `/v1/tournaments/${id}/registration`, { division: 1 }, house.token(player));
  }
  return id;
}

const divisionRows = async (house, id, division) => {
  const { divisions } = await house.get(`/v1/tournaments/${id}`);
  const rounds = divisions[division - 1].rounds;
  const all = await Promise.all(Array.from({ length: rounds }, (_, i) =>
    house.get(`/v1/tournaments/${id}/rounds/${i + 1}?division=${division}`)));
  return all.flatMap((one) => one.pairings);
};

async function playSeason(house, id, keep = () => true) {
  const event = Object.assign(new Event(house, better), { id });
  const { divisions } = await house.get(`/v1/tournaments/${id}`);
  for (let division = 1; division <= divisions.length; division++)
    await event.report((await divisionRows(house, id, division)).filter(keep));
}

const membersOf = async (house, id, division) => (await house.get(`/v1/tournaments/${id}/standings?division=${division}`))
  .standings.map((row) => row.player_id).sort();

async function leagueOfTwoSeasons(house) {
  const ids = players(8);
  await openSeason(house, 'liga-1', league('1h'), ids);
  await house.act('liga-1', { action: 'start' });
  await until('the divisions of the first season', async () => {
    const { divisions } = await house.get('/v1/tournaments/liga-1');
    return divisions.length === 2 && divisions.every((one) => one.round === 3 && one.rounds === 3);
  });
  const { divisions } = await house.get('/v1/tournaments/liga-1');
  assert.deepEqual(divisions.map((one) => one.name), ['league', 'league 2']);
  assert.deepEqual(divisions.map((one) => one.rounds), [3, 3]);
  const first = await membersOf(house, 'liga-1', 1);
  const second = await membersOf(house, 'liga-1', 2);
  assert.deepEqual([...first, ...second].sort(), ids);
  assert.equal(first.length, 4);
  await until('all games of the season at once', async () =>
    (await divisionRows(house, 'liga-1', 1)).filter((row) => row.status === 'playing').length === 6);
  // The next season has been announced; it cannot begin before this one is over.
  await openSeason(house, 'liga-2', league('1h'), [...ids, 'p09']);
  await house.act('liga-2', { action: 'start' });
  await pause(500);
  assert.equal((await house.get('/v1/tournaments/liga-2')).divisions.length, 1);
  await until('the last result of the first season', async () => {
    await playSeason(house, 'liga-1');
    return (await house.get('/v1/tournaments/liga-1')).status === 'finished';
  });
  await until('the second season', async () => {
    const after = await house.get('/v1/tournaments/liga-2');
    return after.divisions.length === 2 && after.divisions.every((one) => one.round > 0);
  });
  const ends = async (division) => (await house.get(`/v1/tournaments/liga-1/standings?division=${division}`))
    .standings.map((row) => row.player_id);
  const up = (await ends(2)).slice(0, 2); // a third of four, rounded up
  const down = (await ends(1)).slice(2);
  const top = await membersOf(house, 'liga-2', 1);
  const bottom = await membersOf(house, 'liga-2', 2);
  assert.ok(bottom.includes('p09'), 'a newcomer begins at the bottom');
  assert.deepEqual(top, [...first.filter((id) => !down.includes(id)), ...up].sort());
}

async function unfinishedGames(house) {
  for (const [word, check] of [['adjudicated', (row) => row.outcome === 'draw'], ['loss', (row) => row.outcome !== '']]) {
    const id = `liga-${word}-1`;
    await openSeason(house, id, league('3s', `  unfinished: ${word}\n`).replace('promoted', 'games_max: 2\n  promoted'), players(6));
    await house.act(id, { action: 'start' });
    await until(`the end of a season whose open games are ${word}`, async () =>
      (await house.get(`/v1/tournaments/${id}`)).status === 'finished');
    const rows = await divisionRows(house, id, 1);
    assert.ok(rows.every((row) => row.status === 'final' && check(row)), JSON.stringify(rows));
    const games = new Map();
    for (const row of rows) for (const player of [row.first, row.second]) games.set(player, (games.get(player) ?? 0) + 1);
    assert.ok([...games.values()].every((count) => count <= 2), 'no more than two games each');
  }
  const id = 'liga-director-1';
  await openSeason(house, id, league('2s', '  unfinished: director\n'), players(6));
  await house.act(id, { action: 'start' });
  await pause(3000);
  await until('an open season', async () => (await divisionRows(house, id, 1)).some((row) => row.status === 'playing'));
  assert.equal((await house.get(`/v1/tournaments/${id}`)).status, 'running', 'a director decides');
  await until('the director\'s results', async () => {
    await playSeason(house, id);
    return (await house.get(`/v1/tournaments/${id}`)).status === 'finished';
  });
}

async function registrationOpens(house) {
  const start = new Date(Date.now() + 3600_000).toISOString().slice(0, 16);
  const early = `time: {start: ${start}, begins: on_time}\n`;
  const refused = await openSeason(house, 'liga-early-1', early + league('2h'), ['p01']).catch((error) => error);
  assert.match(refused.message, /registration opens at/);
  await openSeason(house, 'liga-early-2', early + league('2h').replace('opens: 1s', 'opens: 100m'), ['p01']);
}

async function tooFewForASeason(house) {
  await openSeason(house, 'liga-few-1', league('1h'), players(5));
  await house.act('liga-few-1', { action: 'start' });
  await until('the end of a season that is not played', async () =>
    (await house.get('/v1/tournaments/liga-few-1')).status === 'cancelled');
}

await runCases({
  'best of five is played to its final': bestOfFive,
  'a match ends and counts as the policy says': keysOfAMatch,
  'a match counts anew when one of its games is amended': oneGameIsAmended,
  'an arena pairs whoever is free until its time is up': arenaWithComingAndGoing,
  'a league plays two seasons, and the best go up': leagueOfTwoSeasons,
  'games open at the end of a season are treated as the policy says': unfinishedGames,
  'registration for a season opens as long before as the policy says': registrationOpens,
  'a season with too few players is not played': tooFewForASeason,
});
