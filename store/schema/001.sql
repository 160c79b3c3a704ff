-- SPDX-License-Identifier: EUPL-1.2
-- Schema 1 of main.db.  docs/store.md has the key hierarchy and the rules:
-- columns with personal content are sealed blobs, searchable columns hold
-- keyed tags, and no growing table has an index on a random value.
-- Moments are seconds since 1970 (UTC) unless the name ends in _ms.

-- Single values: oin, regio, kek (generation in use), oorsprong (log suffix),
-- adresboek (newest accepted version).
CREATE TABLE waarde (
  naam   TEXT PRIMARY KEY,
  waarde ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Tables (data/) that the region or the organisation replaced: the set that
-- was last good; and the accounts file (accounts.json).  A file that
-- contradicts itself does not get here.
CREATE TABLE tabel (
  naam  TEXT PRIMARY KEY,
  sinds INTEGER NOT NULL,
  tekst BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Every accepted address book, kept for ever: old receipts need its keys.
-- After a fork the versions that were replaced stay too, out of the chain.
CREATE TABLE adresboek (
  nr        INTEGER PRIMARY KEY,
  versie    INTEGER NOT NULL,
  sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
  note      BLOB NOT NULL,
  aanvaard  INTEGER NOT NULL,
  vervangen INTEGER NOT NULL DEFAULT 0, -- at this moment, by a typed one
  reden     TEXT                        -- as typed
) STRICT;
CREATE UNIQUE INDEX adresboek_versie ON adresboek(versie) WHERE vervangen = 0;

-- One row per organisation we ever had in a book.  Rows are never removed:
-- their number stands in messages and in the vault's table of link keys.
CREATE TABLE partner (
  id            INTEGER PRIMARY KEY,
  oin           TEXT NOT NULL UNIQUE CHECK (length(oin) = 20),
  bundel        TEXT,                        -- newest key bundle (JWS)
  bundel_versie INTEGER NOT NULL DEFAULT 0,
  bundel_tot    INTEGER NOT NULL DEFAULT 0,  -- its exp
  seq_uit       INTEGER NOT NULL DEFAULT 0,  -- highest seq given out to it
  seq_in        INTEGER NOT NULL DEFAULT 0,  -- highest seq had from it
  fouten        INTEGER NOT NULL DEFAULT 0,  -- failures in a row (breaker)
  volgende      INTEGER NOT NULL DEFAULT 0,  -- not before this moment
  gezien        INTEGER NOT NULL DEFAULT 0,  -- last answered request of ours
  gehoord       INTEGER NOT NULL DEFAULT 0,  -- last request of theirs
  checkpoint    TEXT NOT NULL DEFAULT ''     -- newest of theirs we have seen
) STRICT;

-- The link key a partner gave for an epoch: the first one stands, also when
-- later bundles leave it out (its dossiers wait, and it may not change).
CREATE TABLE partner_link (
  partner INTEGER NOT NULL REFERENCES partner(id),
  ep      INTEGER NOT NULL,
  pk      BLOB NOT NULL CHECK (length(pk) = 32),
  PRIMARY KEY (partner, ep)
) STRICT, WITHOUT ROWID;

-- Wrapped record keys younger than the last rotation (older ones are in
-- sleutels/keys.<g>.db).  Destroying the row is the erasure.  A row of an
-- older generation than `kek` is one that a rotation copied: void.
CREATE TABLE sleutel_jong (
  id   BLOB PRIMARY KEY CHECK (length(id) = 16),
  wrap BLOB NOT NULL CHECK (length(wrap) = 73),
  gen  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys to destroy outside this file: the redo log of an erasure.
CREATE TABLE te_vernietigen (
  nr     INTEGER PRIMARY KEY,
  id     BLOB NOT NULL CHECK (length(id) = 16),
  gemeld INTEGER NOT NULL DEFAULT 0 -- 1: is in gewist.<g>
) STRICT;

-- Named keys of ours: encryption keys (number: nbf), link, cache and index
-- keys (number: epoch), the key of own references (number: 0).
CREATE TABLE sleutel_naam (
  soort  INTEGER NOT NULL,  -- enum ov_key_kind
  nummer INTEGER NOT NULL,
  naam   TEXT NOT NULL,
  wrap   BLOB NOT NULL CHECK (length(wrap) = 73),
  pk     BLOB,              -- public key, enc and link
  tot    INTEGER NOT NULL DEFAULT 0, -- enc: destroyed after this moment
  PRIMARY KEY (soort, nummer)
) STRICT, WITHOUT ROWID;

-- The exchange log (C2SP tlog): leaves, hash tiles of 256, signed heads.
CREATE TABLE blad (
  idx   INTEGER PRIMARY KEY,
  tekst BLOB NOT NULL
) STRICT;
CREATE TABLE tegel (
  niveau INTEGER NOT NULL,
  nr     INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (niveau, nr)
) STRICT, WITHOUT ROWID;
CREATE TABLE hoofd (          -- the newest signed checkpoint only
  een    INTEGER PRIMARY KEY CHECK (een = 1),
  omvang INTEGER NOT NULL,
  note   TEXT NOT NULL,
  tijd   INTEGER NOT NULL
) STRICT;

-- Messages received.  nr is the time-ordered key; id names the record key.
CREATE TABLE bericht (
  nr        INTEGER PRIMARY KEY,
  id        BLOB NOT NULL CHECK (length(id) = 16),
  partner   INTEGER NOT NULL REFERENCES partner(id),
  seq       INTEGER NOT NULL,
  ep        INTEGER NOT NULL,
  srt       TEXT NOT NULL,
  rol       TEXT NOT NULL,         -- the role it was received in
  zaak      BLOB,                  -- 16 bytes
  ontvangen INTEGER NOT NULL,
  stand     TEXT NOT NULL CHECK (stand IN ('ONTVANGEN', 'ONBEKEND',
            'GEKOPPELD', 'TWIJFEL', 'IN-BEOORDELING', 'GEACCEPTEERD',
            'AFGEWEZEN', 'VERWERKT', 'TERZIJDE', 'VERNIETIGD',
            'INGETROKKEN')),
  gesloten  INTEGER NOT NULL,      -- 1: content is under K_inhoud
  versie    INTEGER NOT NULL,      -- of the sealed content
  inhoud    BLOB,                  -- column 1: {"claims without pid"...}
  bewijs    BLOB,                  -- column 2: receipt JWS, version 1
  tag16     BLOB,                  -- index tag of its pid
  leerling  INTEGER REFERENCES leerling(nr),
  reden     TEXT,                  -- why set aside or rejected: a code
  verwerkt  TEXT,                  -- moment of use, `verwerkt`
  buiten    INTEGER NOT NULL DEFAULT 0, -- 1: written to the folder out/,
                                   --   2: and told that it was taken back
  koppeling TEXT,                  -- link result sent: gekoppeld, niet-gekoppeld
  UNIQUE (partner, seq)
) STRICT;
-- Dossiers that wait for their pupil, in the order of arrival, so that a new
-- one is written at the edge; with all that the join with etiket looks at.
CREATE INDEX bericht_wacht ON bericht(nr, partner, ep, tag16)
  WHERE stand IN ('ONBEKEND', 'TWIJFEL');
-- A zaak is time-ordered, as a jti is, by courtesy of the sender.
CREATE INDEX bericht_zaak ON bericht(zaak) WHERE zaak IS NOT NULL;
CREATE INDEX bericht_leerling ON bericht(leerling) WHERE leerling IS NOT NULL;
-- What a municipality or Doorstroompunt has open and about nobody it knows.
CREATE INDEX bericht_open ON bericht(nr, partner, ep, tag16)
  WHERE leerling IS NULL AND gesloten = 0
  AND rol IN ('leerplicht', 'doorstroompunt');

-- (partner, jti) of every message received: kept as long as the message and
-- 400 days.  A table of its own because jti is time-ordered only by
-- courtesy of the sender.
CREATE TABLE gezien (
  partner  INTEGER NOT NULL,
  jti      BLOB NOT NULL CHECK (length(jti) = 16),
  seq      INTEGER NOT NULL,
  bericht  INTEGER NOT NULL,       -- bericht.nr
  sha_jws  BLOB NOT NULL CHECK (length(sha_jws) = 32),
  tot      INTEGER NOT NULL,       -- 0: while the message is there
  PRIMARY KEY (partner, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX gezien_bericht ON gezien(bericht);

-- What a receiver said about a message of ours (`ontvangst`).
CREATE TABLE terugmelding (
  bericht  INTEGER PRIMARY KEY,    -- bericht.nr of the ontvangst
  uitgaand INTEGER NOT NULL,
  woord    TEXT NOT NULL,          -- gekoppeld, geaccepteerd, ...
  reden    TEXT NOT NULL,          -- reden or moment, or empty
  datum    TEXT NOT NULL
) STRICT;
CREATE INDEX terugmelding_uitgaand ON terugmelding(uitgaand);

-- Pupils: own applicants (eigen = 1, domain is ourselves) and pupils we send
-- about (one row per domain).  The PGN is here only sealed and only while
-- its pseudonym is waiting, or (`bewaard`, without a domain) while the one
-- draft that points at it has no receiver.
CREATE TABLE leerling (
  nr        INTEGER PRIMARY KEY,
  id        BLOB NOT NULL CHECK (length(id) = 16),
  eigen     INTEGER NOT NULL,
  domein    TEXT NOT NULL,          -- OIN whose key makes Y
  ep        INTEGER NOT NULL,
  tag       BLOB,                   -- cache tag of (domein, PGN); NULL: none
  ref_tag   BLOB,                   -- keyed tag of the own reference
  stand     TEXT NOT NULL CHECK (stand IN ('gecachet', 'wacht',
            'geblokkeerd', 'zonder-pgn', 'bewaard')),
  pgn       BLOB,                   -- column 1, version 1, sealed
  y         BLOB,                   -- sealed Y, 105 bytes
  gegevens  BLOB,                   -- column 2: own reference, birth date,
                                    --   school left; version in g_versie
  g_versie  INTEGER NOT NULL DEFAULT 1,
  due       INTEGER NOT NULL DEFAULT 0,
  pogingen  INTEGER NOT NULL DEFAULT 0,
  reden     TEXT,
  hoort_bij INTEGER,                -- own pupil this row of another domain is
  geladen   INTEGER NOT NULL,
  CHECK ((stand IN ('wacht', 'geblokkeerd', 'bewaard')) = (pgn IS NOT NULL)),
  CHECK ((stand = 'bewaard') = (domein = '')),
  CHECK ((stand = 'gecachet') = (y IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX leerling_tag ON leerling(ep, tag) WHERE tag IS NOT NULL;
CREATE INDEX leerling_ref ON leerling(ref_tag) WHERE ref_tag IS NOT NULL;
CREATE INDEX leerling_hoort ON leerling(hoort_bij)
  WHERE hoort_bij IS NOT NULL;
CREATE INDEX leerling_due ON leerling(domein, ep, due)
  WHERE stand = 'wacht';
CREATE INDEX leerling_bewaard ON leerling(nr) WHERE stand = 'bewaard';

-- Index tags of own pupils per permitted sender: linking is one join.
CREATE TABLE etiket (
  partner  INTEGER NOT NULL,
  ep       INTEGER NOT NULL,
  tag16    BLOB NOT NULL CHECK (length(tag16) = 16),
  leerling INTEGER NOT NULL,
  PRIMARY KEY (partner, ep, tag16, leerling)
) STRICT, WITHOUT ROWID;
-- Which (pupil, sender) pairs have their tag: what is missing is made.
CREATE TABLE etiket_klaar (
  partner  INTEGER NOT NULL,
  ep       INTEGER NOT NULL,
  tot      INTEGER NOT NULL,        -- every own pupil with nr <= tot is done
  PRIMARY KEY (partner, ep)
) STRICT, WITHOUT ROWID;

-- Requests to holders that are under way or due again.
CREATE TABLE oprf_vraag (
  nr       INTEGER PRIMARY KEY,
  domein   TEXT NOT NULL,
  houder   TEXT NOT NULL,
  ep       INTEGER NOT NULL,
  dag      INTEGER NOT NULL,        -- UTC day it was sent
  aantal   INTEGER NOT NULL,
  dubbel   INTEGER NOT NULL DEFAULT 0 -- asked before without an answer: the
                                    --   holder may have counted it as well
) STRICT;
-- What a holder last said is left, per domain and share.
CREATE TABLE oprf_rest (
  domein   TEXT NOT NULL,
  deel     INTEGER NOT NULL,
  ep       INTEGER NOT NULL,
  rest     INTEGER NOT NULL,
  tijd     INTEGER NOT NULL,
  niet_voor INTEGER NOT NULL DEFAULT 0, -- budget-op until
  PRIMARY KEY (domein, deel, ep)
) STRICT, WITHOUT ROWID;
-- Manifests: the ones of the book (other holders) and our own as holder.
CREATE TABLE manifest (
  sha256   BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  houder   TEXT NOT NULL,
  ep       INTEGER NOT NULL,
  jws      TEXT NOT NULL,
  gemaakt  INTEGER NOT NULL,
  vervangen INTEGER NOT NULL DEFAULT 0  -- own: replaced at this moment
) STRICT, WITHOUT ROWID;

-- Drafts: imported, complete or not, not sent.  A batch becomes visible as a
-- whole when its import is complete.
CREATE TABLE import (
  nr       INTEGER PRIMARY KEY,
  profiel  TEXT NOT NULL,
  bestand  TEXT NOT NULL,           -- file name as given, for the list
  account  INTEGER NOT NULL,        -- uid
  tijd     INTEGER NOT NULL,
  compleet INTEGER NOT NULL DEFAULT 0,
  rijen    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE concept (
  nr        INTEGER PRIMARY KEY,
  id        BLOB NOT NULL CHECK (length(id) = 16),
  import    INTEGER NOT NULL REFERENCES import(nr),
  srt       TEXT NOT NULL,
  partner   TEXT NOT NULL,          -- OIN of the receiver, '' while none
  ref_tag   BLOB NOT NULL,          -- tag of (srt, receiver, own reference)
  leerling  INTEGER REFERENCES leerling(nr),
  stand     TEXT NOT NULL CHECK (stand IN ('ONVOLLEDIG', 'VOLLEDIG',
            'VERZONDEN', 'GEWIJZIGD')),
  versie    INTEGER NOT NULL DEFAULT 1,
  inhoud    BLOB,                   -- column 1: draft JSON, sealed
  afdruk    BLOB NOT NULL,          -- keyed tag of the content: same row?
  ontbreekt TEXT NOT NULL DEFAULT '', -- JSON pointers, comma separated
  uitgaand  INTEGER,                -- uitgaand.nr once sent
  vervangt  INTEGER,                -- while its import is not complete: the
                                    --   draft it will take the place of
  UNIQUE (ref_tag)
) STRICT;
CREATE INDEX concept_import ON concept(import);
CREATE INDEX concept_leerling ON concept(leerling) WHERE leerling IS NOT NULL;
CREATE INDEX concept_geen ON concept(nr) WHERE partner = '';

-- The outbox.  States of docs/protocol.md 4.
CREATE TABLE uitgaand (
  nr        INTEGER PRIMARY KEY,
  id        BLOB NOT NULL CHECK (length(id) = 16),
  jti       BLOB NOT NULL CHECK (length(jti) = 16),
  partner   INTEGER REFERENCES partner(id), -- NULL: no receiver (yet)
  srt       TEXT NOT NULL,
  rol       TEXT NOT NULL,          -- the receiver's role it goes to
  zaak      BLOB,
  vervangt  BLOB,                   -- jti
  stand     TEXT NOT NULL CHECK (stand IN ('OPGESTELD',
            'WACHT-OP-PSEUDONIEM', 'KLAAR', 'ONDERWEG', 'AFGELEVERD',
            'GEWEIGERD', 'VERLOPEN', 'INGETROKKEN', 'GEEN-ONTVANGER')),
  seq       INTEGER,                -- given out with KLAAR
  ep        INTEGER,
  leerling  INTEGER REFERENCES leerling(nr), -- whose pid it carries
  concept   INTEGER,
  opgesteld INTEGER NOT NULL,
  iat       INTEGER,
  exp       INTEGER NOT NULL,
  due       INTEGER NOT NULL,       -- next attempt
  pogingen  INTEGER NOT NULL DEFAULT 0,
  klaar     INTEGER, afgeleverd INTEGER,
  fout      TEXT,                   -- last problem code
  inhoud    BLOB,                   -- column 1: {"inhoud":..} sealed, v1
  jws       BLOB,                   -- column 2: signed message, sealed, v1
  jwe       BLOB,                   -- column 3: ciphertext to send, until
                                    --   a final state
  bewijs    BLOB,                   -- column 4: receipt, sealed, v1
  sha_jws   BLOB,
  betreft   BLOB,                   -- jti of the message it is about
  seq_vrij  INTEGER NOT NULL DEFAULT 0, -- 1: its seq is declared void
  gevonden  INTEGER,                -- since when there is a receiver after all
  CHECK (partner IS NOT NULL OR stand IN ('GEEN-ONTVANGER', 'INGETROKKEN')),
  UNIQUE (partner, seq),
  CHECK ((stand = 'AFGELEVERD') <= (bewijs IS NOT NULL OR fout IS NOT NULL)),
  CHECK (stand NOT IN ('KLAAR', 'ONDERWEG') OR seq IS NOT NULL)
) STRICT;
-- What is not final, and when it expires; what is to be signed; what is to be
-- sent.  Each in the order in which a turn of the outbox takes it.
CREATE INDEX uitgaand_open ON uitgaand(partner, exp)
  WHERE stand IN ('OPGESTELD', 'WACHT-OP-PSEUDONIEM', 'KLAAR', 'ONDERWEG');
CREATE INDEX uitgaand_maak ON uitgaand(partner, due, nr)
  WHERE stand IN ('OPGESTELD', 'WACHT-OP-PSEUDONIEM');
CREATE INDEX uitgaand_zend ON uitgaand(partner, due, seq)
  WHERE stand IN ('KLAAR', 'ONDERWEG');
-- A message that waits for a pseudonym is not looked at before it is there.
CREATE INDEX uitgaand_wacht ON uitgaand(leerling)
  WHERE stand = 'WACHT-OP-PSEUDONIEM';
CREATE TRIGGER leerling_gecachet AFTER UPDATE OF stand ON leerling
  WHEN new.stand = 'gecachet'
BEGIN
  UPDATE uitgaand SET due = 0
    WHERE leerling = new.nr AND stand = 'WACHT-OP-PSEUDONIEM';
END;
CREATE INDEX uitgaand_vrij ON uitgaand(partner, seq) WHERE seq_vrij = 1;
CREATE INDEX uitgaand_geen ON uitgaand(nr) WHERE stand = 'GEEN-ONTVANGER';
CREATE INDEX uitgaand_gevonden ON uitgaand(gevonden)
  WHERE gevonden IS NOT NULL;
CREATE INDEX uitgaand_jti ON uitgaand(partner, jti);
CREATE INDEX uitgaand_zaak ON uitgaand(zaak) WHERE zaak IS NOT NULL;
-- SHA-256 of every JWE sent for a message, stored before it is sent.
CREATE TABLE uitgaand_jwe (
  uitgaand INTEGER NOT NULL,
  sha_jwe  BLOB NOT NULL CHECK (length(sha_jwe) = 32),
  PRIMARY KEY (uitgaand, sha_jwe)
) STRICT, WITHOUT ROWID;

-- A case: what we know of one `zaak` (16 bytes per pair of partners, from us
-- time-ordered, so that new cases are written at the edge of the table).
CREATE TABLE zaak (
  zaak     BLOB PRIMARY KEY CHECK (length(zaak) = 16),
  partner  INTEGER NOT NULL,
  status   TEXT,                    -- furthest overstapstatus
  datum    TEXT,
  leerling INTEGER,
  gegevens BLOB,                    -- sealed notes, version in versie
  id       BLOB, versie INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Who read what: one line before the first byte is shown.
CREATE TABLE gelezen (
  nr       INTEGER PRIMARY KEY,
  tijd     INTEGER NOT NULL,
  account  INTEGER NOT NULL,        -- uid of the socket's peer
  handeling TEXT NOT NULL,          -- show, print, export
  tabel    TEXT NOT NULL,
  record   INTEGER NOT NULL,        -- 0: an aggregate over the table
  grond    TEXT NOT NULL,
  zout     BLOB NOT NULL CHECK (length(zout) = 32) -- ref of its leaf `inzien`
                                    -- is SHA-256(label, zout, nr, account, tijd)
) STRICT;

-- Records that could not be read, with the reason; never fatal.
CREATE TABLE terzijde (
  nr     INTEGER PRIMARY KEY,
  tijd   INTEGER NOT NULL,
  tabel  TEXT NOT NULL,
  record INTEGER NOT NULL,
  reden  TEXT NOT NULL
) STRICT;
CREATE INDEX terzijde_record ON terzijde(tabel, record);

-- Alarms and incidents an administrator must see in `check`.
CREATE TABLE melding (
  nr     INTEGER PRIMARY KEY,
  tijd   INTEGER NOT NULL,
  soort  TEXT NOT NULL,
  partner INTEGER,
  aantal INTEGER NOT NULL DEFAULT 1,
  gezien INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX melding_soort ON melding(soort, partner);

-- ---- calendar and absence ------------------------------------------------

-- How late each received notice was that has a deadline (data/kalender.json):
-- the last day in time and the working days after it on which it was signed.
CREATE TABLE termijn (
  bericht   INTEGER PRIMARY KEY,   -- bericht.nr
  naam      TEXT NOT NULL,         -- of the row of the table
  uiterlijk TEXT NOT NULL,
  laat      INTEGER NOT NULL       -- 0: in time
) STRICT;
CREATE INDEX termijn_laat ON termijn(laat) WHERE laat > 0;

-- School holidays as loaded; a school year without rows is not known.
CREATE TABLE vakantie (
  schooljaar INTEGER NOT NULL,     -- the year in which it begins
  van        TEXT NOT NULL,
  tot        TEXT NOT NULL,        -- last day
  naam       TEXT NOT NULL,
  PRIMARY KEY (schooljaar, van)
) STRICT, WITHOUT ROWID;

-- Missed lessons, one row for each pupil of ours: its days as imported.
CREATE TABLE verzuim (
  nr         INTEGER PRIMARY KEY,
  id         BLOB NOT NULL CHECK (length(id) = 16),
  ref_tag    BLOB NOT NULL UNIQUE, -- keyed tag of the own reference
  versie     INTEGER NOT NULL,
  inhoud     BLOB NOT NULL,        -- column 1: reference, birth date, days
  geoordeeld INTEGER NOT NULL,     -- 0: the days changed since
  wacht_op   INTEGER               -- school year whose holidays are missing
) STRICT;
CREATE INDEX verzuim_open ON verzuim(nr) WHERE geoordeeld = 0;

-- The signals found in them.  What they say stands in their draft.
CREATE TABLE verzuim_signaal (
  nr        INTEGER PRIMARY KEY,
  verzuim   INTEGER NOT NULL REFERENCES verzuim(nr),
  soort     TEXT NOT NULL,
  sleutel   BLOB NOT NULL CHECK (length(sleutel) = 16), -- keyed tag of kind
                                   --   and begin
  afdruk    BLOB NOT NULL CHECK (length(afdruk) = 16),  -- and of the rest
  uiterlijk TEXT NOT NULL,         -- last day in time; empty: no term
  gemaakt   INTEGER NOT NULL,
  concept   INTEGER,               -- the draft we made of it
  stand     TEXT NOT NULL CHECK (stand IN ('NIEUW', 'GEWIJZIGD',
            'VERVALLEN')),
  UNIQUE (verzuim, sleutel)
) STRICT;
CREATE INDEX verzuim_signaal_concept ON verzuim_signaal(concept)
  WHERE concept IS NOT NULL;

-- Reminders that went to the journal.
CREATE TABLE herinnerd (
  naam  TEXT NOT NULL,
  datum TEXT NOT NULL,
  PRIMARY KEY (naam, datum)
) STRICT, WITHOUT ROWID;

-- ---- what may follow what ----

-- Every overstapstatus under one `zaak`, in the order of its sender: the next
-- one is judged by its neighbours.  record: bericht.nr, or uitgaand.nr.
CREATE TABLE stap (
  zaak     BLOB NOT NULL CHECK (length(zaak) = 16),
  partner  INTEGER NOT NULL,
  uit      INTEGER NOT NULL,        -- 1: sent by us
  volg     INTEGER NOT NULL,        -- its seq, or uitgaand.nr
  record   INTEGER NOT NULL,
  jti      BLOB NOT NULL CHECK (length(jti) = 16),
  vervangt BLOB,                    -- jti of the one it supersedes
  status   TEXT NOT NULL,
  PRIMARY KEY (zaak, partner, uit, volg)
) STRICT, WITHOUT ROWID;
-- What of ours was taken back.
CREATE INDEX uitgaand_intrekking ON uitgaand(betreft)
  WHERE srt = 'intrekking';
-- Notices of absence about one person.
CREATE INDEX bericht_verzuim ON bericht(partner, ep, tag16)
  WHERE srt = 'verzuimmelding';
CREATE INDEX uitgaand_verzuim ON uitgaand(leerling)
  WHERE srt = 'verzuimmelding';

-- Reports: start populations as imported (counts, nobody in person).  A new
-- one does not replace an old one: a report as of a day uses the newest that
-- was there on that day.
CREATE TABLE startpopulatie (
  nr         INTEGER PRIMARY KEY,
  schooljaar INTEGER NOT NULL,      -- the first year of it
  vorm       TEXT NOT NULL CHECK (vorm IN ('normcategorie', 'gemeente')),
  bron       TEXT NOT NULL,
  datum      TEXT NOT NULL,         -- of the source
  bestand    TEXT NOT NULL,
  account    INTEGER NOT NULL,      -- uid
  tijd       INTEGER NOT NULL
) STRICT;
CREATE INDEX startpopulatie_jaar ON startpopulatie(schooljaar, vorm);
CREATE TABLE startpopulatie_cel (
  startpopulatie INTEGER NOT NULL REFERENCES startpopulatie(nr),
  categorie  TEXT NOT NULL,         -- '' in the shape per gemeente
  leerweg    TEXT NOT NULL,
  gemeente   TEXT NOT NULL,
  sector     TEXT NOT NULL,
  deelnemers INTEGER NOT NULL,
  PRIMARY KEY (startpopulatie, categorie, leerweg, gemeente, sector)
) STRICT, WITHOUT ROWID;
-- When a message was first judged: accepted, rejected or processed.
CREATE TABLE afhandeling (
  bericht INTEGER PRIMARY KEY,      -- bericht.nr
  tijd    INTEGER NOT NULL
) STRICT;
-- Aggregated terugkoppeling as it was sent: counts per vestiging and day, for
-- the next one of the year is judged with them.
CREATE TABLE teruggekoppeld (
  partner      INTEGER NOT NULL REFERENCES partner(id),
  vestiging    TEXT NOT NULL,       -- BRIN/vestiging
  schooljaar   INTEGER NOT NULL,
  peildatum    TEXT NOT NULL,
  gestart      INTEGER NOT NULL,
  niet_gestart INTEGER NOT NULL,
  uitgevallen  INTEGER NOT NULL,
  geswitcht    INTEGER NOT NULL,
  onderdrukt   INTEGER NOT NULL,    -- bit per count, in this order
  uitgaand     INTEGER NOT NULL,    -- uitgaand.nr
  PRIMARY KEY (partner, vestiging, schooljaar, peildatum)
) STRICT, WITHOUT ROWID;

-- ---- Worklists and cases ----

-- When a received message came into a state (the one it arrived in is not
-- here), and whom it was linked to by then: what a worklist of an earlier day
-- is made from.
CREATE TABLE bericht_stand (
  nr      INTEGER PRIMARY KEY,
  bericht INTEGER NOT NULL REFERENCES bericht(nr),
  tijd    INTEGER NOT NULL,
  stand   TEXT NOT NULL,
  leerling INTEGER                  -- NULL: nobody, or since forgotten
) STRICT;
CREATE INDEX bericht_stand_van ON bericht_stand(bericht, nr);
CREATE INDEX bericht_stand_leerling ON bericht_stand(leerling)
  WHERE leerling IS NOT NULL;

-- What people did in a case, in the order in which they recorded it; the last
-- word on a field counts.  inhoud: sealed {"eersteContact":"..",..}.
CREATE TABLE zaak_verloop (
  nr      INTEGER PRIMARY KEY,
  id      BLOB NOT NULL CHECK (length(id) = 16),
  zaak    BLOB NOT NULL CHECK (length(zaak) = 16),
  tijd    INTEGER NOT NULL,
  account INTEGER NOT NULL,         -- uid
  inhoud  BLOB NOT NULL             -- column 1, version 1
) STRICT;
CREATE INDEX zaak_verloop_zaak ON zaak_verloop(zaak, nr);

-- A person said that this message is not about this pupil: never asked again.
CREATE TABLE koppeling_nee (
  bericht  INTEGER NOT NULL,
  leerling INTEGER NOT NULL,
  tijd     INTEGER NOT NULL,
  account  INTEGER NOT NULL,
  PRIMARY KEY (bericht, leerling)
) STRICT, WITHOUT ROWID;

-- A link that was undone: content was open under the wrong person.  Who read
-- it stands in `gelezen`; it is to be judged within 72 hours (AVG 33).
CREATE TABLE datalek (
  nr         INTEGER PRIMARY KEY,
  bericht    INTEGER NOT NULL,
  tijd       INTEGER NOT NULL,      -- undone
  open_sinds INTEGER NOT NULL,      -- linked
  account    INTEGER NOT NULL,
  lezers     INTEGER NOT NULL,      -- lines of `gelezen` in between
  beoordeeld INTEGER NOT NULL DEFAULT 0
) STRICT;

-- ---- erasure ---------------------------------------------------------------

-- What went, when and under which rule; names nobody (daemon/store/wis.h).
CREATE TABLE vernietigd (
  nr      INTEGER PRIMARY KEY,
  tijd    INTEGER NOT NULL,
  tabel   TEXT NOT NULL,
  record  INTEGER NOT NULL,
  id      BLOB NOT NULL CHECK (length(id) = 16),
  srt     TEXT NOT NULL,            -- of a message, or ''
  regel   TEXT NOT NULL,
  account INTEGER NOT NULL,         -- uid, or -1: by a rule
  blad    INTEGER NOT NULL          -- place of its leaf in our log
) STRICT;
CREATE INDEX vernietigd_record ON vernietigd(tabel, record);

-- ---- corrections ------------------------------------------------------------

-- What a sender corrected in a message of its own.  An accepted one is laid
-- over the content whenever that is opened; the content itself stays.
CREATE TABLE correctie (
  correctie INTEGER PRIMARY KEY,    -- bericht.nr of the correctie
  bericht   INTEGER NOT NULL,       -- bericht.nr of what it is about
  aanvaard  INTEGER NOT NULL DEFAULT 0 -- since this moment it holds
) STRICT;
CREATE INDEX correctie_bericht ON correctie(bericht);

-- ---- Leavers ----

-- The leavers of a school year as their school lists them.
CREATE TABLE schoolverlater (
  nr         INTEGER PRIMARY KEY,
  id         BLOB NOT NULL CHECK (length(id) = 16),
  schooljaar INTEGER NOT NULL,      -- the first year of it
  ref_tag    BLOB NOT NULL CHECK (length(ref_tag) = 16), -- keyed tag of the
                                    --   own reference
  versie     INTEGER NOT NULL,
  inhoud     BLOB NOT NULL,         -- column 1: reference, class, mentor,
                                    --   birth date, where to, choice
  geladen    INTEGER NOT NULL,      -- first
  UNIQUE (schooljaar, ref_tag)
) STRICT;

-- ---- contact persons ----

-- Ours, per type of message ("*": every).  Erased with its key.
CREATE TABLE contact (
  nr     INTEGER PRIMARY KEY,
  id     BLOB NOT NULL CHECK (length(id) = 16),
  srt    TEXT NOT NULL,
  van    TEXT NOT NULL,
  tot    TEXT,                      -- last day; NULL: no end
  inhoud BLOB NOT NULL              -- column 1: name, function, telephone,
                                    --   e-mail, sealed, version 1
) STRICT;
-- The newest directory entry of a partner.
CREATE TABLE contact_partner (
  partner INTEGER PRIMARY KEY REFERENCES partner(id),
  id      BLOB NOT NULL CHECK (length(id) = 16),
  versie  INTEGER NOT NULL,
  gehaald INTEGER NOT NULL,
  inhoud  BLOB NOT NULL             -- column 2: payload, sealed, its versie
) STRICT;
-- Those in it who did not answer, until the entry says something else of them.
CREATE TABLE contact_gestuit (
  nr      INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL REFERENCES partner(id),
  tag     BLOB NOT NULL CHECK (length(tag) = 16), -- keyed tag of the contact
  srt     TEXT NOT NULL,
  tijd    INTEGER NOT NULL,
  UNIQUE (partner, tag)
) STRICT;
