// A seeded hand that kills one process of a house after another: a service, nats-server, PostgreSQL, or
// those of these that it is told. At most one is away at a time.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { arbiter, pause } from './support.mjs';

export class Killer {
  constructor(house, seed, names = null) {
    this.house = house;
    this.seed = seed;
    this.names = names;
    this.state = seed >>> 0;
    this.kills = 0;
    this.counts = {};
    this.isOver = false;
  }

  // A linear congruential generator is random enough to choose whom to kill.
  draw(bound) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.state / 4294967296 * bound);
  }

  isWell() {
    return spawnSync(arbiter, ['status', '--dir', this.house.folder]).status === 0;
  }

  // Until so many are dead, or stop() is called.
  async run(most) {
    while (this.kills < most && !this.isOver) {
      await pause(100 + this.draw(400));
      const patience = Date.now() + 120000;
      while (!this.isWell()) {
        assert.ok(Date.now() < patience, 'the house has not come back');
        await pause(30);
      }
      const processes = this.house.about().processes.filter((one) => !this.names || this.names.includes(one.name));
      const victim = processes[this.draw(processes.length)];
      try {
        process.kill(victim.pid, 'SIGKILL');
      } catch {
        continue; // it has another id by now
      }
      this.counts[victim.name] = (this.counts[victim.name] ?? 0) + 1;
      this.kills++;
    }
  }

  stop() {
    this.isOver = true;
  }

  toString() {
    return `${this.kills} kills (seed ${this.seed}): ${JSON.stringify(this.counts)}`;
  }
}
