// What another platform's directors may and may not do, each operation live: director_operations.json.
// Every operation has an event of its own with two divisions of four players. The library's own run of the
// same file is conformance-woogles.
//   node tests/system/director_operations.mjs ARBITER [FILE]
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { down, printLogs, root, up } from './support.mjs';
import { until } from '../../scripts/client.mjs';

const shared = process.env.ARBITER_SHARED ?? join(root, '..', 'shared');
const file = process.argv[3] ?? join(shared, 'cases/woogles/director_operations.json');
if (!existsSync(file)) {
  console.log(`skipped: director_operations.json is not there (${file})`);
  process.exit(77);
}

const PLAYERS = ['will', 'josh', 'conrad', 'jesse'];
const GAME = 'game: {rules: reported, rated: false}';
const policy = (names) => `tournament: operations
entry: {capacity: ${6 * names.length}}
time: {publish_delay: 0s}
divisions:
${names.map((name) => `  - {name: ${name}, rounds: 5, capacity: 6, ${GAME}, order: SPREAD, pairing: [{rounds: 1-5, method: round_robin}]}\n`).join('')}`;

class Event {
  constructor(house) { this.house = house; }

  path(rest) { return `/v1/tournaments/${this.id}/${rest}`; }

  act(body) { return this.house.act(this.id, { division: 1, ...body }); }

  async open({ directors = [], start = true } = {}) {
    const event = await this.house.call('POST', '/v1/tournaments', { name: 'operations', policy: policy(['a', 'b']) },
      this.house.director());
    this.id = event.tournament_id;
    if (directors.length > 0) await this.act({ action: 'change_directors', division: undefined, data: { add: directors } });
    for (const division of [1, 2])
      await this.house.call('POST', this.path('entrants'), { division, entrants: PLAYERS.map((id, i) =>
        ({ player: `${id}-${division}`, name: id, seed: i + 1 })) }, this.house.director());
    if (start) await this.act({ action: 'start', division: undefined });
    return this;
  }

  async directors() { return (await this.house.get(`/v1/tournaments/${this.id}`)).directors; }

  async boards(round, division = 1) {
    return until(`round ${round} of division ${division}`, async () => {
      const { pairings, current_round: current } = await this.house.get(this.path(`rounds/${round}?division=${division}`));
      return current >= round && pairings.length > 0 && pairings.every((row) => row.game_id) && pairings;
    }, 20000);
  }

  async play(round, division = 1) {
    for (const { board } of await this.boards(round, division))
      await this.act({ action: 'set_result', division, round, board, data: { outcome: 'first', first_score: 400, second_score: 300 } });
  }
}

const refused = async (promise) => {
  const error = await promise.then(() => undefined, (one) => one);
  assert.ok(error?.status >= 400 && error.status < 500, error ? error.message : 'it was taken');
};

const operations = {
  'new tournament with two/zero executive directors': async (house) => {
    const two = await new Event(house).open({ directors: ['ann', 'bob'], start: false });
    assert.deepEqual((await two.directors()).sort(), ['ann', 'bob', 'director']);
    const none = await new Event(house).open({ start: false }); // whoever opens it directs it
    assert.deepEqual(await none.directors(), ['director']);
  },
  'AddDirectors already present': async (house) => {
    const event = await new Event(house).open({ directors: ['ann', 'bob'], start: false });
    await refused(event.act({ action: 'change_directors', division: undefined, data: { add: ['new', 'bob'] } }));
    assert.deepEqual((await event.directors()).sort(), ['ann', 'bob', 'director']);
  },
  'RemoveDirectors unknown one in list': async (house) => {
    const event = await new Event(house).open({ directors: ['ann', 'bob'], start: false });
    await refused(event.act({ action: 'change_directors', division: undefined, data: { remove: ['ann', 'nobody'] } }));
    assert.deepEqual((await event.directors()).sort(), ['ann', 'bob', 'director']);
  },
  'AddPlayers to unknown division': async (house) => {
    const event = await new Event(house).open({ start: false });
    await refused(event.act({ action: 'add_player', division: 3, data: { player: 'noah' } }));
  },
  'SetPairings with player removed': async (house) => {
    const event = await new Event(house).open();
    await event.boards(1);
    await event.act({ action: 'remove_player', data: { player: 'josh-1' } });
    await refused(event.act({ action: 'prepair', round: 2, data: { first: 'will-1', second: 'josh-1' } }));
  },
  'SetResult before start': async (house) => {
    const event = await new Event(house).open({ start: false });
    await refused(event.act({ action: 'set_result', round: 1, board: 1, data: { outcome: 'first', first_score: 400, second_score: 300 } }));
  },
  'AddDivision after start': async (house) => {
    const event = await new Event(house).open();
    await refused(event.act({ action: 'change_policy', division: undefined, data: { policy: policy(['a', 'b', 'c']) } }));
  },
  'PairRound(round=-1) while round index 2 is current': async (house) => {
    const event = await new Event(house).open();
    for (const round of [1, 2]) await event.play(round);
    await event.boards(3);
    await refused(event.act({ action: 're_pair', round: -1 }));
    await refused(event.act({ action: 're_pair', round: 2 }));
  },
  'PairRound(3)': async (house) => {
    const event = await new Event(house).open();
    for (const round of [1, 2]) await event.play(round);
    await event.boards(3);
    await event.act({ action: 're_pair', round: 4 });
    const { pairings } = await house.call('GET', event.path('rounds/4'), undefined, house.director());
    assert.equal(pairings.length, 2);
  },
  'two divisions': async (house) => {
    const event = await new Event(house).open();
    await event.boards(1, 2);
    await event.play(1, 1);
    await event.boards(2, 1);
    const { current_round: current, pairings } = await house.get(event.path('rounds/1?division=2'));
    assert.equal(current, 1);
    assert.ok(pairings.every((row) => row.status === 'playing'), JSON.stringify(pairings));
  },
};

const { cases, slug } = JSON.parse(readFileSync(file, 'utf8'));
const house = up();
const tally = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const { op, expect } of cases) {
    const run = operations[op];
    if (!run) {
      tally.skipped++;
      console.log(`skip ${op}: ${/Metadata/.test(op) ? 'an event here has a name and a policy, no description, colour or logo to merge' : 'unknown here'}`);
      continue;
    }
    try {
      await run(house);
      tally.passed++;
      console.log(`ok   ${op}`);
    } catch (error) {
      tally.failed++;
      console.log(`FAIL ${op} (${expect}): ${error.message}`);
    }
  }
  tally.skipped += (slug ?? []).length;
  if (slug?.length > 0) console.log(`skip ${slug.length} slugs: an event's address is the id that the house makes; nobody chooses it`);
  if (tally.failed > 0) printLogs(house.folder);
} finally {
  down(house);
}
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed === 0 ? 0 : 1);
