// Holds recorded traffic of the API against docs/openapi.yaml:
//   every route is documented and every documented operation is a route;
//   every answer seen has a documented status, media type and shape;
//   every body that was taken fits its documented schema;
//   every documented status of every operation was seen, and every example fits its own schema.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const [documentPath, trafficPath] = process.argv.slice(2);
const document = parse(readFileSync(documentPath, 'utf8'));
const lines = readFileSync(trafficPath, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const failures = new Set();
const fail = (text) => failures.add(text);

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: 'api', components: document.components });
const absolute = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components'));
const validators = new Map();
function check(schema, value, what) {
  const key = JSON.stringify(schema);
  if (!validators.has(key)) validators.set(key, ajv.compile(absolute(schema)));
  const validate = validators.get(key);
  if (!validate(value)) fail(`${what}: ${ajv.errorsText(validate.errors)}`);
}
const resolve = (node) =>
  node?.$ref ? node.$ref.slice(2).split('/').reduce((at, name) => at[name], document) : node;

// ---- the document itself ---------------------------------------------------------------------------

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const operations = [];
const names = new Set();
for (const [pattern, item] of Object.entries(document.paths))
  for (const method of methods.filter((name) => item[name])) {
    const operation = item[method];
    const name = `${method.toUpperCase()} ${pattern}`;
    const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, '[^/.]+')}$`);
    operations.push({ name, pattern, method: method.toUpperCase(), operation, expression, seen: new Set() });
    if (!operation.operationId || names.has(operation.operationId)) fail(`${name}: operationId is missing or not its own`);
    names.add(operation.operationId);
    const declared = (operation.parameters ?? []).map(resolve).filter((one) => one.in === 'path').map((one) => one.name);
    const used = [...pattern.matchAll(/\{([^}]+)\}/g)].map((found) => found[1]);
    if (declared.sort().join() !== used.sort().join()) fail(`${name}: path parameters ${declared} are not ${used}`);
    checkExamples(name, operation);
  }

function checkExamples(name, operation) {
  const contents = [operation.requestBody, ...Object.values(operation.responses).map(resolve)];
  for (const content of contents)
    for (const [type, media] of Object.entries(content?.content ?? {}))
      if (media.example !== undefined && type.endsWith('json')) check(media.schema, media.example, `${name}: example`);
}

// ---- routes ------------------------------------------------------------------------------------------

// "GET /v1/x?a&b": the query parameters that a handler reads follow the pattern.
const rows = lines.filter((line) => line.route).map((line) => line.route.split('?'));
const routes = new Set(rows.map(([route]) => route));
for (const [route, query = ''] of rows) {
  const operation = operations.find((one) => one.name === route)?.operation;
  const documented = (operation?.parameters ?? []).map(resolve).filter((one) => one.in === 'query').map((one) => one.name);
  for (const name of query.split('&').filter(Boolean))
    if (!documented.includes(name)) fail(`${route}: the query parameter ${name} is not documented`);
}
if (routes.size === 0) fail('the traffic lists no routes');
for (const route of routes)
  if (!operations.some((one) => one.name === route)) fail(`${route} is not documented`);
for (const { name } of operations) if (!routes.has(name)) fail(`${name} is documented but no route`);

// ---- answers -----------------------------------------------------------------------------------------

// Each line is one of the things that the same list as a document has.
function checkLines(response, line, what) {
  if (!response.content['application/json']) return; // a stream: its lines are test_api_answers' own
  const page = resolve(response.content['application/json'].schema);
  const list = Object.values(page.properties).find((property) => property.type === 'array');
  for (const text of line.body.split('\n').slice(0, -1)) check(list.items, JSON.parse(text), `${what}: line`);
}

let checked = 0;
function checkAnswer(one, line) {
  const what = `${one.name} ${line.status}`;
  const response = resolve(one.operation.responses[line.status]);
  one.seen.add(String(line.status));
  if (!response) return fail(`${what}: this status is not documented: ${line.body}`);
  const type = line.type.split(';')[0];
  const media = response.content?.[type];
  if (!response.content) return line.body && line.method !== 'HEAD' && fail(`${what}: has a body`);
  if (!media) return fail(`${what}: '${type}' is not documented`);
  for (const header of Object.keys(response.headers ?? {}))
    if (!line.headers.toLowerCase().includes(`\n${header.toLowerCase()}:`)) fail(`${what}: no header ${header}`);
  if (line.method !== 'HEAD' && type === 'application/x-ndjson') checkLines(response, line, what);
  else if (line.method !== 'HEAD' && type.endsWith('json')) check(media.schema, JSON.parse(line.body), what);
  const body = resolve(one.operation.requestBody)?.content?.['application/json'];
  if (line.status < 300 && line.sent) {
    if (!body) fail(`${what}: takes a body that is not documented`);
    else check(body.schema, JSON.parse(line.sent), `${what}: body sent`);
  }
  checked++;
}

for (const line of lines.filter((one) => one.method)) {
  const path = line.path.split('?')[0];
  const method = line.method === 'HEAD' ? 'GET' : line.method;
  const candidates = operations.filter((one) => one.expression.test(path) && one.method === method);
  const [one] = candidates;
  if (one) checkAnswer(one, line);
  else if (![404, 405, 204].includes(line.status)) fail(`${line.method} ${path}: ${line.status} of no operation`);
}
let documentedCount = 0;
for (const { name, operation, seen } of operations)
  for (const status of Object.keys(operation.responses)) {
    documentedCount++;
    if (!seen.has(status)) fail(`${name} ${status}: documented, and no test has seen it`);
  }

for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${operations.length} operations with ${documentedCount} documented answers; ` +
  `${checked} answers held against ${documentPath.split('/').pop()}, ${failures.size} failed`);
process.exit(failures.size === 0 && checked > 0 ? 0 : 1);
