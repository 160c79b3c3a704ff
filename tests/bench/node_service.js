// SPDX-License-Identifier: EUPL-1.2
// node_service.js - the receiving work of Overstap as a Node.js service, to be
// measured against (tests/bench/run).
//
//     nodejs node_service.js CONFIG.json
//
// One process.  What may wait (SQLite, signature checks) is done on the thread
// pool of libuv, everything else on the event loop.  With "batch": 1 every
// request has a transaction and a checkpoint of its own, with more all requests
// that wait share them.  A batch is one statement: a view with a trigger takes
// its rows apart, because each call of the asynchronous driver is a round trip
// through the event loop.
//
// What it leaves out is listed in docs/benchmarks.md.  It starts with an empty
// database, and no instance may run on it.
//
// CONFIG: port, cert, key (PEM files), identity, log (seed files), db, batch,
// data (folder of types.json ...), oin, origin, versie (address book), epochs,
// rol, brin, members [{oin, rol, id, pins, mag_naar}]
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http2 = require('http2');
const sqlite3 = require('sqlite3');
const { Types, isObject, unb64u } = require('./node_types');

const JOSE_MAX = 512 * 1024;
const CLOCK_AHEAD = 300;
const VALID = 14 * 86400;
const TYP = 'overstap-bericht+jws';

class Refusal extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const now = () => Math.floor(Date.now() / 1000);
const sha256 = (...parts) => {
  const h = crypto.createHash('sha256');
  for (const p of parts) h.update(p);
  return h.digest();
};
const b64u = (b) => b.toString('base64url');

// ---- keys ----

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function ed25519(seed) {
  const sk = crypto.createPrivateKey({
    key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8',
  });
  const { x } = crypto.createPublicKey(sk).export({ format: 'jwk' });
  return { sk, x };
}

const okp = (crv, x) => crypto.createPublicKey({
  key: { kty: 'OKP', crv, x }, format: 'jwk',
});
const thumb = (crv, x) =>
  b64u(sha256(`{"crv":"${crv}","kty":"OKP","x":"${x}"}`));

// ---- JSON ----

function sameMembers(o, names) {
  return isObject(o) && Object.keys(o).length === names.length &&
    names.every((n) => Object.hasOwn(o, n));
}

function parse(bytes) {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    return null;
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true });

// ---- the message ----

const HEADER = ['alg', 'apu', 'apv', 'cty', 'enc', 'epk', 'kid', 'typ'];
const CLAIMS = ['v', 'iss', 'aud', 'jti', 'iat', 'exp', 'seq', 'ep', 'pid',
  'srt', 'inhoud', 'bijlagen'];
const bad = () => new Refusal(400, 'bericht-ongeldig');

function cut(text, n) {
  const parts = text.split('.');
  if (parts.length !== n || parts[0].length > 2048) throw bad();
  return parts;
}

function u32(n) {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
}
const KDF_ALG = Buffer.concat([u32(7), Buffer.from('A256GCM')]);

// Steps 3 to 7: the JWS inside.
function openJwe(self, from, text) {
  const [head, none, iv64, ct64, tag64] = cut(text, 5);
  const h = parse(Buffer.from(head, 'base64url'));
  if (none !== '' || !sameMembers(h, HEADER) || h.alg !== 'ECDH-ES' ||
      h.cty !== TYP || h.enc !== 'A256GCM' ||
      h.typ !== 'overstap-bericht+jwe' ||
      !sameMembers(h.epk, ['crv', 'kty', 'x']) || h.epk.crv !== 'X25519' ||
      h.epk.kty !== 'OKP' || unb64u(h.epk.x, 32) === null)
    throw bad();
  const apu = unb64u(h.apu, 20);
  const apv = unb64u(h.apv, 20);
  const iv = unb64u(iv64, 12);
  const tag = unb64u(tag64, 16);
  const ct = unb64u(ct64);
  if (!apu || !apv || !iv || !tag || !ct) throw bad();
  if (apu.toString('latin1') !== from.oin ||
      apv.toString('latin1') !== self.oin)
    throw new Refusal(403, 'partij-komt-niet-overeen');
  if (h.kid !== self.enc.kid) throw new Refusal(409, 'sleutel-onbekend');
  try {
    const z = crypto.diffieHellman({
      privateKey: self.enc.sk, publicKey: okp('X25519', h.epk.x),
    });
    const cek = sha256(u32(1), z, KDF_ALG, u32(20), apu, u32(20), apv,
      u32(256));
    const d = crypto.createDecipheriv('aes-256-gcm', cek, iv);
    d.setAAD(Buffer.from(head, 'latin1'));
    d.setAuthTag(tag);
    return Buffer.concat([d.update(ct), d.final()]);
  } catch {
    throw bad();
  }
}

const verify = (input, key, sig) => new Promise((resolve, reject) => {
  crypto.verify(null, input, key, sig, (e, ok) =>
    (e || !ok ? reject(bad()) : resolve()));
});

// Step 8: the payload.
async function openJws(from, jws) {
  const text = jws.toString('latin1');
  const [head, payload64, sig64] = cut(text, 3);
  const h = parse(Buffer.from(head, 'base64url'));
  const sig = unb64u(sig64, 64);
  const payload = unb64u(payload64);
  if (!sameMembers(h, ['alg', 'kid', 'typ']) || h.typ !== TYP ||
      (h.alg !== 'Ed25519' && h.alg !== 'EdDSA') || h.kid !== from.kid ||
      !sig || !payload)
    throw bad();
  await verify(jws.subarray(0, head.length + 1 + payload64.length), from.key,
    sig);
  return payload;
}

// Step 9, and 12 to 14 as `late`: a repetition is answered before those.
function readClaims(self, from, payload) {
  const c = parse(payload);
  const uint = (n, min) => Number.isSafeInteger(n) && n >= min;
  const wrong = new Refusal(422, 'inhoud-ongeldig');
  const members = isObject(c) && c.zaak !== undefined ? [...CLAIMS, 'zaak'] :
    CLAIMS;
  if (!sameMembers(c, members) || c.v !== 1 || !uint(c.iat, 0) ||
      !uint(c.exp, 0) || !uint(c.seq, 1) || !uint(c.ep, 1) ||
      typeof c.srt !== 'string' || !isObject(c.inhoud) ||
      !Array.isArray(c.bijlagen) || c.bijlagen.length !== 0 ||
      (c.pid !== '' && unb64u(c.pid, 32) === null))
    throw wrong;
  const jti = unb64u(c.jti, 16);
  const zaak = c.zaak === undefined ? null : unb64u(c.zaak, 16);
  if (!jti || (c.zaak !== undefined && !zaak)) throw wrong;
  if (c.iss !== from.oin || c.aud !== self.oin)
    throw new Refusal(403, 'partij-komt-niet-overeen');
  return { c, jti, zaak, late: judge(self, from, c, wrong) };
}

function judge(self, from, c, wrong) {
  const t = now();
  if (c.iat > t + CLOCK_AHEAD || c.exp <= t || c.exp <= c.iat ||
      c.exp - c.iat > VALID)
    return new Refusal(409, 'tijd-afwijkend');
  if (!self.epochs.includes(c.ep)) return new Refusal(409, 'epoch-gesloten');
  if (!self.types.allowed(c.srt, c.inhoud, from, self))
    return new Refusal(403, 'niet-toegestaan');
  return self.types.valid(c.srt, c.inhoud, c.pid !== '') ? null : wrong;
}

// ---- sealed columns ----

const seal = (key, aad, plain) => {
  const iv = crypto.randomBytes(12);
  const e = crypto.createCipheriv('aes-256-gcm', key, iv);
  e.setAAD(aad);
  return Buffer.concat([iv, e.update(plain), e.final(), e.getAuthTag()]);
};

const unseal = (key, aad, blob) => {
  const d = crypto.createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12));
  d.setAAD(aad);
  d.setAuthTag(blob.subarray(-16));
  return Buffer.concat([d.update(blob.subarray(12, -16)), d.final()]);
};

const aad = (what, id) => Buffer.concat([Buffer.from(what), id]);

// ---- the log: RFC 6962 tree, every complete subtree in memory ----

const LEFT = Buffer.of(1);
const node = (l, r) => sha256(LEFT, l, r);

class Tree {
  constructor() {
    this.level = [[]]; // level[k][i]: root over 2^k leaves
    this.edge = new Map(); // of this size: first leaf -> root to the end
  }

  get size() {
    return this.level[0].length;
  }

  add(leaf) {
    let h = sha256(Buffer.of(0), leaf);
    this.edge.clear();
    for (let k = 0; ; k++) {
      if (this.level[k] === undefined) this.level[k] = [];
      const row = this.level[k];
      row.push(h);
      if (row.length % 2 === 1) return;
      h = node(row[row.length - 2], h);
    }
  }

  // Root over leaves [from, to), cut as the RFC does.
  root(from, to) {
    const n = to - from;
    const k = 31 - Math.clz32(n);
    if (2 ** k === n) return this.level[k][from / n];
    let h = this.edge.get(from);
    if (h === undefined) {
      const m = 2 ** k;
      h = node(this.root(from, from + m), this.root(from + m, to));
      this.edge.set(from, h);
    }
    return h;
  }

  path(index) {
    const out = [];
    let from = 0;
    let to = this.size;
    while (to - from > 1) {
      const m = 2 ** (31 - Math.clz32(to - from - 1));
      if (index < from + m) {
        out.push(this.root(from + m, to));
        to = from + m;
      } else {
        out.push(this.root(from, from + m));
        from += m;
      }
    }
    return out.reverse();
  }

  // The last tile of a level if the newest leaf changed it, else null.
  tile(t) {
    if (this.size % 256 ** t !== 0) return null;
    const row = this.level[8 * t];
    return Buffer.concat(row.slice(Math.floor((row.length - 1) / 256) * 256));
  }
}

// ---- the database ----

const SCHEMA = `
PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;
PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=2000;
CREATE TABLE partner (id INTEGER PRIMARY KEY, oin TEXT NOT NULL UNIQUE,
  seq_in INTEGER NOT NULL DEFAULT 0, gehoord INTEGER) STRICT;
CREATE TABLE bericht (nr INTEGER PRIMARY KEY, id BLOB NOT NULL,
  partner INTEGER NOT NULL, seq INTEGER NOT NULL, ep INTEGER NOT NULL,
  srt TEXT NOT NULL, zaak BLOB, ontvangen INTEGER NOT NULL,
  stand TEXT NOT NULL, inhoud BLOB, bewijs BLOB,
  UNIQUE (partner, seq)) STRICT;
CREATE INDEX bericht_zaak ON bericht(zaak) WHERE zaak IS NOT NULL;
CREATE TABLE sleutel (id BLOB PRIMARY KEY, wrap BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE gezien (partner INTEGER NOT NULL, jti BLOB NOT NULL,
  seq INTEGER NOT NULL, bericht INTEGER NOT NULL, sha_jws BLOB NOT NULL,
  PRIMARY KEY (partner, jti)) STRICT, WITHOUT ROWID;
CREATE INDEX gezien_bericht ON gezien(bericht);
CREATE TABLE zaak (zaak BLOB PRIMARY KEY, partner INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE blad (idx INTEGER PRIMARY KEY, tekst BLOB NOT NULL) STRICT;
CREATE TABLE tegel (niveau INTEGER NOT NULL, nr INTEGER NOT NULL,
  hashes BLOB NOT NULL, PRIMARY KEY (niveau, nr)) STRICT, WITHOUT ROWID;
CREATE TABLE hoofd (een INTEGER PRIMARY KEY CHECK (een = 1),
  omvang INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE VIEW ontvangst AS SELECT 0 AS nr, x'' AS id, 0 AS partner, 0 AS seq,
  0 AS ep, '' AS srt, x'' AS zaak, 0 AS tijd, x'' AS inhoud, x'' AS bewijs,
  x'' AS wrap, x'' AS jti, x'' AS sha_jws, x'' AS blad, x'' AS t0, x'' AS t1,
  x'' AS t2, '' AS note;
CREATE TRIGGER ontvangen INSTEAD OF INSERT ON ontvangst BEGIN
  INSERT INTO bericht VALUES (NEW.nr, NEW.id, NEW.partner, NEW.seq, NEW.ep,
    NEW.srt, NEW.zaak, NEW.tijd, 'ONBEKEND', NEW.inhoud, NEW.bewijs);
  INSERT INTO sleutel VALUES (NEW.id, NEW.wrap);
  INSERT INTO gezien VALUES (NEW.partner, NEW.jti, NEW.seq, NEW.nr,
    NEW.sha_jws);
  UPDATE partner SET seq_in=max(seq_in,NEW.seq), gehoord=NEW.tijd
    WHERE id=NEW.partner;
  INSERT OR IGNORE INTO zaak SELECT NEW.zaak, NEW.partner
    WHERE NEW.zaak IS NOT NULL;
  INSERT INTO blad VALUES (NEW.nr, NEW.blad);
  INSERT OR REPLACE INTO tegel SELECT 0, NEW.nr>>8, NEW.t0
    WHERE NEW.t0 IS NOT NULL;
  INSERT OR REPLACE INTO tegel SELECT 1, NEW.nr>>16, NEW.t1
    WHERE NEW.t1 IS NOT NULL;
  INSERT OR REPLACE INTO tegel SELECT 2, NEW.nr>>24, NEW.t2
    WHERE NEW.t2 IS NOT NULL;
  INSERT OR REPLACE INTO hoofd SELECT 1, NEW.nr+1, NEW.note
    WHERE NEW.note IS NOT NULL;
END;`;
const COLUMNS = 18;

class Store {
  constructor(file) {
    this.cache = new Map();
    this.db = new sqlite3.Database(file, sqlite3.OPEN_READWRITE |
      sqlite3.OPEN_CREATE);
  }

  exec(sql) {
    return new Promise((resolve, reject) => {
      this.db.exec(sql, (e) => (e ? reject(e) : resolve()));
    });
  }

  // Prepared once for each number of rows.
  call(how, sql, values) {
    let st = this.cache.get(sql);
    if (st === undefined) {
      st = this.db.prepare(sql);
      this.cache.set(sql, st);
    }
    return new Promise((resolve, reject) => {
      st[how](values, (e, rows) => (e ? reject(e) : resolve(rows)));
    });
  }

  // Rows that have the jti or the seq of one of these messages.
  known(batch) {
    const pairs = Array(batch.length).fill('(?,?)').join();
    return this.call('all',
      'SELECT g.partner,g.jti,g.seq,g.sha_jws,b.id,b.bewijs,s.wrap' +
      ' FROM gezien g LEFT JOIN bericht b ON b.nr=g.bericht' +
      ' LEFT JOIN sleutel s ON s.id=b.id' +
      ` WHERE (g.partner,g.jti) IN (VALUES ${pairs})` +
      ' UNION ALL SELECT b.partner,g.jti,b.seq,g.sha_jws,NULL,NULL,NULL' +
      ' FROM bericht b JOIN gezien g ON g.bericht=b.nr' +
      ` WHERE (b.partner,b.seq) IN (VALUES ${pairs})`,
      [...batch.flatMap((m) => [m.from.id, m.jti]),
        ...batch.flatMap((m) => [m.from.id, m.c.seq])]);
  }

  write(rows) {
    const one = `(${Array(COLUMNS).fill('?').join()})`;
    return this.call('run', 'INSERT INTO ontvangst VALUES ' +
      Array(rows.length).fill(one).join(), rows.flat());
  }
}

// ---- the service ----

class Service {
  constructor(conf) {
    this.oin = conf.oin;
    this.rol = conf.rol;
    this.brin = conf.brin;
    this.epochs = conf.epochs;
    this.versie = conf.versie;
    this.origin = conf.origin;
    this.batch = conf.batch;
    this.types = new Types(conf.data);
    this.id = ed25519(fs.readFileSync(conf.identity));
    this.kid = thumb('Ed25519', this.id.x);
    this.log = ed25519(fs.readFileSync(conf.log));
    this.logId = sha256(this.origin, '\n', Buffer.of(1),
      Buffer.from(this.log.x, 'base64url')).subarray(0, 4);
    const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519');
    const { x } = publicKey.export({ format: 'jwk' });
    this.enc = { sk: privateKey, x, kid: thumb('X25519', x) };
    this.kek = crypto.createSecretKey(crypto.randomBytes(32));
    this.tree = new Tree();
    this.waiting = [];
    this.busy = false;
    this.store = new Store(conf.db);
    this.pins = new Map();
    conf.members.forEach((m, i) => {
      const member = {
        id: i + 1, oin: m.oin, rol: m.rol, key: okp('Ed25519', m.id),
        kid: thumb('Ed25519', m.id), highest: 0,
        mayReach: (oin) => m.mag_naar.includes('alle') ||
          m.mag_naar.includes(oin),
      };
      for (const pin of m.pins) this.pins.set(pin, member);
    });
  }

  async open() {
    await this.store.exec(SCHEMA);
    const members = new Set(this.pins.values());
    await this.store.exec(`BEGIN;${[...members].map((m) =>
      `INSERT INTO partner(id,oin) VALUES (${m.id},'${m.oin}');`)
      .join('')}COMMIT;`);
  }

  sign(typ, payload) {
    const text = `${b64u(Buffer.from(JSON.stringify({
      alg: 'Ed25519', kid: this.kid, typ,
    })))}.${b64u(Buffer.from(payload))}`;
    const sig = crypto.sign(null, Buffer.from(text, 'latin1'), this.id.sk);
    return Buffer.from(`${text}.${b64u(sig)}`, 'latin1');
  }

  bundle() {
    const t = now();
    const { kid, x } = this.enc;
    return this.sign('overstap-sleutels+jws', JSON.stringify({
      v: 1, iss: this.oin, versie: t, iat: t, exp: t + 86400,
      enc: [{ kid, x, nbf: t - 60, exp: t + 86400 }], link: [],
      oorsprong: 1, adresboek: this.versie,
    }));
  }

  // The load generator asks for the highest number and nothing else.
  reconciliation(from) {
    return this.sign('overstap-afstemming+jws', JSON.stringify({
      v: 1, iss: this.oin, aud: from.oin, iat: now(), van: 1, tot: 1,
      hoogste: from.highest, ontvangen: [],
      verzonden: { hoogste: 0, vervallen: [] }, checkpoint: '',
    }));
  }

  async accept(from, body) {
    const jws = openJwe(this, from, body.toString('latin1'));
    const shaJwe = sha256(body);
    const shaJws = sha256(jws);
    const m = readClaims(this, from, await openJws(from, jws));
    const done = new Promise((resolve, reject) => {
      Object.assign(m, { from, jws, shaJwe, shaJws, resolve, reject });
    });
    this.waiting.push(m);
    if (!this.busy) {
      this.busy = true;
      setImmediate(() => this.drain());
    }
    return done;
  }

  async drain() {
    try {
      while (this.waiting.length > 0)
        await this.commit(this.waiting.splice(0, this.batch));
      this.busy = false;
    } catch (e) {
      // The state of the database is in doubt: begin anew.
      console.error(e);
      process.exit(1);
    }
  }

  async commit(batch) {
    const seen = new Map();
    for (const r of await this.store.known(batch)) {
      if (r.id !== null || !seen.has(`${r.partner} ${b64u(r.jti)}`))
        seen.set(`${r.partner} ${b64u(r.jti)}`, r);
      seen.set(`${r.partner} ${r.seq}`, r);
    }
    const fresh = batch.filter((m) => this.isFresh(m, seen));
    if (fresh.length === 0) return;
    await this.store.write(this.rows(fresh));
    for (const m of fresh) m.resolve({ status: 201, receipt: m.receipt });
  }

  // Steps 10 to 14; what is not new is answered.
  isFresh(m, seen) {
    const r = seen.get(`${m.from.id} ${m.c.jti}`);
    if (r !== undefined) {
      if (!r.sha_jws.equals(m.shaJws))
        m.reject(new Refusal(409, 'jti-hergebruikt'));
      else if (r.id === undefined) // the same batch: try again
        this.waiting.push(m);
      else if (r.bewijs === null)
        m.reject(new Refusal(410, 'vernietigd'));
      else
        m.resolve({ status: 200, receipt: this.stored(r) });
      return false;
    }
    if (seen.has(`${m.from.id} ${m.c.seq}`))
      m.late = new Refusal(409, 'volgnummer-hergebruikt');
    if (m.late !== null) {
      m.reject(m.late);
      return false;
    }
    const own = { sha_jws: m.shaJws };
    seen.set(`${m.from.id} ${m.c.jti}`, own);
    seen.set(`${m.from.id} ${m.c.seq}`, own);
    return true;
  }

  stored(r) {
    const dek = unseal(this.kek, r.id, r.wrap);
    return unseal(dek, aad('bewijs', r.id), r.bewijs);
  }

  // Leaves first, then one checkpoint over them, then the receipts.
  rows(batch) {
    const t = now();
    const hour = new Date(t * 1000).toISOString().slice(0, 13);
    for (const m of batch) {
      m.salt = crypto.randomBytes(32);
      const ref = crypto.createHmac('sha256', m.salt)
        .update('overstapd/logref/v1\0').update(m.shaJwe).update(m.jti)
        .digest('base64');
      m.leaf = `overstap-log/v1\ntijd ${hour}\nsoort ontvangst\n` +
        `partij ${m.from.oin}\nref ${ref}\n`;
      m.index = this.tree.size;
      this.tree.add(m.leaf);
      // Full tiles now, the last one of each batch below.
      const full = this.tree.size % 256 === 0;
      m.tiles = [0, 1, 2].map((k) => (full ? this.tree.tile(k) : null));
    }
    const last = batch[batch.length - 1];
    last.tiles[0] = this.tree.tile(0);
    last.note = this.checkpoint();
    return batch.map((m) => this.row(m, t, last.note));
  }

  checkpoint() {
    const { size } = this.tree;
    const text = `${this.origin}\n${size}\n` +
      `${this.tree.root(0, size).toString('base64')}\n`;
    const sig = crypto.sign(null, Buffer.from(text), this.log.sk);
    return `${text}\n\u2014 ${this.origin} ` +
      `${Buffer.concat([this.logId, sig]).toString('base64')}\n`;
  }

  row(m, t, note) {
    const id = crypto.randomBytes(16);
    const dek = crypto.randomBytes(32);
    const hashes = this.tree.path(m.index)
      .map((h) => `${h.toString('base64')}\n`).join('');
    m.receipt = this.sign('overstap-ontvangst+jws', JSON.stringify({
      v: 1, iss: this.oin, aud: m.from.oin, jti: b64u(crypto.randomBytes(16)),
      iat: t, ref: m.c.jti, sha256_jwe: b64u(m.shaJwe),
      sha256_jws: b64u(m.shaJws), status: 'ontvangen',
      log: {
        blad: m.leaf, zout: b64u(m.salt),
        bewijs: `c2sp.org/tlog-proof@v1\nindex ${m.index}\n${hashes}\n${note}`,
      },
    }));
    m.from.highest = Math.max(m.from.highest, m.c.seq);
    return [m.index, id, m.from.id, m.c.seq, m.c.ep, m.c.srt, m.zaak, t,
      seal(dek, aad('inhoud', id), m.jws),
      seal(dek, aad('bewijs', id), m.receipt), seal(this.kek, id, dek),
      m.jti, m.shaJws, Buffer.from(m.leaf), ...m.tiles,
      m.note === undefined ? null : m.note];
  }

  // ---- HTTP/2 ----

  member(session) {
    if (session.member === undefined) {
      const cert = session.socket.getPeerX509Certificate();
      const pin = cert && sha256(cert.publicKey
        .export({ type: 'spki', format: 'der' })).toString('base64');
      session.member = this.pins.get(pin) || null;
    }
    return session.member;
  }

  async serve(stream, headers) {
    try {
      const from = this.member(stream.session);
      if (from === null) throw new Refusal(403, 'partij-onbekend');
      const target = headers[':path'];
      if (headers[':method'] === 'GET') {
        if (target === '/v1/sleutels')
          return answer(stream, 200, this.bundle());
        if (target.startsWith('/v1/afstemming?'))
          return answer(stream, 200, this.reconciliation(from));
        throw new Refusal(404, 'niet-gevonden');
      }
      if (headers[':method'] !== 'POST' || target !== '/v1/berichten')
        throw new Refusal(404, 'niet-gevonden');
      const body = await read(stream, headers);
      const { status, receipt } = await this.accept(from, body);
      return answer(stream, status, receipt);
    } catch (e) {
      if (!(e instanceof Refusal)) {
        console.error(e);
        e = new Refusal(503, 'tijdelijk-niet-beschikbaar');
      }
      return answer(stream, e.status, Buffer.from(JSON.stringify({
        type: `urn:overstap:fout:${e.code}`, title: e.code, status: e.status,
      })), 'application/problem+json');
    }
  }
}

function answer(stream, status, body, type = 'application/jose') {
  if (stream.destroyed) return;
  stream.respond({
    ':status': status, 'content-type': type, 'content-length': body.length,
  });
  stream.end(body);
}

// Step 2.
function read(stream, headers) {
  const length = headers['content-length'];
  if (headers['content-type'] !== 'application/jose')
    throw new Refusal(415, 'media-type');
  if (length === undefined) throw new Refusal(411, 'lengte-nodig');
  if (!(+length <= JOSE_MAX)) throw new Refusal(413, 'te-groot');
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (b) => chunks.push(b));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('aborted', () => reject(bad()));
    stream.on('error', () => reject(bad()));
  });
}

async function main() {
  const conf = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const service = new Service(conf);
  await service.open();
  const server = http2.createSecureServer({
    cert: fs.readFileSync(conf.cert), key: fs.readFileSync(conf.key),
    minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 64, initialWindowSize: 128 * 1024 },
  });
  server.on('session', (session) => {
    session.setLocalWindowSize(64 * 128 * 1024);
  });
  server.on('stream', (stream, headers) => service.serve(stream, headers));
  server.on('sessionError', () => {});
  server.listen(conf.port, '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
}

main();
