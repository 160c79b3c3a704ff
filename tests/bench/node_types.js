// SPDX-License-Identifier: EUPL-1.2
// node_types.js - what a message may contain, for node_service.js: the tables
// of data/ read once and made into closures.
'use strict';
const fs = require('fs');
const path = require('path');

function isObject(v) {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

// Canonical base64url of n bytes (any number without n), or null.
function unb64u(s, n) {
  if (typeof s !== 'string') return null;
  const b = Buffer.from(s, 'base64url');
  if (n !== undefined && b.length !== n) return null;
  return b.toString('base64url') === s ? b : null;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

function isDate(s) {
  const m = DATE.exec(s);
  if (m === null) return false;
  const y = +m[1];
  const month = +m[2];
  if (y < 1900 || month < 1 || month > 12 || +m[3] < 1) return false;
  return +m[3] <= new Date(Date.UTC(y, month, 0)).getUTCDate();
}

function addMonths(s, n) {
  if (n === 0) return s;
  const [, y, m, d] = DATE.exec(s).map(Number);
  const first = new Date(Date.UTC(y, m - 1 + n, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(),
    first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(d, last));
  return first.toISOString().slice(0, 10);
}

// One @, something on both sides, a point in the domain, visible ASCII.
const EMAIL_CHAR = '[!#-\'*+.-9=?A-Z^-~-]';
const EMAIL = new RegExp(
  `^${EMAIL_CHAR}{1,64}@(?!\\.)(?=.*\\.)(?=.{3})${EMAIL_CHAR}*(?<!\\.)$`);

const SHAPES = {
  b64u16: (s) => unb64u(s, 16) !== null,
  b64u32: (s) => unb64u(s, 32) !== null,
  oin: (s) => /^\d{20}$/.test(s),
  brin: (s) => /^\d\d[A-Z]{2}$/.test(s),
  vestiging: (s) => /^\d\d$/.test(s),
  gemeente: (s) => /^\d{4}$/.test(s),
  crebo: (s) => /^\d{5}$/.test(s),
  elementcode: (s) => /^\d{4}$/.test(s),
  schooljaar: (s) =>
    /^\d{4}-\d{4}$/.test(s) && +s.slice(5) === +s.slice(0, 4) + 1,
  postcode: (s) => /^[1-9]\d{3}[A-Z]{2}$/.test(s),
  telefoon: (s) => s.length <= 20 && /^\+?(?:[ ()-]*\d){6,}[ ()-]*$/.test(s),
  email: (s) => s.length <= 254 && EMAIL.test(s),
  letter: (s) => /^[A-Za-z]$/.test(s),
  cijfers: (s) => /^\d{1,20}$/.test(s),
};
// What a path below an object leads to: 'verzuim/urenTotaal'.
function at(p) {
  const steps = p.split('/');
  return (o) => steps.reduce((x, s) => (x === undefined ? x : x[s]), o);
}

const NO_TEXT = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

class Types {
  constructor(folder) {
    const read = (name) =>
      JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
    this.today = new Date().toISOString().slice(0, 10);
    const inForce = (r) => (r.geldigVan || '') <= this.today &&
      this.today <= (r.geldigTot || '9999');
    this.lists = new Map();
    for (const l of read('codelijsten.json').lijsten)
      this.lists.set(l.naam,
        new Set(l.codes.filter(inForce).map((c) => c.code)));
    this.grounds = new Map(read('grondslagen.json').grondslagen
      .filter(inForce).map((g) => [g.code, g]));
    this.matrix = read('matrix.json').rijen.filter(inForce);
    const doc = read('types.json');
    this.groups = new Map();
    this.source = doc.groepen;
    this.types = new Map();
    for (const t of doc.typen.filter(inForce)) {
      const common = doc.gemeen
        .filter((f) => !(t.zonder || []).includes(f.naam))
        .map((f) => ((t.verplicht || []).includes(f.naam) ?
          { ...f, aantal: '1' } : f));
      this.types.set(t.srt, {
        hasPid: t.pidAls === undefined ? () => t.pid :
          (o) => t.pidAls.is.includes(at(t.pidAls.lid.slice(1))(o)),
        check: this.group({
          velden: [...common, ...t.velden], regels: t.regels,
        }, t.schema),
      });
    }
  }

  named(name, schema) {
    const key = `${schema} ${name}`;
    if (!this.groups.has(key))
      this.groups.set(key, this.group(this.source[name], schema));
    return this.groups.get(key);
  }

  // One value: (value, walk, part) => is it good?
  value(f, schema) {
    const text = (good) => (v) => typeof v === 'string' && good(v);
    const list = this.lists.get(f.lijst);
    switch (f.soort) {
      case 'tekst':
        return text((s) => s.length > 0 && !NO_TEXT.test(s) &&
          (s.length <= f.max || [...s].length <= f.max));
      case 'decimaal':
        return text((s) => s.length <= f.max &&
          /^(?:0|[1-9]\d*)(?:\.\d{1,2})?$/.test(s));
      case 'datum':
        return text(isDate);
      case 'moment':
        return text((s) => isDate(s.slice(0, 10)) &&
          /^T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/.test(s.slice(10)));
      case 'code':
        if (list === undefined)
          throw new Error(`field ${f.naam}: list ${f.lijst}`);
        return text((s) => list.has(s));
      case 'patroon':
        if (f.vorm === 'schema') return text((s) => s === schema);
        if (SHAPES[f.vorm] === undefined)
          throw new Error(`field ${f.naam}: shape ${f.vorm}`);
        return text(SHAPES[f.vorm]);
      case 'geheel':
        return (v) => Number.isInteger(v) && v >= f.min && v <= f.max;
      case 'janee':
        return (v) => typeof v === 'boolean';
      case 'kaart': {
        const keys = this.lists.get(f.sleutels);
        return (v) => isObject(v) && Object.keys(v).every((k) =>
          keys.has(k) && typeof v[k] === 'string' && list.has(v[k]));
      }
      case 'groep': {
        const check = this.named(f.groep, schema);
        return (v, w, part) => isObject(v) && check(v, w, part);
      }
      default:
        throw new Error(`soort ${f.soort}`);
    }
  }

  field(f, schema) {
    const one = this.value(f, schema);
    const m = /^(\d+)(?:\.\.(\d+))?$/.exec(f.aantal);
    const max = +(m[2] || m[1]);
    const check = max === 1 ? one : (v, w, part) => Array.isArray(v) &&
      v.length >= +m[1] && v.length <= max &&
      v.every((x) => one(x, w, part));
    const level = f.gevoelig || 'N';
    return {
      required: +m[1] > 0,
      check: (v, w, part) => {
        const own = f.deel || part;
        if (f.categorie !== undefined) {
          w.seen.add(f.categorie);
          if (w.forbidden.has(f.categorie)) return false;
        }
        return w.parts.has(own) &&
          (f.soort === 'groep' || w.levels.has(level)) && check(v, w, own);
      },
    };
  }

  // What a rule asks of an object: (object, walk) => does it hold?
  rule(r) {
    const member = r.lid === undefined ? undefined : at(r.lid);
    const when = r.als === undefined ? undefined : at(r.als);
    const holds = (o) => {
      const v = when(o);
      return v !== undefined && (r.is === undefined || r.is.includes(v));
    };
    switch (r.regel) {
      case 'precies-een': {
        const [a, b] = r.leden.map(at);
        return (o) => (a(o) === undefined) !== (b(o) === undefined);
      }
      case 'vereist-als':
        return (o) => !holds(o) || member(o) !== undefined;
      case 'verboden-als':
        return (o, w) => (r.tenzij === 'geheimAdres' && w.secretAddress) ||
          !holds(o) || member(o) === undefined;
      case 'minstens':
        return (o) => !holds(o) || member(o) === undefined ||
          Number(member(o)) >= r.waarde;
      case 'gelijk': {
        const other = at(r.aan);
        return (o) => member(o) === undefined || other(o) === undefined ||
          member(o) === other(o);
      }
      case 'niet-voor':
      case 'niet-na': {
        const limit = r.grens === '@vandaag' ? () => this.today : at(r.grens);
        const months = r.maanden || 0;
        const before = r.regel === 'niet-voor';
        return (o) => {
          const a = member(o);
          const b = limit(o);
          if (a === undefined || b === undefined) return true;
          return before ? a >= addMonths(b, -months) :
            a <= addMonths(b, months);
        };
      }
      default:
        throw new Error(`rule ${r.regel}`);
    }
  }

  group(g, schema) {
    const fields = new Map();
    for (const f of g.velden) fields.set(f.naam, this.field(f, schema));
    const required = [...fields].filter(([, f]) => f.required)
      .map(([name]) => name);
    const rules = (g.regels || []).map((r) => this.rule(r));
    return (o, w, part) => {
      for (const name of Object.keys(o)) {
        const f = fields.get(name);
        if (f === undefined || !f.check(o[name], w, part)) return false;
      }
      return required.every((name) => o[name] !== undefined) &&
        rules.every((r) => r(o, w));
    };
  }

  // Step 13: may this member send this to us?
  allowed(srt, content, from, self) {
    const value = (p) => at(p.slice(1))(content);
    return from.mayReach(self.oin) && this.matrix.some((r) =>
      r.srt === srt && r.van.some((x) => from.rol.includes(x)) &&
      r.naar.some((x) => self.rol.includes(x)) &&
      r.grondslagen.includes(content.grondslag) &&
      (r.voorwaarden || []).every((c) => c.in.includes(value(c.lid))) &&
      (r.zonder || []).every((p) => value(p) === undefined) &&
      (r.benoemd === undefined || value(r.benoemd.als) === undefined ||
        self.brin.includes(value(r.benoemd.lid))));
  }

  // Step 14.
  valid(srt, content, hasPid) {
    const t = this.types.get(srt);
    const ground = this.grounds.get(content.grondslag);
    const may = ground && ground.typen.find((x) => x.srt === srt);
    if (t === undefined || may === undefined || t.hasPid(content) !== hasPid)
      return false;
    const w = {
      parts: new Set(may.delen), levels: new Set(may.gevoelig),
      secretAddress: ground.geheimAdres, forbidden: new Set(),
      seen: new Set(),
    };
    const delivery = isObject(content.uitlevering) ? content.uitlevering : {};
    for (const [category, word] of Object.entries(delivery))
      if (word === 'VERBODEN' || word === 'OPT-UIT')
        w.forbidden.add(category);
    return t.check(content, w, 'algemeen') &&
      Object.entries(delivery).every(([category, word]) =>
        word !== 'VERPLICHT' || w.seen.has(category));
  }
}

module.exports = { Types, isObject, unb64u };
