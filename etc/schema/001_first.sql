-- Claims, signing sessions with their documents and evidence, OCSP receipts, the journal's table.

-- (senderId, messageId) once. The key is NOPAD: 'a1' and 'a1 ' are two messages.
-- answer IS NULL: still running, or its instance died; then lease_until_at passes.
CREATE TABLE IF NOT EXISTS claim (
    sender_id      VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    message_id     VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    payload_sha256 BINARY(32)   NOT NULL,
    exchange       BINARY(16)   NOT NULL,
    claimed_at     DATETIME(6)  NOT NULL,
    lease_until_at DATETIME(6)  NOT NULL,
    keep_until_at  DATETIME(6)  NOT NULL,
    answer         LONGBLOB     NULL,
    PRIMARY KEY (sender_id, message_id),
    KEY claim_keep (keep_until_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- state: session_state_name(); a live row past expires_at counts as expired before the sweep says so.
CREATE TABLE IF NOT EXISTS signing_session (
    id                BINARY(16)   NOT NULL PRIMARY KEY,
    sender_id         VARCHAR(255) COLLATE utf8mb4_nopad_bin NOT NULL,
    token_sha256      BINARY(32)   NOT NULL,
    page_id_sha256    BINARY(32)   NOT NULL,
    state             VARCHAR(16)  NOT NULL,
    reason            TEXT         NOT NULL,
    description       MEDIUMTEXT   NOT NULL,
    language          VARCHAR(16)  NOT NULL,
    method            VARCHAR(32)  NOT NULL,
    auth              VARCHAR(16)  NOT NULL,
    back_url          TEXT         NOT NULL,
    org_name_ru       TEXT         NOT NULL,
    org_name_kz       TEXT         NOT NULL,
    org_name_en       TEXT         NOT NULL,
    org_bin           VARCHAR(16)  NOT NULL,
    created_at        DATETIME(6)  NOT NULL,
    expires_at        DATETIME(6)  NOT NULL,
    scanned_at        DATETIME(6)  NULL,
    documents_sent_at DATETIME(6)  NULL,
    ended_at          DATETIME(6)  NULL,
    failed_puts       INT UNSIGNED NOT NULL DEFAULT 0,
    put_sha256        BINARY(32)   NULL,
    UNIQUE KEY signing_session_token (token_sha256),
    UNIQUE KEY signing_session_page (page_id_sha256),
    KEY signing_session_due (state, expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What was given to be signed, as it came.
CREATE TABLE IF NOT EXISTS signing_document (
    session_id BINARY(16)   NOT NULL,
    id         BIGINT       NOT NULL,
    position   INT UNSIGNED NOT NULL,
    method     VARCHAR(32)  NOT NULL,
    name_ru    TEXT         NOT NULL,
    name_kz    TEXT         NOT NULL,
    name_en    TEXT         NOT NULL,
    mime       VARCHAR(255) NULL,
    content    LONGBLOB     NOT NULL,
    PRIMARY KEY (session_id, id),
    CONSTRAINT signing_document_session FOREIGN KEY (session_id)
        REFERENCES signing_session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS signing_document_meta (
    session_id  BINARY(16)   NOT NULL,
    document_id BIGINT       NOT NULL,
    position    INT UNSIGNED NOT NULL,
    name        TEXT         NOT NULL,
    value       MEDIUMTEXT   NOT NULL,
    PRIMARY KEY (session_id, document_id, position),
    CONSTRAINT signing_document_meta_document FOREIGN KEY (session_id, document_id)
        REFERENCES signing_document (session_id, id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who is expected to sign.
CREATE TABLE IF NOT EXISTS signing_signer (
    session_id BINARY(16)   NOT NULL,
    position   INT UNSIGNED NOT NULL,
    iin        VARCHAR(16)  NOT NULL,
    bin        VARCHAR(16)  NOT NULL,
    roles      INT UNSIGNED NOT NULL,
    PRIMARY KEY (session_id, position),
    CONSTRAINT signing_signer_session FOREIGN KEY (session_id)
        REFERENCES signing_session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What came back signed, and who signed it.
CREATE TABLE IF NOT EXISTS signed_document (
    session_id    BINARY(16)   NOT NULL,
    document_id   BIGINT       NOT NULL,
    content       LONGBLOB     NOT NULL,
    signed_at     DATETIME(6)  NOT NULL,
    subject       TEXT         NOT NULL,
    issuer        TEXT         NOT NULL,
    common_name   TEXT         NOT NULL,
    iin           VARCHAR(16)  NOT NULL,
    bin           VARCHAR(16)  NOT NULL,
    serial        VARCHAR(80)  NOT NULL,
    not_before_at DATETIME(6)  NOT NULL,
    not_after_at  DATETIME(6)  NOT NULL,
    roles         INT UNSIGNED NOT NULL,
    key_usage     INT UNSIGNED NOT NULL,
    cert_sha256   BINARY(32)   NOT NULL,
    pin           VARCHAR(64)  NOT NULL,
    PRIMARY KEY (session_id, document_id),
    KEY signed_document_iin (iin),
    CONSTRAINT signed_document_document FOREIGN KEY (session_id, document_id)
        REFERENCES signing_document (session_id, id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Certificates, OCSP answers, timestamps, the verdict (enum evidence_kind): proof for later checks.
CREATE TABLE IF NOT EXISTS evidence (
    session_id  BINARY(16)       NOT NULL,
    document_id BIGINT           NOT NULL,
    position    INT UNSIGNED     NOT NULL,
    kind        TINYINT UNSIGNED NOT NULL,
    data        LONGBLOB         NOT NULL,
    PRIMARY KEY (session_id, document_id, position),
    CONSTRAINT evidence_document FOREIGN KEY (session_id, document_id)
        REFERENCES signed_document (session_id, document_id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- OCSP answers kept for verifying the same signature again (Order No. 1187; req 0.23).
CREATE TABLE IF NOT EXISTS receipt (
    signature_sha256 BINARY(32)  NOT NULL,
    cert_sha256      BINARY(32)  NOT NULL,
    ocsp             MEDIUMBLOB  NOT NULL,
    kept_at          DATETIME(6) NOT NULL,
    PRIMARY KEY (signature_sha256, cert_sha256)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The text journal's lines. The day (yyyymmdd, Astana) stands in the key so that the table can be
-- partitioned by it. `line` is the line as written; the rest is taken out of it for searching.
CREATE TABLE IF NOT EXISTS journal_event (
    day        INT UNSIGNED    NOT NULL,
    instance   VARCHAR(255)    NOT NULL,
    seq        BIGINT UNSIGNED NOT NULL,
    id         BINARY(16)      NULL,
    written_at DATETIME(6)     NOT NULL,
    start_at   DATETIME(6)     NOT NULL,
    end_at     DATETIME(6)     NOT NULL,
    level      VARCHAR(16)     NOT NULL,
    category   VARCHAR(8)      NOT NULL,
    event      TEXT            NOT NULL,
    account    TEXT            NOT NULL,
    ip         VARCHAR(64)     NOT NULL,
    exchange   BINARY(16)      NULL,
    message_id TEXT            NOT NULL,
    session_id TEXT            NOT NULL,
    signing    BINARY(16)      NULL,
    code       TEXT            NOT NULL,
    iin        VARCHAR(16)     NOT NULL,
    text       TEXT            NOT NULL,
    line       MEDIUMTEXT      NOT NULL,
    PRIMARY KEY (day, instance, seq),
    KEY journal_event_position (instance, seq),
    KEY journal_event_exchange (exchange),
    KEY journal_event_message (message_id(64)),
    KEY journal_event_signing (signing),
    KEY journal_event_iin (iin)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
