// A WebSocket client by hand, so that tests can also say what no library would let them.
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const patience = 60000;

export class Socket {
  // Opens `${url}/v1/socket`; rejects with {status, body} where the handshake is refused.
  static open(url, { token, protocols, headers = {}, version = 13, path = '/v1/socket' } = {}) {
    const { hostname, port } = new URL(url);
    const key = randomBytes(16).toString('base64');
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${hostname}:${port}`, 'Connection: Upgrade', 'Upgrade: websocket',
      `Sec-WebSocket-Key: ${key}`, `Sec-WebSocket-Version: ${version}`];
    if (token) lines.push(`Authorization: Bearer ${token}`);
    if (protocols) lines.push(`Sec-WebSocket-Protocol: ${protocols.join(', ')}`);
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    return new Promise((resolve, reject) => {
      const tcp = connect(Number(port), hostname);
      let head = Buffer.alloc(0);
      const onData = (bytes) => {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const text = head.subarray(0, end).toString();
        const status = Number(text.split(' ')[1]);
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        if (status !== 101) {
          tcp.destroy();
          reject(Object.assign(new Error(text), { status, body: head.subarray(end + 4).toString() }));
        } else if (!text.toLowerCase().includes(`sec-websocket-accept: ${accept.toLowerCase()}`)) {
          tcp.destroy();
          reject(new Error(`the handshake's answer is wrong: ${text}`));
        } else {
          tcp.off('data', onData);
          resolve(new Socket(tcp, head.subarray(end + 4), text));
        }
      };
      tcp.on('data', onData);
      tcp.once('error', reject);
      tcp.setNoDelay(true);
      tcp.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
  }

  constructor(tcp, rest, head) {
    Object.assign(this, { tcp, head, rest: Buffer.alloc(0), messages: [], waiting: [], closed: null, pings: 0 });
    tcp.removeAllListeners('error');
    tcp.on('error', () => {});
    tcp.on('data', (bytes) => this.take(bytes));
    tcp.on('close', () => this.end({ code: 1006, reason: '' }));
    if (rest.length > 0) this.take(rest);
  }

  end(how) {
    this.closed ??= how;
    for (const waiter of this.waiting.splice(0)) waiter();
  }

  take(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      if (this.rest.length < 2) return;
      let size = this.rest[1] & 127;
      let at = 2;
      if (size === 126) { if (this.rest.length < 4) return; size = this.rest.readUInt16BE(2); at = 4; }
      else if (size === 127) { if (this.rest.length < 10) return; size = Number(this.rest.readBigUInt64BE(2)); at = 10; }
      if (this.rest.length < at + size) return;
      this.frame(this.rest[0] & 15, this.rest.subarray(at, at + size));
      this.rest = this.rest.subarray(at + size);
    }
  }

  frame(opcode, payload) {
    if (opcode === 1) {
      this.messages.push(payload.toString());
      for (const waiter of this.waiting.splice(0)) waiter();
    } else if (opcode === 8) {
      this.end({ code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.subarray(2).toString() });
      if (!this.tcp.destroyed) this.send(payload, { opcode: 8 });
    } else if (opcode === 9) {
      this.pings++;
      if (!this.deaf) this.send(payload, { opcode: 10 });
    } else if (opcode === 10) {
      this.pong = payload.toString();
    }
  }

  // Sends a frame: text or bytes, masked unless told otherwise.
  send(payload, { opcode = 1, fin = true, masked = true, rsv = 0, size } = {}) {
    const data = Buffer.from(payload);
    const declared = size ?? data.length;
    const head = declared < 126 ? Buffer.from([0, declared])
      : declared < 65536 ? Buffer.from([0, 126, declared >> 8, declared & 255])
        : Buffer.concat([Buffer.from([0, 127]), (() => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(declared)); return b; })()]);
    head[0] = (fin ? 128 : 0) | (rsv << 4) | opcode;
    if (!masked) return this.tcp.write(Buffer.concat([head, data]));
    head[1] |= 128;
    const mask = randomBytes(4);
    const body = Buffer.from(data.map((byte, i) => byte ^ mask[i & 3]));
    return this.tcp.write(Buffer.concat([head, mask, body]));
  }

  say(message) {
    this.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  // Waits for the first message (parsed, where it is JSON) that `wanted` likes, and takes it.
  async hear(wanted = () => true, what = 'a message') {
    const end = Date.now() + patience;
    for (;;) {
      for (const [i, text] of this.messages.entries()) {
        const message = text.startsWith('{') ? JSON.parse(text) : text;
        if (wanted(message)) {
          this.messages.splice(i, 1);
          return message;
        }
      }
      if (this.closed) throw new Error(`closed (${this.closed.code} ${this.closed.reason}) before ${what}`);
      if (Date.now() > end) throw new Error(`waited for ${what}; have ${this.messages.slice(0, 5)}`);
      await this.something(end - Date.now());
    }
  }

  something(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiting.push(() => { clearTimeout(timer); resolve(); });
    });
  }

  // Says something with a mark of its own and waits for its answer.
  ask(message) {
    this.marks = (this.marks ?? 0) + 1;
    const ref = `r${this.marks}`;
    this.say({ ...message, ref });
    return this.hear((answer) => answer.ref === ref, `the answer to ${JSON.stringify(message)}`);
  }

  async isClosed() {
    const end = Date.now() + patience;
    while (!this.closed) {
      if (Date.now() > end) throw new Error('waited for the close');
      await this.something(end - Date.now());
    }
    return this.closed;
  }

  close() {
    if (!this.closed) this.send(Buffer.from([3, 232]), { opcode: 8 });
    this.tcp.end();
  }
}
