// SPDX-License-Identifier: EUPL-1.2
// check_types.js - the Node rival reads the tables of data/ and judges as the
// project does: every message of tests/data is good, and each of them with one
// thing wrong is not.  A table that it cannot read ends it with the reason.
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { Types } = require('./node_types');

const root = path.join(__dirname, '..', '..');
const types = new Types(path.join(root, 'data'));
const folder = path.join(root, 'tests', 'data');

const messages = new Map();
for (const name of fs.readdirSync(folder).sort()) {
  if (!name.endsWith('.json')) continue;
  const m = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
  if (typeof m.schema === 'string' && typeof m.grondslag === 'string')
    messages.set(name, m);
}

function judge(m) {
  const srt = m.schema.split('/')[0];
  const t = types.types.get(srt);
  assert(t !== undefined, `no type ${srt}`);
  return types.valid(srt, m, t.hasPid(m));
}

function refused(name, why, change) {
  const m = structuredClone(messages.get(name));
  change(m);
  assert(!judge(m), `${name}: accepted ${why}`);
}

const seen = new Set();
for (const [name, m] of messages) {
  assert(judge(m), `${name}: refused`);
  seen.add(m.schema.split('/')[0]);
  refused(name, 'an unknown member', (x) => { x.onbekend = 1; });
  refused(name, 'another schema', (x) => { x.schema += '0'; });
  const srt = m.schema.split('/')[0];
  assert(!types.valid(srt, m, !types.types.get(srt).hasPid(m)),
    `${name}: accepted with a pid too many or too few`);
}
for (const srt of types.types.keys())
  assert(seen.has(srt), `tests/data has no message of type ${srt}`);

// One of each kind of rule.
const LAST = '9999-12-31';
refused('dossier-volledig.json', 'a date to come',
  (m) => { m.dossierdatum = LAST; });
refused('dossier-volledig.json', 'no reason where one is required',
  (m) => { delete m.inzage.redenNietAkkoord; });
refused('verzuimmelding.json', '16 hours that are fewer', (m) => {
  m.soortVerzuim = '16-uur';
  m.verzuim = { ...m.verzuim, urenTotaal: '15' };
});
refused('correctie.json', 'a correction of another message',
  (m) => { m.vervangt = 'AAAAAAAAAAAAAAAAAAAAAA'; });
refused('terugkoppeling-leerling.json', 'counts about one pupil',
  (m) => { m.tellingen = []; });
refused('verzuimmelding.json', 'an end before the beginning',
  (m) => { m.einddatum = '2000-01-01'; });
assert.throws(() => types.rule({ regel: 'anders' }), /rule anders/);
console.log(`${messages.size} messages of ${seen.size} types`);
