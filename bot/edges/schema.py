"""The tables, as migrations: append one; never edit one that has been released.

Instants are text, UTC, `2026-11-22T09:40:00Z`, so that they sort. Money, where there is any, is integer cents.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

Migration = Callable[[Any], None]

_NOTED = (   # as sqlite-utils makes it
    'CREATE TABLE "_sqlite_migrations" (\n   "id" INTEGER PRIMARY KEY,\n   "migration_set" TEXT,\n   "name" TEXT,\n'
    '   "applied_at" TEXT\n)',
    'CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"\n    ON "_sqlite_migrations" '
    '("migration_set", "name")')


class Known:
    """The migrations of this program. sqlite-utils, which applies them, is loaded only where one is to be applied to
    tables that are there: at each start it would take longer than all the rest, and 4 MiB.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._all: list[Migration] = []

    def __call__(self) -> Callable[[Migration], Migration]:
        def note(migration: Migration) -> Migration:
            self._all.append(migration)
            return migration
        return note

    @property
    def names(self) -> list[str]:
        return [one.__name__ for one in self._all]

    def pending(self, db: Any) -> list[Any]:
        return list(self._set.pending(db))

    def apply(self, db: Any, *, stop_before: str | Iterable[str] | None = None) -> None:
        self._set.apply(db, stop_before=stop_before)

    def begin(self, connection: sqlite3.Connection) -> None:
        """Make all tables in an empty database, within a transaction of the caller's, and note them as `apply` does."""
        for statement in _NOTED:
            connection.execute(statement)
        for migration in self._all:
            migration(connection)
        connection.executemany("INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                               " VALUES (?, ?, strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'))",
                               [(self.name, name) for name in self.names])

    @cached_property
    def _set(self) -> Any:
        from sqlite_utils import Migrations

        known = Migrations(self.name)
        for migration in self._all:
            known()(migration)
        return known


migrations = Known("guichet")


@migrations()
def m001_the_road_of_one_mail(db: Any) -> None:
    for statement in FIRST.split(";\n\n"):
        db.execute(statement)


@migrations()
def m002_the_other_names_of_a_case(db: Any) -> None:
    db.execute(ALIASES)


@migrations()
def m003_how_far_the_drift_alarm_has_looked(db: Any) -> None:
    db.execute("INSERT INTO meta (name, value) SELECT 'drift', coalesce(max(id), 0) FROM mails")  # old mail is no news


@migrations()
def m004_remarks_and_answers(db: Any) -> None:
    for statement in REMARKS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m005_what_a_webservice_is_told(db: Any) -> None:
    db.execute("ALTER TABLE outbox ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}'")


@migrations()
def m006_what_can_be_had_once(db: Any) -> None:
    for statement in ONCE.split(";\n\n"):
        db.execute(statement)


@migrations()
def m007_what_the_seller_may_order(db: Any) -> None:
    for statement in ORDERS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m008_alarms(db: Any) -> None:
    for statement in ALARMS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m010_what_became_of_a_sending(db: Any) -> None:
    for statement in BECAME.split(";\n\n"):
        db.execute(statement)


@migrations()
def m011_journal(db: Any) -> None:
    for statement in JOURNAL.split(";\n\n"):
        db.execute(statement)


@migrations()
def m020_words_to_be_searched(db: Any) -> None:
    """An SQLite without FTS5 does without: the page then looks through the texts themselves."""
    for statement in LOOKED_AT.split(";\n\n"):
        db.execute(statement)
    try:
        db.execute(SPOKEN)
    except sqlite3.OperationalError as error:
        if "no such module" not in str(error):
            raise


@migrations()
def m021_views(db: Any) -> None:
    for statement in [*QUICK.split(";\n\n"), *VIEWS.split(";\n\n")]:
        db.execute(statement)


@migrations()
def m022_lists_in_their_order(db: Any) -> None:
    for statement in ORDERLY.split(";\n\n"):
        db.execute(statement)


@migrations()
def m023_names_and_answers_to_be_searched(db: Any) -> None:
    """An SQLite before 3.34 has no trigrams: names are then looked through one by one."""
    for statement in UNINDEXED.split(";\n\n"):
        db.execute(statement)
    for statement in (NAMED, WRITTEN):
        try:
            db.execute(statement)
        except sqlite3.OperationalError as error:
            if "no such" not in str(error):
                raise


@migrations()
def m024_what_the_clock_looks_at(db: Any) -> None:
    for statement in LOOKS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m026_where_mails_stand_by_number(db: Any) -> None:
    for statement in BY_NUMBER.split(";\n\n"):
        db.execute(statement)


@migrations()
def m027_what_is_new_needs_no_trigger(db: Any) -> None:
    for statement in LEANER.split(";\n\n"):
        db.execute(statement)


@migrations()
def m031_mails_lie_together(db: Any) -> None:
    for statement in PACKS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m032_which_mailboxes_turn_it_is(db: Any) -> None:
    for statement in TURNS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m033_what_each_step_of_a_mail_to_the_seller_writes(db: Any) -> None:
    for statement in STEPS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m034_what_is_long_past_lies_together(db: Any) -> None:
    for statement in PAST.split(";\n\n"):
        db.execute(statement)


FIRST = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Where each folder of each mailbox stands. The cursor is a speed-up; places is the truth.
CREATE TABLE folders (
    mailbox TEXT NOT NULL,
    folder TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL,
    cold_below INTEGER NOT NULL,    -- UIDs below it were there before the first look: never answered by themselves
    looked TEXT,                    -- last look that ended well
    PRIMARY KEY (mailbox, folder)
) STRICT;

CREATE TABLE mails (
    id INTEGER PRIMARY KEY,
    mailbox TEXT NOT NULL,
    sha256 TEXT NOT NULL,           -- of the bytes: the same bytes in the same mailbox are one mail
    raw BLOB NOT NULL,              -- zlib
    size INTEGER NOT NULL,          -- bytes, before zlib
    received TEXT NOT NULL,         -- when the server got it
    kept TEXT NOT NULL,
    cold INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'kept' CHECK (state IN ('kept', 'read', 'ignored', 'shelved')),
    reason TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    content_key TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL DEFAULT '',
    references_ TEXT NOT NULL DEFAULT '',
    sender TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL DEFAULT '',
    marketplace TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    case_id INTEGER REFERENCES cases (id),
    UNIQUE (mailbox, sha256)
) STRICT;

CREATE INDEX mails_waiting ON mails (id) WHERE state = 'kept';

CREATE INDEX mails_content ON mails (content_key) WHERE content_key != '';

-- Where mails were seen: one mail may stand in several places, and come back under a new UID.
CREATE TABLE places (
    mailbox TEXT NOT NULL,
    folder TEXT NOT NULL,
    place TEXT NOT NULL,
    mail INTEGER NOT NULL REFERENCES mails (id),
    PRIMARY KEY (mailbox, folder, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE cases (
    id INTEGER PRIMARY KEY,
    marketplace TEXT NOT NULL,
    shop TEXT NOT NULL,
    reference TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    order_number TEXT,
    item TEXT,
    buyer TEXT,
    answer_to TEXT NOT NULL DEFAULT '',
    language TEXT,
    kind TEXT NOT NULL,
    stage TEXT NOT NULL,
    turn TEXT NOT NULL,
    opened TEXT NOT NULL,
    origin TEXT NOT NULL,
    snoozed_until TEXT,
    untold INTEGER NOT NULL DEFAULT 0,   -- opened from a cold mail: the catch-up mail still has to tell it
    UNIQUE (marketplace, shop, reference)
) STRICT;

-- Append-only: what happened, and what was decided about it.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    heard TEXT NOT NULL,
    source TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT '',
    mail INTEGER REFERENCES mails (id),
    facts TEXT NOT NULL DEFAULT '{}',
    links TEXT NOT NULL DEFAULT '{}',
    text TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL DEFAULT '',
    held TEXT NOT NULL DEFAULT '',
    decided TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX events_of_case ON events (case_id);

CREATE TABLE deadlines (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    name TEXT NOT NULL,
    due TEXT NOT NULL,
    who TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'met', 'missed', 'cancelled')),
    stated INTEGER NOT NULL,
    rule TEXT NOT NULL,
    source TEXT NOT NULL,
    why TEXT NOT NULL,
    met_by TEXT NOT NULL DEFAULT '',
    silence TEXT NOT NULL DEFAULT '',
    warned INTEGER,                 -- seconds before due of the nearest rung already told
    started TEXT NOT NULL,
    ended TEXT
) STRICT;

CREATE INDEX deadlines_open ON deadlines (due) WHERE state = 'open';

CREATE UNIQUE INDEX deadlines_of_case ON deadlines (case_id, name) WHERE state = 'open';

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    step TEXT NOT NULL UNIQUE,      -- marketplace, reference, step and recipient: the name under which it happens once
    case_id INTEGER REFERENCES cases (id),
    event INTEGER REFERENCES events (id),
    what TEXT NOT NULL,
    mailbox TEXT NOT NULL,          -- the mailbox it leaves from
    to_addr TEXT NOT NULL,
    channel TEXT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('draft', 'ready', 'transmitting', 'sent', 'failed', 'uncertain', 'handed', 'discarded')),
    template TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    answers INTEGER NOT NULL DEFAULT 0,  -- whether it meets the deadlines that such an action meets
    in_reply_to TEXT NOT NULL DEFAULT '',
    references_ TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL,
    raw BLOB,                       -- frozen when released: a second try is the same to the byte
    why TEXT NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before TEXT,
    created TEXT NOT NULL,
    changed TEXT NOT NULL
) STRICT;

CREATE INDEX outbox_waiting ON outbox (id) WHERE state IN ('ready', 'transmitting');

CREATE INDEX outbox_message_id ON outbox (message_id)
""".strip()


# A mail without a reference joins the one case that knows its thread or purchase.
ALIASES = """
CREATE TABLE aliases (
    marketplace TEXT NOT NULL,
    alias TEXT NOT NULL,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    PRIMARY KEY (marketplace, alias, case_id)
) STRICT, WITHOUT ROWID
""".strip()


# What the linter said of a text; which of the seller's own answers a message asked for.
REMARKS = """
ALTER TABLE outbox ADD COLUMN remarks TEXT NOT NULL DEFAULT '[]';

CREATE TABLE answered (
    event INTEGER NOT NULL REFERENCES events (id),
    answer TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (event, answer)
) STRICT, WITHOUT ROWID
""".strip()


# What can be had once, such as the one answer to a visitor: no two rows that use up the same may leave, whoever
# moves them, two processes at once included. A row that has left once (`spent`) stays in the way for ever.
ONCE = """
ALTER TABLE outbox ADD COLUMN once TEXT NOT NULL DEFAULT '';

ALTER TABLE outbox ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX outbox_once ON outbox (once) WHERE once != '' AND (spent = 1
    OR state IN ('ready', 'transmitting', 'uncertain', 'handed', 'sent'))
""".strip()


# Each mail to the seller carries a token for the orders that answer it. Only its keyed hash is kept, and
# nothing here makes a token of it again.
ORDERS = """
CREATE TABLE tokens (
    hash TEXT PRIMARY KEY,
    address TEXT NOT NULL,          -- of the seller it was written to: nobody else's order is heard
    case_id INTEGER REFERENCES cases (id),
    words TEXT NOT NULL,            -- what may be ordered
    draft INTEGER,                  -- the row of the outbox whose words the mail shows
    shown TEXT NOT NULL DEFAULT '', -- hash of the draft's words as the mail showed them: his yes is for these
    expires TEXT NOT NULL,
    used TEXT
) STRICT, WITHOUT ROWID;

-- What was ordered by mail and what became of it. Append-only.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    mail INTEGER NOT NULL REFERENCES mails (id),
    case_id INTEGER REFERENCES cases (id),
    sender TEXT NOT NULL,
    said TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE INDEX orders_of_sender ON orders (sender, at)
""".strip()


# What is wrong with the bot itself. What may pass by itself is told only after a while: `told` is empty until then.
ALARMS = """
CREATE TABLE alarms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,             -- mailbox:ventes, sending:ventes, disk, clock ...
    sentence TEXT NOT NULL,
    since TEXT NOT NULL,
    due TEXT NOT NULL,              -- not told before
    told TEXT,                      -- when the seller was last written to about it
    ended TEXT
) STRICT;

CREATE UNIQUE INDEX alarms_standing ON alarms (name) WHERE ended IS NULL
""".strip()


# filed: whether a copy lies in Sent, and by whom.
BECAME = """
ALTER TABLE outbox ADD COLUMN filed TEXT NOT NULL DEFAULT '';

UPDATE outbox SET filed = 'before' WHERE state = 'sent';

-- Mails of ours that came back to us: the relay took them. A mark is the first 16 of the Message-ID.
CREATE TABLE echoes (
    mark TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stopped_addresses (
    address TEXT PRIMARY KEY,       -- lower case: nothing leaves to it by itself, until a person approves something
    since TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The fence beside the lock: two machines on a shared folder may not see each other's flock.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    boot TEXT NOT NULL,
    beaten TEXT NOT NULL
) STRICT, WITHOUT ROWID
""".strip()


# The journal: by which rules an event was judged and which clocks it started, whose words a mail is, and what the
# servers said. What was written down stays as it was written; only erasing may change it (`meta` says so meanwhile).
JOURNAL = """
ALTER TABLE events ADD COLUMN rules TEXT NOT NULL DEFAULT '';

ALTER TABLE events ADD COLUMN clocks TEXT NOT NULL DEFAULT '[]';

ALTER TABLE outbox ADD COLUMN words_from TEXT NOT NULL DEFAULT '';

ALTER TABLE outbox ADD COLUMN words_hash TEXT NOT NULL DEFAULT '';

-- What a server answered to each try of sending, or where else a mail was found. Append-only.
CREATE TABLE tries (
    id INTEGER PRIMARY KEY,
    draft INTEGER NOT NULL REFERENCES outbox (id),
    try INTEGER NOT NULL,           -- the first is 1
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'later', 'refused', 'unknown')),
    answer TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE INDEX tries_of_draft ON tries (draft);

CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'erasing')
BEGIN SELECT raise(ABORT, 'the journal is append-only: an event is never changed'); END;

CREATE TRIGGER events_are_kept BEFORE DELETE ON events WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'erasing')
BEGIN SELECT raise(ABORT, 'the journal is append-only: an event is never removed'); END;

CREATE TRIGGER tries_stay BEFORE UPDATE ON tries WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'erasing')
BEGIN SELECT raise(ABORT, 'the journal is append-only: an answer is never changed'); END;

CREATE TRIGGER tries_are_kept BEFORE DELETE ON tries WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'erasing')
BEGIN SELECT raise(ABORT, 'the journal is append-only: an answer is never removed'); END
""".strip()


# The words of events, for the page's search: filled by whoever searches, thrown away whole when anything is forgotten.
SPOKEN = """
CREATE VIRTUAL TABLE spoken USING fts5(text, facts, content='events', content_rowid='id',
    tokenize="unicode61 remove_diacritics 2")
""".strip()


# What the page asks for with each look at Today and at the shelf, however many cases and mails are kept.
LOOKED_AT = """
CREATE INDEX cases_waiting ON cases (turn, id) WHERE stage != 'closed';

CREATE INDEX cases_opened ON cases (opened);

CREATE INDEX mails_shelved ON mails (id) WHERE state = 'shelved'
""".strip()


# What each page of the seller's asks, which went through whole tables: 100,000 cases are some years of a busy shop.
QUICK = """
CREATE INDEX events_at ON events (at, case_id);

CREATE INDEX outbox_of_case ON outbox (case_id);

CREATE INDEX outbox_named ON outbox (once) WHERE once != '';

CREATE INDEX outbox_alone ON outbox (what, state, created) WHERE mode = 'alone';

CREATE INDEX outbox_states ON outbox (state);

CREATE INDEX outbox_whats ON outbox (what);

CREATE INDEX outbox_channels ON outbox (channel);

CREATE INDEX deadlines_by_case ON deadlines (case_id, state, due);

CREATE INDEX deadlines_states ON deadlines (state, due);

CREATE INDEX cases_shops ON cases (shop);

CREATE INDEX cases_kinds ON cases (kind);

CREATE INDEX cases_stages ON cases (stage);

CREATE INDEX cases_turns ON cases (turn);

CREATE INDEX cases_of_item ON cases (marketplace, shop, item, order_number);

CREATE INDEX cases_of_order ON cases (marketplace, shop, order_number);

CREATE INDEX mails_received ON mails (received);

CREATE INDEX mails_shelved_in ON mails (mailbox) WHERE state = 'shelved'
""".strip()


# look: before it the clock has nothing to tell of a deadline; empty: it must see for itself. So a look costs what is
# due, however many run. What asked deadlines_open finds the same in deadlines_states. The rest is what is asked with
# every mail or every second, and found by going through whole tables before.
LOOKS = """
ALTER TABLE deadlines ADD COLUMN look TEXT NOT NULL DEFAULT '';

CREATE INDEX deadlines_look ON deadlines (look) WHERE state = 'open';

DROP INDEX deadlines_open;

-- sold: the marketplace itself has told a sale in this case.
ALTER TABLE cases ADD COLUMN sold INTEGER NOT NULL DEFAULT 0;

UPDATE cases SET sold = 1 WHERE id IN (SELECT case_id FROM events WHERE kind = 'sale_made' AND origin = 'proven');

CREATE INDEX cases_sold ON cases (marketplace, shop) WHERE sold = 1;

CREATE INDEX cases_untold ON cases (id) WHERE untold = 1;

CREATE INDEX outbox_unfiled ON outbox (id) WHERE state = 'sent' AND filed = '' AND what IN ('reply', 'offer')
""".strip()


# For who looks into the database with Datasette or sqlite3 (docs/datasette.md). The program itself asks none of them.
VIEWS = """
CREATE VIEW cases_now AS
SELECT 'C-' || cases.id AS "case", shop, kind, stage, turn, buyer, order_number, item, reference, opened,
    (SELECT min(due) FROM deadlines WHERE case_id = cases.id AND state = 'open') AS next_due,
    (SELECT max(at) FROM events WHERE case_id = cases.id) AS last_heard
FROM cases WHERE stage != 'closed';

CREATE VIEW deadlines_now AS
SELECT 'C-' || deadlines.case_id AS "case", cases.shop, cases.order_number, deadlines.name, deadlines.due,
    round((julianday(deadlines.due) - julianday('now')) * 24, 1) AS hours_left, deadlines.who, deadlines.silence,
    deadlines.why, deadlines.rule, deadlines.source
FROM deadlines JOIN cases ON cases.id = deadlines.case_id WHERE deadlines.state = 'open';

CREATE VIEW outbox_now AS
SELECT 'D-' || id AS draft, 'C-' || case_id AS "case", what, channel, state, to_addr, subject, why, error, attempts,
    not_before, changed
FROM outbox WHERE state IN ('draft', 'ready', 'transmitting', 'failed', 'uncertain', 'handed');

CREATE VIEW shelf AS
SELECT 'M-' || id AS mail, mailbox, received, sender, subject, reason FROM mails WHERE state = 'shelved';

CREATE VIEW story AS
SELECT events.id, 'C-' || case_id AS "case", cases.shop, events.kind, at, source, events.origin, held, text
FROM events JOIN cases ON cases.id = case_id;

CREATE VIEW kept_by_month AS
SELECT substr(ended, 1, 7) AS month, cases.marketplace, name, count(*) FILTER (WHERE state = 'met') AS met,
    count(*) FILTER (WHERE state = 'missed') AS missed
FROM deadlines JOIN cases ON cases.id = case_id WHERE who = 'seller' AND state IN ('met', 'missed')
GROUP BY 1, 2, 3
""".strip()


# What each list of the page shows first stands first in an index: a page of it reads what it shows, not the whole.
# `next_due` is kept beside the case by triggers, for a case's next deadline stands in another table.
ORDERLY = """
ALTER TABLE cases ADD COLUMN next_due TEXT;

UPDATE cases SET next_due = (SELECT min(due) FROM deadlines WHERE case_id = cases.id AND state = 'open');

CREATE TRIGGER due_of_a_new_deadline AFTER INSERT ON deadlines WHEN new.state = 'open'
BEGIN UPDATE cases SET next_due = new.due WHERE id = new.case_id AND (next_due IS NULL OR next_due > new.due); END;

CREATE TRIGGER due_of_a_changed_deadline AFTER UPDATE OF state, due, case_id ON deadlines
BEGIN UPDATE cases SET next_due = (SELECT min(due) FROM deadlines WHERE case_id = cases.id AND state = 'open')
WHERE id IN (old.case_id, new.case_id); END;

CREATE TRIGGER due_of_a_lost_deadline AFTER DELETE ON deadlines WHEN old.state = 'open'
BEGIN UPDATE cases SET next_due = (SELECT min(due) FROM deadlines WHERE case_id = old.case_id AND state = 'open')
WHERE id = old.case_id; END;

CREATE INDEX cases_due ON cases (next_due IS NULL, next_due, id DESC);

DROP INDEX cases_shops;

CREATE INDEX cases_shops ON cases (shop, next_due IS NULL, next_due, id DESC);

DROP INDEX cases_kinds;

CREATE INDEX cases_kinds ON cases (kind, next_due IS NULL, next_due, id DESC);

DROP INDEX cases_stages;

CREATE INDEX cases_stages ON cases (stage, next_due IS NULL, next_due, id DESC);

DROP INDEX cases_turns;

CREATE INDEX cases_turns ON cases (turn, next_due IS NULL, next_due, id DESC);

CREATE INDEX deadlines_listed ON deadlines (state != 'open', due, id);

DROP INDEX deadlines_states;

CREATE INDEX deadlines_states ON deadlines (state, state != 'open', due, id);

CREATE INDEX deadlines_started ON deadlines (started);

DROP INDEX cases_of_order;

CREATE INDEX cases_of_order ON cases (marketplace, shop, order_number, item)
""".strip()


# Whose words are new to the search's index. Plain tables and triggers: writing a case never hangs on FTS5.
UNINDEXED = """
CREATE TABLE unindexed (
    what TEXT NOT NULL,             -- cases or outbox
    id INTEGER NOT NULL,
    PRIMARY KEY (what, id)
) STRICT, WITHOUT ROWID;

INSERT INTO unindexed (what, id) SELECT 'cases', id FROM cases
UNION ALL SELECT 'outbox', id FROM outbox WHERE what IN ('reply', 'offer');

CREATE TRIGGER unindexed_case AFTER INSERT ON cases
BEGIN INSERT OR IGNORE INTO unindexed (what, id) VALUES ('cases', new.id); END;

CREATE TRIGGER unindexed_names AFTER UPDATE OF buyer, order_number, item, answer_to ON cases
WHEN (new.buyer, new.order_number, new.item, new.answer_to) IS NOT
    (old.buyer, old.order_number, old.item, old.answer_to)
BEGIN INSERT OR IGNORE INTO unindexed (what, id) VALUES ('cases', new.id); END;

CREATE TRIGGER unindexed_answer AFTER INSERT ON outbox WHEN new.what IN ('reply', 'offer')
BEGIN INSERT OR IGNORE INTO unindexed (what, id) VALUES ('outbox', new.id); END;

CREATE TRIGGER unindexed_words AFTER UPDATE OF subject, body ON outbox
WHEN new.what IN ('reply', 'offer') AND (new.subject, new.body) IS NOT (old.subject, old.body)
BEGIN INSERT OR IGNORE INTO unindexed (what, id) VALUES ('outbox', new.id); END
""".strip()


# The names of cases: any three characters in a row find them, such as the last digits of an order.
NAMED = """
CREATE VIRTUAL TABLE named USING fts5(buyer, order_number, reference, item, answer_to, content='cases',
    content_rowid='id', tokenize='trigram')
""".strip()


# What was written to buyers and marketplaces, words changed meanwhile included.
WRITTEN = """
CREATE VIRTUAL TABLE written USING fts5(subject, body, content='outbox', content_rowid='id',
    tokenize="unicode61 remove_diacritics 2")
""".strip()


# A folder of 100,000 mails is compared with what the server has by reading this index from one end to the other.
BY_NUMBER = """
ALTER TABLE places ADD COLUMN uidvalidity INTEGER
    GENERATED ALWAYS AS (CAST(substr(place, 1, instr(place, '/') - 1) AS INTEGER)) VIRTUAL;

ALTER TABLE places ADD COLUMN uid INTEGER
    GENERATED ALWAYS AS (CAST(substr(place, instr(place, '/') + 1) AS INTEGER)) VIRTUAL;

CREATE INDEX places_by_number ON places (mailbox, folder, uidvalidity, uid)
""".strip()


# A trigger costs each row as much as the row itself. What is new is known by its number instead, and a case's next
# deadline is written with it (`record_case`, `record_deadline`); what changes or ends one still goes by triggers.
LEANER = """
DROP TRIGGER due_of_a_new_deadline;

DROP TRIGGER unindexed_case;

DROP TRIGGER unindexed_answer;

INSERT OR REPLACE INTO meta (name, value) SELECT 'named', coalesce(max(id), 0) FROM cases;

INSERT OR REPLACE INTO meta (name, value) SELECT 'written', coalesce(max(id), 0) FROM outbox
""".strip()


# Mails lie together in packs, for the mails of a marketplace are mostly the same frame. What was kept before stays in
# its row (`raw`) until it is dropped with time: an empty one says that the mail lies in its pack, or is dropped.
PACKS = """
CREATE TABLE packs (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,          -- bytes before zlib
    octets BLOB NOT NULL            -- zlib: mails, one after the other; each has its `start` and `size` there
) STRICT;

ALTER TABLE mails ADD COLUMN pack INTEGER REFERENCES packs (id);

ALTER TABLE mails ADD COLUMN start INTEGER NOT NULL DEFAULT 0;

CREATE INDEX mails_of_pack ON mails (pack) WHERE pack IS NOT NULL
""".strip()


# While one mailbox's first look goes on, the others' mails must be found without going through its 100,000.
TURNS = """
DROP INDEX IF EXISTS mails_waiting;

CREATE INDEX mails_waiting ON mails (mailbox, id) WHERE state = 'kept'
""".strip()


# A row moves on three times, each with a commit of its own: no index changes with it that answers nothing. What is
# ready is found in outbox_states, in its order, too; of what leaves alone only what goes to others is ever counted.
STEPS = """
DROP INDEX outbox_waiting;

DROP INDEX outbox_alone;

CREATE INDEX outbox_alone ON outbox (what, state, created) WHERE mode = 'alone' AND what IN ('reply', 'offer')
""".strip()


# What is long past: rows of closed cases, and mails of none, in packs (edges/past). A column that is renamed or dropped
# by a later migration must be in the packs, too; a new one takes its default when rows come back.
PAST = """
CREATE TABLE past (
    id INTEGER PRIMARY KEY,
    cases INTEGER NOT NULL,
    letters INTEGER NOT NULL,       -- mails
    heard TEXT NOT NULL,            -- the newest event's moment
    received TEXT,                  -- the oldest mail's
    first_mail INTEGER NOT NULL,
    last_mail INTEGER NOT NULL,
    first_draft INTEGER NOT NULL,
    last_draft INTEGER NOT NULL,
    often BLOB NOT NULL,            -- zlib: what guards and numbers ask for
    seldom BLOB NOT NULL            -- zlib: the other columns
) STRICT;

CREATE TRIGGER past_stays BEFORE UPDATE ON past WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'erasing')
BEGIN SELECT raise(ABORT, 'the journal is append-only: what is past is never changed'); END;

CREATE TRIGGER past_is_kept BEFORE DELETE ON past WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'erasing')
BEGIN SELECT raise(ABORT, 'the journal is append-only: what is past is never removed'); END;

-- folded: in which row of `past` the case's other rows lie.
ALTER TABLE cases ADD COLUMN folded INTEGER;

-- What must be known again for ever: the beginning of a keyed hash, and the number of its case or mail.
CREATE TABLE remembered (
    name BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (name, number)
) STRICT, WITHOUT ROWID;

-- Places of mails that lie in `past`, as runs: nothing there is to be fetched.
CREATE TABLE runs (
    mailbox TEXT NOT NULL,
    folder TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (mailbox, folder, uidvalidity, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE past_by_month (
    month TEXT NOT NULL,
    marketplace TEXT NOT NULL,
    name TEXT NOT NULL,
    met INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    PRIMARY KEY (month, marketplace, name)
) STRICT, WITHOUT ROWID;

DROP VIEW kept_by_month;

CREATE VIEW kept_by_month AS
SELECT month, marketplace, name, sum(met) AS met, sum(missed) AS missed FROM (
    SELECT substr(ended, 1, 7) AS month, cases.marketplace, name, state = 'met' AS met, state = 'missed' AS missed
    FROM deadlines JOIN cases ON cases.id = case_id WHERE who = 'seller' AND state IN ('met', 'missed')
    UNION ALL SELECT month, marketplace, name, met, missed FROM past_by_month WHERE met OR missed)
GROUP BY 1, 2, 3;

-- A place may be of a mail whose row lies in `past`: without the reference.
CREATE TABLE places_ (
    mailbox TEXT NOT NULL,
    folder TEXT NOT NULL,
    place TEXT NOT NULL,
    mail INTEGER NOT NULL,
    uidvalidity INTEGER GENERATED ALWAYS AS (CAST(substr(place, 1, instr(place, '/') - 1) AS INTEGER)) VIRTUAL,
    uid INTEGER GENERATED ALWAYS AS (CAST(substr(place, instr(place, '/') + 1) AS INTEGER)) VIRTUAL,
    PRIMARY KEY (mailbox, folder, place)
) STRICT, WITHOUT ROWID;

INSERT INTO places_ (mailbox, folder, place, mail) SELECT mailbox, folder, place, mail FROM places;

DROP TABLE places;

ALTER TABLE places_ RENAME TO places;

CREATE INDEX places_by_number ON places (mailbox, folder, uidvalidity, uid)
""".strip()
