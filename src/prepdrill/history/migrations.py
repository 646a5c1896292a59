"""The schema of the history, as numbered steps. A step that has shipped is never edited."""

from __future__ import annotations

from typing import Final

STEPS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE revision (
        question TEXT NOT NULL,
        revision TEXT NOT NULL,
        item     TEXT NOT NULL,              -- question and rubric as JSON, as they were asked
        PRIMARY KEY (question, revision)
    ) WITHOUT ROWID;

    CREATE TABLE session (
        id      INTEGER PRIMARY KEY,
        started REAL NOT NULL,               -- seconds since the epoch, here and in every time below
        ended   REAL,
        command TEXT NOT NULL,               -- drill, grade, demo
        grader  TEXT NOT NULL,
        seed    INTEGER
    );

    CREATE TABLE attempt (
        id        INTEGER PRIMARY KEY,
        session   INTEGER NOT NULL REFERENCES session (id),
        question  TEXT NOT NULL,
        revision  TEXT NOT NULL,
        section   TEXT NOT NULL,
        title     TEXT NOT NULL,
        started   REAL NOT NULL,
        submitted REAL,
        state     TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'done', 'skipped')),
        budget    REAL,                      -- seconds, null without a clock
        strict    INTEGER NOT NULL DEFAULT 0,
        seconds   REAL NOT NULL DEFAULT 0,   -- spent on the answer
        answer    TEXT NOT NULL DEFAULT '',
        said      TEXT NOT NULL DEFAULT '',  -- answers to follow-ups, for the search
        FOREIGN KEY (question, revision) REFERENCES revision (question, revision)
    );
    CREATE INDEX attempt_started ON attempt (started);
    CREATE INDEX attempt_section ON attempt (section, started);
    CREATE INDEX attempt_question ON attempt (question, started);
    CREATE INDEX attempt_open ON attempt (state) WHERE state IN ('open', 'answered');

    CREATE TABLE event (
        attempt   INTEGER NOT NULL REFERENCES attempt (id),
        number    INTEGER NOT NULL,          -- one sequence with draft.number
        kind      TEXT NOT NULL,
        monotonic REAL NOT NULL,
        wall      REAL NOT NULL,
        text      TEXT NOT NULL DEFAULT '',
        missed    TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (attempt, number)
    ) WITHOUT ROWID;

    CREATE TABLE draft (
        attempt   INTEGER NOT NULL REFERENCES attempt (id),
        number    INTEGER NOT NULL,
        monotonic REAL NOT NULL,
        wall      REAL NOT NULL,
        whole     INTEGER NOT NULL,          -- 1: the text is the whole draft, 0: a line added to it
        text      TEXT NOT NULL,
        PRIMARY KEY (attempt, number)
    ) WITHOUT ROWID;

    CREATE TABLE follow_up (
        attempt     INTEGER NOT NULL REFERENCES attempt (id),
        number      INTEGER NOT NULL,
        ask         TEXT NOT NULL,
        when_missed TEXT,
        answer      TEXT NOT NULL,
        answered    REAL NOT NULL,
        PRIMARY KEY (attempt, number)
    ) WITHOUT ROWID;

    CREATE TABLE grade (
        id          INTEGER PRIMARY KEY,
        attempt     INTEGER NOT NULL REFERENCES attempt (id),
        graded      REAL NOT NULL,
        grader      TEXT NOT NULL,
        version     TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        revision    TEXT NOT NULL,
        value       REAL,
        low         REAL NOT NULL,
        high        REAL NOT NULL,
        rating      TEXT
    );
    CREATE INDEX grade_attempt ON grade (attempt, id);

    CREATE TABLE verdict (
        grade      INTEGER NOT NULL REFERENCES grade (id),
        number     INTEGER NOT NULL,
        criterion  TEXT NOT NULL,
        outcome    TEXT NOT NULL,
        prompted   INTEGER NOT NULL,
        confidence REAL NOT NULL,
        reason     TEXT NOT NULL,
        by         TEXT NOT NULL,
        quote      TEXT,
        start      INTEGER,
        "end"      INTEGER,
        PRIMARY KEY (grade, number)
    ) WITHOUT ROWID;

    CREATE VIRTUAL TABLE answer_search USING fts5 (
        title, answer, said, content='attempt', content_rowid='id', tokenize='porter unicode61'
    );
    CREATE TRIGGER attempt_indexed AFTER INSERT ON attempt BEGIN
        INSERT INTO answer_search (rowid, title, answer, said) VALUES (new.id, new.title, new.answer, new.said);
    END;
    CREATE TRIGGER attempt_reindexed AFTER UPDATE OF title, answer, said ON attempt BEGIN
        INSERT INTO answer_search (answer_search, rowid, title, answer, said)
            VALUES ('delete', old.id, old.title, old.answer, old.said);
        INSERT INTO answer_search (rowid, title, answer, said) VALUES (new.id, new.title, new.answer, new.said);
    END;
    """,
    """
    ALTER TABLE session ADD COLUMN plan TEXT NOT NULL DEFAULT '';        -- what it will ask, as JSON; empty if unknown
    ALTER TABLE attempt ADD COLUMN twist INTEGER NOT NULL DEFAULT 0;     -- 1: the question's twist is brought up
    ALTER TABLE attempt ADD COLUMN confidence INTEGER;                   -- 1 to 4, null if it was not said
    ALTER TABLE follow_up ADD COLUMN kind TEXT NOT NULL DEFAULT 'follow-up';
    ALTER TABLE draft ADD COLUMN start INTEGER;                          -- of an edit: where the text goes, and
    ALTER TABLE draft ADD COLUMN removed INTEGER;                        -- how many characters it replaces
    CREATE INDEX attempt_session ON attempt (session);
    """,
    """
    CREATE TABLE reply (                     -- what a judge's model said, for ever: a grade can be read from it again
        digest            TEXT PRIMARY KEY,  -- of the request that was sent; the key by which it is found again
        at                REAL NOT NULL,
        base_url          TEXT NOT NULL,
        model             TEXT NOT NULL,     -- as it was asked for
        returned          TEXT NOT NULL,     -- as the server calls it
        parameters        TEXT NOT NULL,     -- what was sent besides messages and schema, as JSON
        text              TEXT NOT NULL,
        finish            TEXT NOT NULL,
        refusal           TEXT NOT NULL,
        reasoning         TEXT NOT NULL,
        prompt_tokens     INTEGER,
        completion_tokens INTEGER,
        seconds           REAL NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE grade_reply (               -- the replies that a grade rests on
        grade  INTEGER NOT NULL REFERENCES grade (id),
        number INTEGER NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (grade, number)
    ) WITHOUT ROWID;

    CREATE TABLE ability (                   -- what a server was found to accept
        base_url  TEXT NOT NULL,
        model     TEXT NOT NULL,
        abilities TEXT NOT NULL,             -- JSON
        PRIMARY KEY (base_url, model)
    ) WITHOUT ROWID;

    CREATE TABLE batch_line (                -- requests that were written into files, to be answered elsewhere
        digest TEXT PRIMARY KEY,
        batch  TEXT NOT NULL,
        shard  INTEGER NOT NULL,
        state  TEXT NOT NULL DEFAULT 'exported' CHECK (state IN ('exported', 'answered', 'failed')),
        parameters TEXT NOT NULL,            -- what is sent besides messages and schema, as JSON
        reason TEXT NOT NULL DEFAULT ''      -- why it failed
    ) WITHOUT ROWID;
    CREATE INDEX batch_line_batch ON batch_line (batch, state);
    """,
    """
    CREATE TABLE mark (                      -- what the user ordered about a question; the last word counts
        number   INTEGER PRIMARY KEY,
        question TEXT NOT NULL,
        kind     TEXT NOT NULL CHECK (kind IN ('suspend', 'restore', 'bury', 'reset')),
        at       REAL NOT NULL
    );
    """,
)
