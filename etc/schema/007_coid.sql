-- Identity checks by ЦОИД: calls that cost money, what was answered, decisions, news. Every statement bears being run again.

-- A verification is one row, made before anything is sent; (sender_id, message_id) is NOPAD as in claim. state: written, asked,
-- done, refused. day: yyyymmdd, Astana's. kept_at: when something was last kept of it; it is deleted by that.
CREATE TABLE IF NOT EXISTS coid_call (
    idempotency_key BINARY(16)   NOT NULL PRIMARY KEY,
    sender_id       VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    message_id      VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    payload_sha256  BINARY(32)   NOT NULL,
    exchange        BINARY(16)   NOT NULL,
    iin             VARCHAR(16)  NOT NULL,
    vendor          BIGINT       NOT NULL,
    photo_sha256    BINARY(32)   NOT NULL,
    day             INT UNSIGNED NOT NULL,
    state           VARCHAR(16)  NOT NULL,
    created_at      DATETIME(6)  NOT NULL,
    asked_at        DATETIME(6)  NULL,
    ended_at        DATETIME(6)  NULL,
    kept_at         DATETIME(6)  NOT NULL,
    vendor_name     VARCHAR(255) NOT NULL DEFAULT '',
    result          VARCHAR(32)  NOT NULL DEFAULT '',
    refused_status  INT UNSIGNED NOT NULL DEFAULT 0,
    refused_code    VARCHAR(48)  NOT NULL DEFAULT '',
    refused_text    TEXT         NOT NULL,
    UNIQUE KEY coid_call_message (sender_id, message_id),
    KEY coid_call_sender (sender_id, day),
    KEY coid_call_day (day),
    KEY coid_call_kept (kept_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The photo that was sent, sealed (src/crypto/vault.h). Beside its call: that is changed several times, and a cluster carries
-- whole rows.
CREATE TABLE IF NOT EXISTS coid_photo (
    idempotency_key BINARY(16) NOT NULL PRIMARY KEY,
    photo           LONGBLOB   NOT NULL,
    CONSTRAINT coid_photo_call FOREIGN KEY (idempotency_key)
        REFERENCES coid_call (idempotency_key) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Verifications of a sender and day that were not refused: what the daily limit counts.
CREATE TABLE IF NOT EXISTS coid_day (
    sender_id  VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    day        INT UNSIGNED NOT NULL,
    counted    BIGINT       NOT NULL,
    changed_at DATETIME(6)  NOT NULL,
    PRIMARY KEY (sender_id, day),
    KEY coid_day_changed (changed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What ЦОИД answered, byte for byte, and what was asked with. Bodies and JWS are sealed. operation: as the payload's root is
-- named. verification: the idempotency key, NULL: none. body_sha256: of the body as it came. kept_at: by the database's clock.
CREATE TABLE IF NOT EXISTS coid_evidence (
    id           BINARY(16)   NOT NULL PRIMARY KEY,
    verification BINARY(16)   NULL,
    operation    VARCHAR(32)  NOT NULL,
    sender_id    VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    message_id   VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    exchange     BINARY(16)   NULL,
    received_at  DATETIME(6)  NOT NULL,
    kept_at      DATETIME(6)  NOT NULL,
    http_status  INT UNSIGNED NOT NULL,
    request_body LONGBLOB     NOT NULL,
    request_jws  MEDIUMBLOB   NOT NULL,
    body         LONGBLOB     NOT NULL,
    body_sha256  BINARY(32)   NOT NULL,
    jws          MEDIUMBLOB   NOT NULL,
    certificate  MEDIUMBLOB   NOT NULL,
    verdict      VARCHAR(16)  NOT NULL,
    report       LONGBLOB     NOT NULL,
    KEY coid_evidence_verification (verification, kept_at),
    KEY coid_evidence_kept (kept_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The participant's decision on a result below the threshold; one for a verification. day: of the decision, Astana's.
CREATE TABLE IF NOT EXISTS coid_decision (
    idempotency_key BINARY(16)   NOT NULL PRIMARY KEY,
    decision        VARCHAR(32)  NOT NULL,
    who             VARCHAR(255) NOT NULL,
    note            TEXT         NOT NULL,
    decided_at      DATETIME(6)  NOT NULL,
    day             INT UNSIGNED NOT NULL,
    KEY coid_decision_day (day, idempotency_key),
    CONSTRAINT coid_decision_call FOREIGN KEY (idempotency_key)
        REFERENCES coid_call (idempotency_key) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- ЦОИД's news, each once. date_text: as written; date_meaning: where it is clear. seen_at: first; told_at: last.
CREATE TABLE IF NOT EXISTS coid_news (
    sha256       BINARY(32)  NOT NULL PRIMARY KEY,
    date_text    TEXT        NOT NULL,
    date_meaning VARCHAR(40) NOT NULL,
    subject      MEDIUMTEXT  NOT NULL,
    text         LONGTEXT    NOT NULL,
    seen_at      DATETIME(6) NOT NULL,
    told_at      DATETIME(6) NOT NULL,
    KEY coid_news_seen (seen_at, date_meaning),
    KEY coid_news_told (told_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
