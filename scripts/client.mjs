// A small client of the REST API: what the demo and the system tests speak through.
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Signs tokens with the key of the house in that folder, as `arbiter token` does, without a process for
// each: (subject, ['player', …]) → token.
export function signer(folder) {
  const keys = JSON.parse(readFileSync(join(folder, 'keys-private.json'), 'utf8'));
  const jwk = keys.keys ? keys.keys[0] : keys;
  const secret = createPrivateKey({ key: jwk, format: 'jwk' });
  const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = text({ typ: 'JWT', alg: 'EdDSA', kid: jwk.kid });
  return (sub, roles = ['player']) => {
    const claims = text({ sub, roles, exp: Math.floor(Date.now() / 1000) + 86400 });
    return `${head}.${claims}.${sign(null, Buffer.from(`${head}.${claims}`), secret).toString('base64url')}`;
  };
}

// The house that `arbiter up --dir FOLDER` has started.
export class House {
  constructor(arbiter, folder) {
    this.arbiter = arbiter;
    this.folder = folder;
    this.tokens = new Map();
    this.retried = 0; // requests that met 503 and were sent again
  }

  // Addresses and process ids; read again because a restarted process has a new id.
  about() {
    return JSON.parse(readFileSync(join(this.folder, 'house.json'), 'utf8'));
  }

  get url() {
    this.address ??= this.about().http_url;
    return this.address;
  }

  token(subject, roles = 'player') {
    const name = `${subject} ${roles}`;
    if (!this.tokens.has(name)) {
      this.sign ??= signer(this.folder);
      this.tokens.set(name, this.sign(subject, roles.split(',')));
    }
    return this.tokens.get(name);
  }

  director() {
    return this.token('director', 'director,admin');
  }

  // One request, whatever it answers: {status, headers, json}.
  async ask(method, path, { body, bearer, key, timeout = 15000 } = {}) {
    const headers = { 'Content-Type': 'application/json' };
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    if (key) headers['Idempotency-Key'] = key;
    const answer = await fetch(this.url + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
    const json = await answer.json().catch(() => ({}));
    return { status: answer.status, headers: answer.headers, json };
  }

  // A director's action, confirmed as often as its warning level wants. A test has read the preview
  // when it was written; a console shows it to a person.
  async act(tournament, body, bearer = this.director()) {
    const path = `/v1/tournaments/${tournament}/actions`;
    const request = { note: 'as the script says', confirm: [], ...body };
    for (;;) {
      const answer = await this.call('POST', path, request, bearer).catch((error) => error);
      const token = answer.problem?.preview?.confirm;
      if (answer.status !== 428 || !token) {
        if (answer instanceof Error) throw answer;
        return answer;
      }
      request.confirm = [...request.confirm, token];
    }
  }

  // One request until it is answered: a service that is being restarted answers 503 with
  // Retry-After, or not at all, and a good client comes back with the same Idempotency-Key.
  async call(method, path, body, bearer, key = `${method}-${path}-${Math.random()}`) {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.ask(method, path, { body, bearer, key }).catch((error) => ({
        status: 0,
        json: { detail: error.message },
      }));
      if (answer.status >= 200 && answer.status < 300) return answer.json;
      const isPassing = answer.status === 503 || answer.status === 0;
      if (!isPassing || attempt > 400)
        throw Object.assign(
          new Error(`${method} ${path}: ${answer.status} ${answer.json.detail ?? ''} ${JSON.stringify(answer.json)}`),
          { status: answer.status, problem: answer.json },
        );
      this.retried++;
      await pause(250);
    }
  }

  get(path) {
    return this.call('GET', path);
  }
}

// Asks again until `probe` finds something; an unanswered wait is a failure that says for what.
export async function until(what, probe, patience = 180000) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s for ${what}`);
    await pause(20);
  }
}
