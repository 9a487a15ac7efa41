// Holds docs/asyncapi.yaml to the compiled wire contract.
//
//     node tests/contract/asyncapi.mjs build/dev/tests/wire-dump           compare, exit 1 on a difference
//     node tests/contract/asyncapi.mjs build/dev/tests/wire-dump --write   write the document anew
//
// Subjects and messages come from the descriptors that the programs themselves use; descriptions
// come from the comments in proto/arbiter/v1/*.proto.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const target = join(root, 'docs', 'asyncapi.yaml');
const [dumpProgram, mode] = process.argv.slice(2);
if (!dumpProgram) {
  console.error('usage: asyncapi.mjs WIRE-DUMP [--write]');
  process.exit(2);
}
const wire = JSON.parse(execFileSync(dumpProgram, { encoding: 'utf8', maxBuffer: 1 << 26 }));

// ---- what the .proto files say in words ------------------------------------------------------

// Returns {services: [names], words: {"Store.CommitStep" | "CommitStepRequest" | "Message.field": text}}
function readProtos() {
  const folder = join(root, 'proto', 'arbiter', 'v1');
  const services = [];
  const words = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.proto')).sort()) {
    let comment = [];
    let owner = '';
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const text = line.trim();
      const said = comment.join(' ');
      let match;
      if ((match = /^\/\/ ?(.*)$/.exec(text))) {
        if (!/^-{3,}/.test(match[1])) comment.push(match[1]);
        continue;
      }
      if ((match = /^(service|message)\s+(\w+)/.exec(text))) {
        owner = match[2];
        if (match[1] === 'service') services.push(owner);
        if (said) words[owner] = said;
      } else if ((match = /^rpc\s+(\w+)/.exec(text))) {
        if (said) words[`${owner}.${match[1]}`] = said;
      } else if ((match = /^(?:repeated\s+)?[\w.]+\s+(\w+)\s*=\s*\d+;\s*(?:\/\/\s*(.*))?$/.exec(text))) {
        const both = [said, match[2]].filter(Boolean).join(' ');
        if (both) words[`${owner}.${match[1]}`] = both;
      }
      comment = [];
    }
  }
  return { services, words };
}

const { services: declared, words } = readProtos();
const compiled = wire.services.map((service) => service.name);
const missing = declared.filter((name) => !compiled.includes(name));
if (missing.length > 0) {
  console.error(`tests/contract/wire_dump.c does not list the services ${missing.join(', ')}`);
  process.exit(1);
}

// ---- the document ----------------------------------------------------------------------------

const short = (name) => name.replace(/^arbiter\.v1\./, '');
const snake = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
const described = (object, key) => (words[key] ? { description: words[key], ...object } : object);

function fieldSchema(message, field) {
  const types = {
    bytes: { type: 'string', contentEncoding: 'base64' },
    message: field.message && { $ref: `#/components/schemas/${short(field.message)}` },
    enum: { type: 'integer' },
  };
  const single = types[field.type] ?? { type: field.type };
  const whole = field.repeated ? { type: 'array', items: single } : single;
  if (whole.$ref) return whole; // a reference takes no neighbours
  return described({ ...whole, 'x-protobuf-number': field.number }, `${message}.${field.name}`);
}

function schemas() {
  const out = {};
  for (const name of Object.keys(wire.messages).sort()) {
    const properties = {};
    for (const field of wire.messages[name]) properties[field.name] = fieldSchema(short(name), field);
    const chosen = wire.messages[name].filter((field) => field.oneof).map((field) => field.name);
    out[short(name)] = described(
      {
        type: 'object',
        'x-protobuf-message': name,
        ...(chosen.length > 0 ? { 'x-protobuf-oneof': chosen } : {}),
        ...(Object.keys(properties).length > 0 ? { properties } : {}),
      },
      short(name),
    );
  }
  return out;
}

const enveloped = (envelope, payload, what) => ({
  name: short(payload),
  contentType: 'application/x-protobuf',
  summary: `${what}: ${envelope}, its payload the bytes of ${short(payload)}`,
  payload: { $ref: `#/components/schemas/${short(payload)}` },
  'x-envelope': `arbiter.v1.${envelope}`,
});

const channels = {};
const operations = {};

for (const service of wire.services) {
  for (const method of service.methods) {
    const id = `${snake(service.name)}.${snake(method.name)}`;
    const reply = `${id}.reply`;
    channels[id] = described(
      {
        address: method.subject,
        'x-queue-group': snake(service.name),
        messages: { request: enveloped('Request', method.input, 'request') },
      },
      `${service.name}.${method.name}`,
    );
    channels[reply] = {
      address: null,
      messages: { reply: enveloped('Reply', method.output, 'reply') },
    };
    operations[id] = {
      action: 'receive',
      channel: { $ref: `#/channels/${id}` },
      messages: [{ $ref: `#/channels/${id}/messages/request` }],
      reply: {
        address: { location: '$message.header#/reply', description: "the NATS message's reply subject" },
        channel: { $ref: `#/channels/${reply}` },
        messages: [{ $ref: `#/channels/${reply}/messages/reply` }],
      },
    };
  }
}

// An event's field names its kind and its name: game_finished is game.finished.
const kinds = {};
for (const field of wire.messages['arbiter.v1.EventPayload']) {
  const [kind, ...rest] = field.name.split('_');
  (kinds[kind] ??= []).push({ name: rest.join('_'), field: field.name, message: field.message });
}
for (const [kind, events] of Object.entries(kinds)) {
  for (const event of events) {
    const id = `evt.${kind}.${event.name}`;
    channels[id] = described(
      {
        address: `arbiter.v1.evt.${kind}.{id}.${event.name}`,
        'x-stream': 'ARBITER_EVENTS',
        parameters: { id: { description: `the ${kind}'s id` } },
        messages: {
          event: {
            name: short(event.message),
            contentType: 'application/x-protobuf',
            summary: `arbiter.v1.Event with payload.${event.field} filled in`,
            payload: { $ref: '#/components/schemas/Event' },
          },
        },
      },
      short(event.message),
    );
    operations[id] = {
      action: 'send',
      channel: { $ref: `#/channels/${id}` },
      messages: [{ $ref: `#/channels/${id}/messages/event` }],
    };
  }
}

// Words promise nothing either: the event itself comes later, and in order.
channels.word = {
  description: 'Says at once that a seek, match, offer, place, board or bulk has been closed by a machine\'s step, for those who wait for it. May be lost, doubled, out of order, and has neither position nor sequence: the event on arbiter.v1.evt is the one that counts.',
  address: 'arbiter.v1.word.{kind}.{id}.closed',
  parameters: {
    kind: { description: 'of the event' },
    id: { description: 'of what the event is about' },
  },
  messages: {
    word: {
      name: 'Word',
      contentType: 'application/x-protobuf',
      summary: 'arbiter.v1.Event without position and sequence',
      payload: { $ref: '#/components/schemas/Event' },
    },
  },
};
operations.word = {
  action: 'send',
  channel: { $ref: '#/channels/word' },
  messages: [{ $ref: '#/channels/word/messages/word' }],
};

// Bells promise nothing: a lost one is made good by a sweep, a doubled one does nothing.
const bells = [
  {
    name: 'inbox',
    group: 'orchestrator',
    description: 'Says that an instance has rows in its inbox. A hint: a sweep finds rows whose bell was lost.',
    summary: 'the instance id as text, without an envelope',
    payload: { type: 'string', examples: ['game:K7PXQ2MD'] },
  },
  {
    name: 'events',
    description: 'Says that events have been committed and wait to be published. Every copy of the store hears it; a sweep makes good a lost one.',
    summary: 'nothing: the message is empty',
    payload: { type: 'string', maxLength: 0 },
  },
  {
    name: 'policies',
    description: 'Says that a policy has a newer version. Every copy of the orchestrator hears it; a look once a minute makes good a lost one.',
    summary: 'the name of the policy as text, without an envelope',
    payload: { type: 'string', examples: ['seek'] },
  },
  {
    name: 'players',
    description:
      'Says that something of these players has changed: status, suspension, ratings, circles. Rung after the commit and before its ' +
      'answer; what an edge keeps of a look at a seek is dropped, and would be after `look_seconds` whatever is heard.',
    summary: "the players' ids as text, one a line, without an envelope",
    payload: { type: 'string', examples: ['ann\nbob'] },
  },
];
for (const bell of bells) {
  const id = `bell.${bell.name}`;
  channels[id] = {
    description: bell.description,
    address: `arbiter.v1.bell.${bell.name}`,
    ...(bell.group ? { 'x-queue-group': bell.group } : {}),
    messages: { bell: { name: id, contentType: 'text/plain', summary: bell.summary, payload: bell.payload } },
  };
  operations[id] = {
    action: 'send',
    channel: { $ref: `#/channels/${id}` },
    messages: [{ $ref: `#/channels/${id}/messages/bell` }],
  };
}

for (const verb of ['PING', 'INFO', 'STATS']) {
  const id = `srv.${verb.toLowerCase()}`;
  channels[id] = {
    description: `NATS services' ${verb}; also $SRV.${verb}.{name} and $SRV.${verb}.{name}.{id}.`,
    address: `$SRV.${verb}`,
    messages: { question: { name: `${verb}`, contentType: 'application/octet-stream', payload: { type: 'string' } } },
  };
  channels[`${id}.reply`] = {
    address: null,
    messages: {
      answer: {
        name: `${verb}Response`,
        contentType: 'application/json',
        payload: {
          type: 'object',
          required: ['type', 'name', 'id', 'version'],
          properties: {
            type: { const: `io.nats.micro.v1.${verb.toLowerCase()}_response` },
            name: { type: 'string' },
            id: { type: 'string' },
            version: { type: 'string' },
          },
        },
      },
    },
  };
  operations[id] = {
    action: 'receive',
    channel: { $ref: `#/channels/${id}` },
    reply: { channel: { $ref: `#/channels/${id}.reply` } },
  };
}

const document = {
  asyncapi: '3.0.0',
  info: {
    title: 'Arbiter on NATS',
    version: '1.0.0',
    description:
      'Every subject Arbiter uses. Requests travel in an arbiter.v1.Request, answers in an arbiter.v1.Reply that holds a payload or an Error with a canonical gRPC code. Actions are seen from the side of Arbiter\'s services. Written by tests/contract/asyncapi.mjs from the compiled descriptors and the comments in proto/arbiter/v1.',
    license: { name: 'MIT' },
  },
  servers: { nats: { host: '127.0.0.1:4222', protocol: 'nats' } },
  defaultContentType: 'application/x-protobuf',
  channels,
  operations,
  components: { schemas: schemas() },
};

// ---- YAML ------------------------------------------------------------------------------------

const plain = /^[A-Za-z][A-Za-z0-9_./-]*$/;
const reserved = /^(true|false|null|yes|no|on|off|y|n|~)$/i;
const scalar = (value) =>
  typeof value !== 'string' ? String(value)
    : plain.test(value) && !reserved.test(value) ? value
      : JSON.stringify(value);
const keyText = (key) => (/^[A-Za-z][\w.-]*$/.test(key) && !reserved.test(key) ? key : JSON.stringify(key));

function yaml(value, indent) {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value))
    return value
      .map((item) =>
        typeof item === 'object' ? `${pad}- ${yaml(item, indent + 2).trimStart()}` : `${pad}- ${scalar(item)}\n`)
      .join('');
  return Object.entries(value)
    .map(([key, item]) =>
      item !== null && typeof item === 'object'
        ? `${pad}${keyText(key)}:\n${yaml(item, indent + 2)}`
        : `${pad}${keyText(key)}: ${scalar(item)}\n`)
    .join('');
}

const text = yaml(document, 0);
if (mode === '--write') {
  writeFileSync(target, text);
  console.log(`wrote ${text.split('\n').length - 1} lines`);
  process.exit(0);
}
let present = '';
try {
  present = readFileSync(target, 'utf8');
} catch {
  // an absent document differs from its first line on
}
const is = present.split('\n');
const should = text.split('\n');
const at = should.findIndex((line, i) => line !== is[i]);
const same = present === text;
if (!same) {
  const line = at < 0 ? should.length : at;
  console.log(`docs/asyncapi.yaml:${line + 1}: is      ${is[line] ?? '(end)'}`);
  console.log(`docs/asyncapi.yaml:${line + 1}: should be ${should[line] ?? '(end)'}`);
  console.log(`write it anew: node tests/contract/asyncapi.mjs ${dumpProgram} --write`);
}

// ---- subjects that the code spells out ---------------------------------------------------------

const addresses = Object.values(channels).map((channel) => channel.address).filter(Boolean);
const isDescribed = (subject) =>
  addresses.some((address) => {
    const pattern = address.split('.');
    const parts = subject.split('.');
    for (const [i, part] of parts.entries()) {
      if (part === '>') return pattern.length > i;
      if (part !== '*' && part !== pattern[i] && !/^\{\w+\}$/.test(pattern[i] ?? '')) return false;
    }
    return true; // the whole address, or the beginning of one that is put together at run time
  });

let undescribed = 0;
for (const folder of ['bus', 'cli', 'gamesvc', 'orchestrator', 'seeks', 'service', 'store']) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!/\.[ch]$/.test(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const code = readFileSync(path, 'utf8').replace(/\/\*[^]*?\*\//g, '');
    for (const [, subject] of code.matchAll(/"(arbiter\.v1\.[\w.*>]+)"/g)) {
      if (subject.endsWith('.') || isDescribed(subject)) continue;
      console.log(`${relative(root, path)}: "${subject}" is not in docs/asyncapi.yaml`);
      undescribed++;
    }
  }
}

const failed = undescribed + (same ? 0 : 1);
console.log(`${addresses.length + 1 - (same ? 0 : 1)} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
