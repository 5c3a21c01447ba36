-- People who look after the service: accounts and what they are logged in with. Every statement bears being run again.

-- password: argon2id (src/crypto/password.h). totp, totp_pending: secrets of second factors, sealed (src/crypto/vault.h); pending:
-- not confirmed yet. totp_step: of the last code taken; no code counts twice. blocked: by an administrator, until he lifts it;
-- failures in a row lock until locked_until. changed_at: what an administrator or the person changed, not a log-in.
CREATE TABLE IF NOT EXISTS account (
    name         VARCHAR(64)  COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY,
    role         VARCHAR(16)  NOT NULL,
    password     VARCHAR(127) NOT NULL,
    must_change  TINYINT      NOT NULL DEFAULT 0,
    blocked      TINYINT      NOT NULL DEFAULT 0,
    failures     INT UNSIGNED NOT NULL DEFAULT 0,
    locked_until DATETIME(6)  NULL,
    totp         BLOB         NULL,
    totp_pending BLOB         NULL,
    totp_step    BIGINT       NOT NULL DEFAULT 0,
    created_at   DATETIME(6)  NOT NULL,
    changed_at   DATETIME(6)  NOT NULL,
    login_at     DATETIME(6)  NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Log-ins to the console. The cookie is not kept, its SHA-256 is. half: the password was right, the second factor is waited for.
CREATE TABLE IF NOT EXISTS account_session (
    cookie_sha256 BINARY(32)   NOT NULL PRIMARY KEY,
    account       VARCHAR(64)  COLLATE utf8mb4_nopad_bin NOT NULL,
    half          TINYINT      NOT NULL,
    created_at    DATETIME(6)  NOT NULL,
    seen_at       DATETIME(6)  NOT NULL,
    address       VARCHAR(64)  NOT NULL,
    user_agent    VARCHAR(255) NOT NULL,
    KEY account_session_account (account, created_at),
    KEY account_session_seen (seen_at),
    CONSTRAINT account_session_of FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row, which every change that must leave an administrator counts up: two such changes on two nodes of a cluster collide.
CREATE TABLE IF NOT EXISTS account_guard (
    id      TINYINT NOT NULL PRIMARY KEY,
    changes BIGINT  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO account_guard (id, changes) VALUES (1, 0);
