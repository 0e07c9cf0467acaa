-- The ledger: one text for SQLite and PostgreSQL. {serial} and {passing} are the two words in which they differ:
-- a key that counts by itself, and a table that need not outlive a crash.
-- Times are seconds since 1970, UTC; nothing is ordered by them: ids count, clocks are set back.
-- The partial unique indexes hold whatever the code does: a bug meets the database, not a second disc.

CREATE TABLE ledger (
    key   TEXT PRIMARY KEY,                      -- version, made_at
    value TEXT NOT NULL
);

CREATE TABLE orders (
    id          {serial},
    master      TEXT NOT NULL,
    wanted      INTEGER NOT NULL CHECK (wanted > 0),
    title       TEXT NOT NULL,
    priority    INTEGER NOT NULL,
    speed       DOUBLE PRECISION,                -- multiple of 1x; NULL: what is recommended
    check_mode  TEXT NOT NULL CHECK (check_mode IN ('full', 'quick')),
    surplus_ok  INTEGER NOT NULL CHECK (surplus_ok IN (0, 1)),
    any_drive   INTEGER NOT NULL CHECK (any_drive IN (0, 1)),
    state       TEXT NOT NULL CHECK (state IN ('open', 'paused', 'cancelled', 'done')),
    made        INTEGER NOT NULL CHECK (made BETWEEN 0 AND wanted),
    spoils_left INTEGER NOT NULL,
    stop_now    INTEGER NOT NULL DEFAULT 0,      -- cancelled, and discs under way are to be ended
    has_free    INTEGER NOT NULL CHECK (has_free IN (0, 1)),  -- 0: no copy is free; 1: perhaps one is
    why         TEXT NOT NULL,
    made_by     TEXT NOT NULL,
    made_at     DOUBLE PRECISION NOT NULL
);
CREATE INDEX orders_with_work ON orders (priority DESC, id) WHERE state = 'open' AND has_free = 1;

CREATE TABLE order_drives (                      -- of orders that are not for any drive
    order_id BIGINT NOT NULL REFERENCES orders (id),
    host     TEXT NOT NULL,
    drive    TEXT NOT NULL,
    PRIMARY KEY (order_id, host, drive)
);

CREATE TABLE copies (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    number   INTEGER NOT NULL CHECK (number > 0),
    attempt  BIGINT,                             -- NULL: free
    PRIMARY KEY (order_id, number)
);
CREATE INDEX copies_free ON copies (order_id, number) WHERE attempt IS NULL;

CREATE TABLE attempts (
    id       {serial},
    order_id BIGINT NOT NULL,
    number   INTEGER NOT NULL,
    host     TEXT NOT NULL,
    drive    TEXT NOT NULL,
    blank    TEXT NOT NULL,
    fence    BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('claimed', 'writing', 'closing', 'verifying', 'good', 'checked',
                                            'spoiled', 'void', 'unknown', 'lost')),
    at       DOUBLE PRECISION NOT NULL,
    reason   TEXT NOT NULL,
    report   TEXT NOT NULL,                      -- JSON
    FOREIGN KEY (order_id, number) REFERENCES copies (order_id, number)
);
CREATE UNIQUE INDEX one_per_copy ON attempts (order_id, number)
    WHERE state IN ('claimed', 'writing', 'closing', 'verifying', 'good', 'checked', 'unknown');
CREATE UNIQUE INDEX one_per_drive ON attempts (host, drive)
    WHERE state IN ('claimed', 'writing', 'closing', 'verifying');
CREATE UNIQUE INDEX one_per_blank ON attempts (host, blank) WHERE state <> 'void';
CREATE INDEX voids_of_blank ON attempts (host, blank) WHERE state = 'void';
CREATE INDEX attempts_of_order ON attempts (order_id, state);
CREATE INDEX attempts_claimed ON attempts (at) WHERE state = 'claimed';

CREATE TABLE history (                           -- append only: a trigger refuses everything else
    id          {serial},
    attempt     BIGINT NOT NULL REFERENCES attempts (id),
    from_state  TEXT,                            -- NULL: the claim
    to_state    TEXT NOT NULL,
    at          DOUBLE PRECISION NOT NULL,
    said        TEXT NOT NULL,
    who         TEXT NOT NULL,
    why         TEXT NOT NULL
);
CREATE INDEX history_of_attempt ON history (attempt, id);

CREATE TABLE order_history (                     -- append only
    id       {serial},
    order_id BIGINT NOT NULL REFERENCES orders (id),
    what     TEXT NOT NULL,
    at       DOUBLE PRECISION NOT NULL,
    who      TEXT NOT NULL,
    why      TEXT NOT NULL
);
CREATE INDEX history_of_order ON order_history (order_id, id);

CREATE TABLE drives (                            -- what is held against a drive
    host             TEXT NOT NULL,
    drive            TEXT NOT NULL,
    spoiled_in_a_row INTEGER NOT NULL,
    resting          TEXT NOT NULL,              -- why; empty: it may be used
    PRIMARY KEY (host, drive)
);

CREATE TABLE hosts (                             -- which machine a host's name belongs to
    host    TEXT PRIMARY KEY,
    machine TEXT NOT NULL,
    seen_at DOUBLE PRECISION NOT NULL
);

CREATE {passing} TABLE sightings (               -- the newest word on each drive, and its progress
    host          TEXT NOT NULL,
    drive         TEXT NOT NULL,
    model         TEXT NOT NULL,
    serial        TEXT NOT NULL,
    state         TEXT NOT NULL,
    medium        TEXT NOT NULL,
    attempt       BIGINT,
    done_sectors  INTEGER NOT NULL,
    total_sectors INTEGER NOT NULL,
    speed         DOUBLE PRECISION,
    seen_at       DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (host, drive)
);
