-- Our own seal (XAdES) over the evidence of a signed session. The row is born with the signed state.
-- due_at: when it is to be tried next; NULL: it is made. form: BES, or T (with a timestamp).
CREATE TABLE IF NOT EXISTS evidence_seal (
    session_id BINARY(16)   NOT NULL PRIMARY KEY,
    due_at     DATETIME(6)  NULL,
    tries      INT UNSIGNED NOT NULL DEFAULT 0,
    form       VARCHAR(8)   NOT NULL DEFAULT '',
    made_at    DATETIME(6)  NULL,
    seal       LONGBLOB     NULL,
    KEY evidence_seal_due (due_at),
    CONSTRAINT evidence_seal_session FOREIGN KEY (session_id)
        REFERENCES signing_session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
