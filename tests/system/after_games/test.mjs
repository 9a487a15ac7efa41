// What happens after a game: its copies reach an object store, also one that was away, and a durable
// listener hears of it, also after having been away.
// Usage: node test.mjs ARBITER
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { runCases, pause } from '../support.mjs';
import { listen } from './listen.mjs';

const freePort = () => new Promise((resolve) => {
  const server = createServer();
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const folder = mkdtempSync(join(tmpdir(), 'arbiter-s3-'));
const port = await freePort();
const startS3 = async () => {
  const server = new S3rver({ address: '127.0.0.1', port, directory: folder, silent: true,
    configureBuckets: [{ name: 'games' }] });
  await server.run();
  return server;
};
let s3 = await startS3();
process.env.ARBITER_ARCHIVE = `http://127.0.0.1:${port}/games/copies`;
process.env.ARBITER_ARCHIVE_KEY_ID = 'S3RVER';
process.env.ARBITER_ARCHIVE_SECRET = 'S3RVER';

async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const found = await ask();
    if (found) return found;
    await pause(200);
  }
  throw new Error(`never: ${what}`);
}

// The store's own reader: what anybody with the keys would fetch. s3rver keeps objects as files.
async function object(name) {
  const { readdirSync, readFileSync } = await import('node:fs');
  const now = new Date();
  const at = join(folder, 'games', 'copies', String(now.getUTCFullYear()), String(now.getUTCMonth() + 1).padStart(2, '0'));
  try {
    const found = readdirSync(at).find((file) => file.startsWith(name) && /object/.test(file));
    return found ? readFileSync(join(at, found), 'utf8') : null;
  } catch {
    return null;
  }
}

let people = 0;
async function play(house, rules = { rules: 'breakthrough' }) {
  const [one, two] = [`p${people++}`, `p${people++}`];
  for (const id of [one, two]) await house.call('POST', '/v1/players', { player_id: id }, house.token(id));
  const seek = await house.call('POST', '/v1/seeks',
    { request: { ...rules, initial_time_ms: 600000 } }, house.token(one));
  const { game_id: game } = await house.call('POST', `/v1/seeks/${seek.seek_id}/accept`, {}, house.token(two));
  await house.call('POST', `/v1/games/${game}/moves`, { move: 'resign' }, house.token(two));
  await until('final', async () => (await house.ask('GET', `/v1/games/${game}`)).json.status === 'final');
  return game;
}

const gcgOf = async (house, game) => {
  const answer = await fetch(`${house.url}/v1/games/${game}.gcg`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.text();
};
const recordOf = async (house, game) => (await fetch(`${house.url}/v1/games/${game}/record`)).text();

await runCases({
  async 'a finished game is in the object store as the API tells it'(house) {
    const game = await play(house);
    const copy = await until('copy', () => object(`${game}.json`));
    if (copy !== await recordOf(house, game)) throw new Error('the copy is another');
  },
  async 'an archive that is away delays no game, and gets its copies later'(house) {
    await s3.close();
    const games = [await play(house), await play(house)];
    const crossword = await play(house, { rules: 'crossword', lexicon: 'EN80', challenge_rule: 'void' });
    const before = await gcgOf(house, crossword); // told by the house itself
    s3 = await startS3();
    for (const game of games) {
      const copy = await until('copy', () => object(`${game}.json`));
      if (copy !== await recordOf(house, game)) throw new Error('the copy is another');
    }
    const copy = await until('copy', () => object(`${crossword}.gcg`));
    if (copy !== before || before !== await gcgOf(house, crossword)) throw new Error('the export is another');
  },
  async 'a listener hears of every game once, also of those it was away for'(house) {
    const first = listen(house);
    await until('the games so far', () => first.heard.length >= 3);
    await first.stop();
    const missed = await play(house);
    const second = listen(house);
    await until('the missed game', () => second.heard.some((said) => said.game === missed));
    const next = await play(house);
    await until('the next game', () => second.heard.some((said) => said.game === next));
    await second.stop();
    const all = [...first.heard, ...second.heard].map((said) => said.game);
    if (new Set(all).size !== all.length) throw new Error(`heard twice: ${all}`);
    if (second.heard.some((said) => said.reason !== 'resigned' || said.turns !== 1)) throw new Error('told otherwise');
  },
}).finally(async () => {
  await s3.close();
  rmSync(folder, { recursive: true, force: true });
});
