// The ring of ring.yaml as an XState 5 actor: `node xstate.mjs` prints nanoseconds an event (user CPU).
import { createActor, createMachine, assign } from 'xstate';

const names = ['OPEN', 'CLOSE', 'START', 'FINISH', 'APPROVE', 'RESET'];
const events = names.map((type) => Object.freeze({ type }));
const ring = createMachine({
  id: 'ring',
  context: { players: 8, rounds: 0 },
  initial: 'draft',
  states: {
    draft: { on: { OPEN: 'registration' } },
    registration: { on: { CLOSE: 'seeding' } },
    seeding: { on: { START: { guard: ({ context }) => context.players >= 2, target: 'running' } } },
    running: {
      on: {
        FINISH: {
          target: 'review',
          actions: assign({ rounds: ({ context }) => context.rounds + 1 }),
        },
      },
    },
    review: { on: { APPROVE: 'finished' } },
    finished: { on: { RESET: 'draft' } },
  },
});

const actor = createActor(ring).start();
const run = (cycles) => {
  for (let i = 0; i < cycles; i++) for (const event of events) actor.send(event);
};
run(10000);
const before = actor.getSnapshot().context.rounds;
const cycles = 150000;
const results = [];
for (let round = 0; round < 3; round++) {
  const start = process.cpuUsage();
  run(cycles);
  results.push((process.cpuUsage(start).user * 1000) / (cycles * events.length));
}
if (actor.getSnapshot().context.rounds - before !== 3 * cycles) throw new Error('events were lost');
results.sort((a, b) => a - b);
console.log(`xstate5  ns/event min ${results[0].toFixed(1)} median ${results[1].toFixed(1)}`);
