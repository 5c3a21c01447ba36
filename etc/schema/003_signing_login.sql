-- Logins with an authentication key (authType Eds). login_sha256: of what was signed and of the
-- certificate, so that the same login never counts twice; iin, bin: whose key it was.
CREATE TABLE IF NOT EXISTS signing_login (
    session_id   BINARY(16)  NOT NULL,
    login_sha256 BINARY(32)  NOT NULL,
    iin          VARCHAR(16) NOT NULL,
    bin          VARCHAR(16) NOT NULL,
    at           DATETIME(6) NOT NULL,
    PRIMARY KEY (session_id, login_sha256),
    CONSTRAINT signing_login_session FOREIGN KEY (session_id)
        REFERENCES signing_session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE signing_session ADD COLUMN IF NOT EXISTS refused_logins INT UNSIGNED NOT NULL DEFAULT 0;
