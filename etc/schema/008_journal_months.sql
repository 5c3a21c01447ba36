-- The journal's table by months, and what of the journal lies in the archive (req 0.51).

-- Months are made ahead, dropped and brought back by src/store/months.c. `rest` takes what has no month yet,
-- so that no row is ever refused for its day.
ALTER TABLE journal_event PARTITION BY RANGE (day) (PARTITION rest VALUES LESS THAN MAXVALUE);

-- Closed files that were moved into the archive; for good, also when the file itself is past its time (removed_at):
-- a month leaves the table only when every line of it is in here, and the shipper begins behind it.
-- month: yyyymm, the archive's folder; first_day, last_day: of its lines.
CREATE TABLE IF NOT EXISTS journal_archived (
    instance    VARCHAR(255)    NOT NULL,
    first_seq   BIGINT UNSIGNED NOT NULL,
    last_seq    BIGINT UNSIGNED NOT NULL,
    file        VARCHAR(64)     NOT NULL,
    month       INT UNSIGNED    NOT NULL,
    first_day   INT UNSIGNED    NOT NULL,
    last_day    INT UNSIGNED    NOT NULL,
    sha256      BINARY(32)      NOT NULL,
    line_count  BIGINT UNSIGNED NOT NULL,
    archived_at DATETIME(6)     NOT NULL,
    removed_at  DATETIME(6)     NULL,
    PRIMARY KEY (instance, first_seq),
    KEY journal_archived_month (month)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Months that were brought back into the table, and until when. restored_at IS NULL: not all of a month is there.
CREATE TABLE IF NOT EXISTS journal_restored (
    month       INT UNSIGNED NOT NULL PRIMARY KEY,
    restored_at DATETIME(6)  NULL,
    until_at    DATETIME(6)  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
