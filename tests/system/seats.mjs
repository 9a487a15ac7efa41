// A director changes who sits where in a round and takes it back: every board is as it was, and the
// round still ends when its last result is in.
//   node tests/system/seats.mjs ARBITER
import assert from 'node:assert/strict';
import { runCases } from './support.mjs';
import { until } from '../../scripts/client.mjs';

const POLICY = `tournament: seats
time: {publish_delay: 20h}
divisions:
  - name: open
    rounds: 2
    game: {rules: reported, rated: false}
    seeding: listed
    pairing:
      - {rounds: 1-2, method: king_of_the_hill}
`;

class Event {
  constructor(house, id) { Object.assign(this, { house, id }); }

  static async open(house, players) {
    const { tournament_id: id } = await house.call('POST', '/v1/tournaments', { name: 'seats', policy: POLICY }, house.director());
    const event = new Event(house, id);
    const entrants = players.map((player, i) => ({ player, name: player, seed: i + 1, rating: 2000 - i }));
    await house.call('POST', `/v1/tournaments/${id}/entrants`, { division: 1, entrants }, house.director());
    await event.act('start');
    await until('the pairing', async () => (await event.rows(1)).length > 0, 20000);
    return event;
  }

  act(action, data, more) { return this.house.act(this.id, { division: 1, action, data, note: 'seats', ...more }); }

  // While games begin, what was confirmed may no longer be what would happen: then look again, as a console does.
  undo() {
    return until('undo', () => this.act('undo').then(() => true, (error) => { if (error.status !== 409) throw error; return false; }), 20000);
  }

  async rows(round) {
    return (await this.house.call('GET', `/v1/tournaments/${this.id}/rounds/${round}`, undefined, this.house.director())).pairings
      .filter((row) => row.status !== 'void');
  }

  async seats() { return (await this.rows(1)).map((row) => [row.first, row.second].join('-')).sort(); }

  // Announces round 1 and waits for its games.
  async begin() {
    await this.act('publish_pairings');
    await until('the games', async () => (await this.rows(1)).every((row) => row.kind !== 'game' || row.game_id), 20000);
  }

  async playToTheEnd() {
    for (const row of (await this.rows(1)).filter((one) => one.kind === 'game'))
      await until('a result', () => this.act('set_result', { outcome: 'first', first_score: 400, second_score: 300 },
        { round: 1, board: row.board }).then(() => true, (error) => { if (error.status !== 409) throw error; return false; }), 20000);
    await until('round 2', async () => (await this.rows(2)).length > 0, 20000);
  }
}

const FIVE = ['ann', 'bob', 'cid', 'dot', 'eve'];

async function aRoundUnpairedIsGivenBack(house) {
  const event = await Event.open(house, FIVE.map((name) => `u-${name}`));
  const before = await event.seats();
  await event.act('unpair', {}, { round: 1 });
  const bare = await event.seats();
  assert.equal(bare.filter((pair) => !pair.endsWith('-')).length, 0, bare.join(' '));
  await event.undo();
  assert.deepEqual(await event.seats(), before);
}

async function whileItIsPlayedToo(house) {
  const event = await Event.open(house, FIVE.slice(0, 4).map((name) => `p-${name}`));
  await event.begin();
  const before = await event.seats();
  await event.act('unpair', {}, { round: 1 });
  assert.deepEqual(await event.seats(), []);
  await event.undo();
  assert.deepEqual(await event.seats(), before);
  await event.playToTheEnd();
}

async function pairsThatAreGivenAreTakenBack(house) {
  const names = FIVE.slice(0, 4).map((name) => `g-${name}`);
  const event = await Event.open(house, names);
  await event.begin();
  const before = await event.seats();
  const pairs = [{ first: names[0], second: names[3] }, { first: names[2], second: names[1] }];
  await assert.rejects(event.act('re_pair', { pairs: [...pairs, { first: names[0], second: '' }] }, { round: 1 }), /twice/);
  await event.act('re_pair', { pairs }, { round: 1 });
  assert.deepEqual(await event.seats(), [`${names[0]}-${names[3]}`, `${names[2]}-${names[1]}`]);
  await event.undo();
  assert.deepEqual(await event.seats(), before);
  await event.playToTheEnd();
}

async function theRoundEndsAfterThePolicySeatsTheUnpaired(house) {
  const event = await Event.open(house, FIVE.slice(0, 4).map((name) => `r-${name}`));
  await event.begin();
  await event.act('unpair', {}, { round: 1 });
  await event.act('re_pair', {}, { round: 1 });
  assert.equal((await event.seats()).length, 2);
  await event.playToTheEnd();
}

await runCases({
  'a round unpaired is given back': aRoundUnpairedIsGivenBack,
  'while it is played too': whileItIsPlayedToo,
  'pairs that are given are taken back': pairsThatAreGivenAreTakenBack,
  'the round ends after the policy seats the unpaired': theRoundEndsAfterThePolicySeatsTheUnpaired,
});
