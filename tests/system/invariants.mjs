// What must hold in the database of a house whose events are over, asked of PostgreSQL itself. The
// simulation asks the same of its own thousands of evenings (simulation/checks.c).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const zeros = {
  'players in two pairings of a round':
    `SELECT count(*) FROM (SELECT 1 FROM (SELECT division_id, round, first_player AS player FROM pairings
     WHERE status <> 'void' UNION ALL SELECT division_id, round, second_player FROM pairings
     WHERE status <> 'void' AND second_player <> '') AS seats
     GROUP BY division_id, round, player HAVING count(*) > 1) AS twice`,
  'timers that fired early':
    'SELECT count(*) FROM inbox WHERE due_at_ms > 0 AND fired_at_ms < due_at_ms',
  'timers that fired twice':
    `SELECT count(*) FROM (SELECT 1 FROM inbox WHERE due_at_ms > 0
     GROUP BY instance_id, name, due_at_ms HAVING count(*) > 1) AS twice`,
  'games made twice for one board':
    `SELECT count(*) FROM (SELECT 1 FROM games WHERE owner <> '' GROUP BY owner HAVING count(*) > 1) AS twice`,
  'games without a final result':
    `SELECT count(*) FROM games WHERE status <> 'final'
     OR NOT EXISTS (SELECT 1 FROM results WHERE results.game_id = games.game_id)`,
  'games that were not rated once for each player':
    `SELECT count(*) FROM games WHERE (SELECT count(*) FROM rating_history AS h
     WHERE h.game_id = games.game_id AND h.player_id IN (first_player, second_player)) <> 2`,
  'ratings that are ahead of or behind their history':
    `SELECT count(*) FROM ratings AS r WHERE version <> (SELECT count(*) FROM rating_history AS h
     WHERE h.player_id = r.player_id AND h.pool = r.pool)`,
  'boards whose result is not their game\'s':
    `SELECT count(*) FROM pairings AS p WHERE kind = 'game' AND NOT EXISTS (SELECT 1 FROM results AS r
     WHERE r.game_id = p.game_id AND r.first_score = p.first_score AND r.second_score = p.second_score)`,
  'rounds that are not closed': `SELECT count(*) FROM rounds WHERE status <> 'closed'`,
  'instances whose journal does not reach their state':
    `SELECT count(*) FROM instances AS i WHERE seq <> (SELECT count(*) FROM journal AS j
     WHERE j.instance_id = i.instance_id)`,
  'inbox rows that nobody has taken': 'SELECT count(*) FROM inbox WHERE consumed_seq IS NULL',
  'commands left in the outbox': 'SELECT count(*) FROM outbox',
  'topics with a gap':
    'SELECT count(*) FROM (SELECT 1 FROM events GROUP BY topic HAVING max(sequence) <> count(*)) AS gaps',
  'events that were not published':
    `SELECT count(*) FROM events WHERE position > (SELECT position FROM publishers WHERE name = 'events')`,
};

export function query(house, sql) {
  const asked = spawnSync('psql', ['-At', '-d', house.about().database, '-c', sql], { encoding: 'utf8' });
  assert.equal(asked.status, 0, asked.stderr);
  return asked.stdout.trim();
}

// Asks until all of it holds: what was still under way may come to its end first.
export async function invariantsHold(house, patience = 60000) {
  const end = Date.now() + patience;
  for (;;) {
    const broken = Object.entries(zeros)
      .map(([what, sql]) => [what, query(house, sql)])
      .filter(([, count]) => count !== '0');
    if (broken.length === 0) return Object.keys(zeros).length;
    if (Date.now() > end) assert.fail(broken.map(([what, count]) => `${what}: ${count}`).join('; '));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
