// Holds the include graph to the picture in DESIGN and ARCHITECTURE.md: a room includes only rooms
// above it in this table, so there can be no cycle; libraries stay behind their doors; pure rooms
// reach for no clock, no chance, no file, no lock and no heap.
//
//     node tests/layers.mjs            check the tree
//     node tests/layers.mjs --self     check that the checks can fail
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

// A file belongs to the room with the longest name that begins its path. `pure`: see above; `heap`:
// a pure room that may allocate (its public header says so).
const rooms = [
  { name: 'base', uses: [] },
  { name: 'proto/generated', uses: [] }, // "arbiter/v1/….pb-c.h"
  { name: 'fsm/expr', uses: ['base'], pure: true },
  { name: 'fsm/yaml', uses: ['base'], pure: true, heap: true },
  { name: 'fsm', uses: ['base', 'fsm/expr', 'fsm/yaml'], pure: true },
  // Runs machines for people and tests; it owns its instances, so it allocates them.
  { name: 'fsm/sandbox', uses: ['base', 'fsm', 'fsm/expr', 'fsm/yaml'], pure: true, heap: true },
  // What turns an engine's state and values into protobuf, apart from the engine itself.
  { name: 'fsm/value_codec', uses: ['base', 'fsm', 'fsm/expr', 'proto/generated'] },
  { name: 'fsm/snapshot', uses: ['base', 'fsm', 'fsm/expr', 'fsm/value_codec', 'proto/generated'] },
  { name: 'fsm/migration', uses: ['base', 'fsm', 'fsm/expr', 'fsm/snapshot', 'fsm/value_codec', 'proto/generated'] },
  { name: 'proto', uses: ['base', 'fsm/expr', 'fsm/value_codec', 'proto/generated'] },
  // Recurrences and zones: reads the zones' files.
  { name: 'schedule', uses: ['base', 'fsm/expr'] },
  { name: 'orchestrator/rating', uses: ['base'], pure: true },
  { name: 'orchestrator/rating/rating_policy', uses: ['base', 'fsm/yaml', 'orchestrator/rating'] },
  { name: 'orchestrator/record', uses: ['base'] },
  {
    name: 'orchestrator/standing',
    uses: ['base', 'orchestrator/rating', 'orchestrator/record'],
    pure: true,
  },
  {
    name: 'orchestrator/pairing',
    uses: ['base', 'orchestrator/record', 'orchestrator/standing'],
    pure: true,
  },
  // A table of standings as text is the one file format that needs the standings.
  {
    name: 'orchestrator/record/csv_codec',
    uses: ['base', 'orchestrator/record', 'orchestrator/standing'],
  },
  {
    name: 'orchestrator/format',
    uses: ['base', 'fsm/expr', 'fsm/yaml', 'orchestrator/pairing', 'orchestrator/record', 'orchestrator/standing',
      'schedule'],
  },
  { name: 'orchestrator/conduct', uses: ['base', 'fsm/expr'], pure: true },
  { name: 'orchestrator/conduct/conduct_policy', uses: ['base', 'fsm/expr', 'fsm/yaml', 'orchestrator/conduct'] },
  { name: 'orchestrator/seeking', uses: ['base', 'fsm/expr', 'orchestrator/pairing'], pure: true },
  {
    name: 'orchestrator/seeking/policy',
    uses: ['base', 'fsm/expr', 'fsm/yaml', 'orchestrator/seeking'],
    pure: true,
  },
  // Reads the policies' files.
  { name: 'orchestrator/seeking/shelf', uses: ['base', 'fsm/yaml', 'orchestrator/seeking', 'orchestrator/seeking/policy'] },
  { name: 'gamesvc/rules', uses: ['base'], pure: true },
  { name: 'gamesvc/lexicon', uses: ['base', 'gamesvc/rules'] },
  // A table of words: whoever checks machines reads it.
  { name: 'store/writes.h', uses: ['base'] },
  { name: 'bus', uses: ['base', 'proto', 'proto/generated'] },
  { name: 'http', uses: ['base', 'bus'] },
  { name: 'websocket', uses: ['base', 'bus'] },
  { name: 'service', uses: ['base', 'bus', 'fsm/yaml', 'http'] },
  { name: 'archive', uses: ['base', 'bus', 'http', 'proto', 'proto/generated'] },
  {
    name: 'store',
    uses: ['archive', 'base', 'bus', 'fsm', 'fsm/expr', 'fsm/value_codec', 'proto', 'proto/generated', 'service',
      'store/writes.h'],
  },
  { name: 'gamesvc', uses: ['base', 'bus', 'gamesvc/lexicon', 'gamesvc/rules', 'proto', 'proto/generated', 'service'] },
  // What a machine may ask of the house, for the orchestrator and for `arbiter check`.
  { name: 'orchestrator/vocabulary.h', uses: ['base', 'fsm'] },
  // A journal fed to the engine again, for people and for tests.
  {
    name: 'orchestrator/inbox_codec',
    uses: ['base', 'fsm', 'fsm/expr', 'fsm/value_codec', 'proto/generated'],
  },
  {
    name: 'orchestrator/replay',
    uses: ['base', 'fsm', 'fsm/snapshot', 'orchestrator/inbox_codec', 'proto/generated'],
  },
  {
    name: 'orchestrator',
    uses: [
      'base', 'bus', 'fsm', 'fsm/expr', 'fsm/snapshot', 'fsm/value_codec', 'fsm/yaml',
      'orchestrator/conduct', 'orchestrator/conduct/conduct_policy', 'orchestrator/format', 'orchestrator/inbox_codec', 'orchestrator/pairing', 'orchestrator/rating',
      'orchestrator/rating/rating_policy', 'orchestrator/record', 'orchestrator/seeking',
      'orchestrator/seeking/policy', 'orchestrator/seeking/shelf', 'orchestrator/standing',
      'orchestrator/vocabulary.h', 'proto', 'proto/generated', 'schedule', 'service', 'store/writes.h',
    ],
  },
  {
    name: 'seeks',
    uses: ['base', 'bus', 'fsm/expr', 'fsm/yaml', 'http', 'orchestrator/seeking', 'orchestrator/seeking/shelf', 'proto',
      'proto/generated', 'service', 'websocket'],
  },
  // The whole house in one process: the one room that sees them all.
  {
    name: 'simulation',
    uses: ['archive',
      'base', 'bus', 'fsm', 'fsm/expr', 'fsm/snapshot', 'fsm/value_codec', 'fsm/yaml', 'gamesvc',
      'orchestrator', 'orchestrator/format', 'orchestrator/replay', 'orchestrator/rating', 'orchestrator/record',
      'orchestrator/standing', 'proto', 'proto/generated', 'store',
    ],
  },
  {
    name: 'cli',
    uses: [
      'base', 'bus', 'fsm', 'fsm/expr', 'fsm/sandbox', 'fsm/snapshot', 'fsm/value_codec', 'fsm/yaml',
      'gamesvc/lexicon', 'gamesvc/rules', 'http', 'orchestrator/conduct', 'orchestrator/conduct/conduct_policy', 'orchestrator/format', 'orchestrator/pairing',
      'orchestrator/rating', 'orchestrator/rating/rating_policy', 'orchestrator/record',
      'orchestrator/record/csv_codec', 'orchestrator/replay', 'orchestrator/seeking',
      'orchestrator/seeking/policy', 'orchestrator/seeking/shelf', 'orchestrator/standing', 'orchestrator/vocabulary.h', 'proto',
      'proto/generated', 'schedule', 'seeks', 'service', 'simulation', 'websocket',
    ],
  },
];

// Libraries with one door.
const doors = [
  { header: /^(libpq-fe|postgres|pg_config|libpq\/.*)\.h$/, rooms: ['store'] },
  { header: /^(nats\/)?nats\.h$/, rooms: ['bus'] },
  { header: /^microhttpd\.h$/, rooms: ['http'] },
  { header: /^wslay\/.*\.h$/, rooms: ['websocket'] },
  { header: /^yaml\.h$/, rooms: ['fsm/yaml'] },
  { header: /^libical\/.*$/, rooms: ['schedule'] },
];

// What a pure room must not touch.
const impureHeaders =
  /^(time|pthread|unistd|fcntl|poll|signal|threads|stdatomic|locale|sys\/.*|netinet\/.*)\.h$|^base\/(clock|log)\.h$/;
const impureCalls =
  /(?<![\w.>])(time|clock|clock_\w+|gettimeofday|localtime|localtime_r|rand|srand|random|getrandom|arc4random\w*|getenv|fopen|printf|puts|exit|log_event|pthread_\w+)\s*\(/;
const heapCalls = /(?<![\w.>])(malloc|calloc|realloc|free|strdup|strndup)\s*\(/;

// ---- reading -----------------------------------------------------------------------------------

const ordered = [...rooms].sort((a, b) => b.name.length - a.name.length);

function roomOf(path) {
  if (path.startsWith('arbiter/v1/')) return rooms.find((room) => room.name === 'proto/generated');
  return ordered.find((room) => path === room.name || path.startsWith(`${room.name}/`) || path.startsWith(`${room.name}.`) ||
    path.startsWith(`${room.name}_codec.`) || path.startsWith(`${room.name}_private.`));
}

// Comments and string literals say nothing about calls.
const bare = (code) =>
  code.replace(/\/\*[^]*?\*\//g, (text) => text.replace(/[^\n]/g, '')).replace(/"(\\.|[^"\\\n])*"/g, '""');

function checkFile(path, code, complain) {
  const room = roomOf(path);
  if (!room) return complain(path, 0, 'belongs to no room: add it to the table in tests/layers.mjs');
  for (const [i, line] of code.split('\n').entries()) {
    const include = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
    if (!include) continue;
    const header = include[2];
    for (const door of doors) {
      if (door.header.test(header) && !door.rooms.includes(room.name))
        complain(path, i + 1, `only ${door.rooms.join(', ')}/ may include ${header}`);
    }
    if (room.pure && impureHeaders.test(header))
      complain(path, i + 1, `${room.name}/ is pure and may not include ${header}`);
    if (include[1] === '<') continue;
    const other = roomOf(header);
    if (!other) complain(path, i + 1, `"${header}" is in no room`);
    else if (other !== room && !room.uses.includes(other.name))
      complain(path, i + 1, `${room.name}/ may not include ${other.name}/ (${header})`);
  }
  if (!room.pure) return undefined;
  for (const [i, line] of bare(code).split('\n').entries()) {
    const call = impureCalls.exec(line) ?? (room.heap ? null : heapCalls.exec(line));
    if (call) complain(path, i + 1, `${room.name}/ is pure and may not call ${call[1]}()`);
  }
  return undefined;
}

function checkTable(complain) {
  for (const [i, room] of rooms.entries()) {
    for (const used of room.uses) {
      const at = rooms.findIndex((other) => other.name === used);
      if (at < 0) complain('tests/layers.mjs', 0, `${room.name} uses ${used}, which is no room`);
      else if (at >= i) complain('tests/layers.mjs', 0, `${room.name} uses ${used}, which is not above it`);
    }
  }
}

// ---- the tree, or made-up files that must be caught ----------------------------------------------

function checkTree(complain) {
  let files = 0;
  for (const folder of new Set(rooms.map((room) => room.name.split('/')[0]))) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[ch]$/.test(entry.name)) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      checkFile(relative(root, path), readFileSync(path, 'utf8'), complain);
      files++;
    }
  }
  return files;
}

const mustFail = [
  ['seeks/x.c', '#include <libpq-fe.h>\n'],
  ['store/x.c', '#include <nats/nats.h>\n'],
  ['fsm/x.c', '#include "bus/bus.h"\n'],
  ['bus/x.c', '#include "store/store.h"\n'],
  ['orchestrator/pairing/x.c', '#include "base/clock.h"\n'],
  ['gamesvc/rules/x.c', 'int f(void)\n{\n    return (int)time (0);\n}\n'],
  ['orchestrator/rating/x.c', 'void *p(void) { return malloc(1); }\n'],
  ['elsewhere/x.c', ''],
];
const mustPass = [
  ['store/x.c', '#include <libpq-fe.h>\n#include "bus/bus.h"\n'],
  ['gamesvc/rules/x.c', '/* time() */\nvoid f(void) { lose_on_time(1); x->time(2); g("rand()"); }\n'],
];

let complaints = 0;
const complain = (path, line, text) => {
  console.log(`${path}:${line}: ${text}`);
  complaints++;
};

let passed = 0;
if (process.argv[2] === '--self') {
  const caught = ([path, code]) => {
    let count = 0;
    checkFile(path, code, () => count++);
    return count > 0;
  };
  for (const file of mustFail) {
    if (caught(file)) passed++;
    else complain(file[0], 0, `not caught: ${JSON.stringify(file[1])}`);
  }
  for (const file of mustPass) {
    if (!caught(file)) passed++;
    else complain(file[0], 0, `wrongly caught: ${JSON.stringify(file[1])}`);
  }
} else {
  checkTable(complain);
  passed = checkTree(complain);
}
console.log(`${passed} passed, ${complaints} failed`);
process.exit(complaints === 0 && passed > 0 ? 0 : 1);
