-- What migration itself stands on; run at every start, before the version is read.
-- How these files work (src/store/schema.c): they are compiled into shepd and run in the order of
-- their numbers; a statement ends with a ; that is the last character of its line; lines that begin
-- with -- are skipped. MariaDB commits after each DDL statement, so every statement must bear being
-- run again after a crash in the middle (IF NOT EXISTS, IF EXISTS). A published file is never
-- changed: what comes later goes into a new one.
-- House rules: InnoDB, a primary key on every table (Galera), utf8mb4_bin, DATETIME(6) in UTC.

CREATE TABLE IF NOT EXISTS schema_version (
    version    INT UNSIGNED NOT NULL PRIMARY KEY,
    applied_at DATETIME(6)  NOT NULL,
    applied_by VARCHAR(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Work for one instance at a time; free when until_at has passed.
CREATE TABLE IF NOT EXISTS lease (
    name     VARCHAR(64)  NOT NULL PRIMARY KEY,
    holder   VARCHAR(255) NOT NULL,
    until_at DATETIME(6)  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
