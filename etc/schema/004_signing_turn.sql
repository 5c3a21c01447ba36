-- Several signers in turn: each turn is one signer's PUT of all documents. Every statement bears being run again.

CREATE TABLE IF NOT EXISTS signing_turn (
    session_id BINARY(16)   NOT NULL,
    turn       INT UNSIGNED NOT NULL,
    put_sha256 BINARY(32)   NOT NULL,
    signed_at  DATETIME(6)  NOT NULL,
    PRIMARY KEY (session_id, turn),
    CONSTRAINT signing_turn_session FOREIGN KEY (session_id)
        REFERENCES signing_session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The PUT's hash moves from the session to its turn. The column comes back empty when this runs again.
ALTER TABLE signing_session
    ADD COLUMN IF NOT EXISTS turns_signed INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS put_sha256 BINARY(32) NULL;

INSERT IGNORE INTO signing_turn (session_id, turn, put_sha256, signed_at)
    SELECT id, 0, put_sha256, ended_at FROM signing_session
    WHERE state = 'signed' AND put_sha256 IS NOT NULL AND ended_at IS NOT NULL;

UPDATE signing_session SET turns_signed = 1
    WHERE turns_signed = 0 AND id IN (SELECT session_id FROM signing_turn);

ALTER TABLE signing_session DROP COLUMN IF EXISTS put_sha256;

-- The turn stands in the keys. The reference is dropped first and made last, under one name.
ALTER TABLE evidence
    DROP FOREIGN KEY IF EXISTS evidence_document,
    ADD COLUMN IF NOT EXISTS turn INT UNSIGNED NOT NULL DEFAULT 0 AFTER document_id,
    DROP PRIMARY KEY,
    ADD PRIMARY KEY (session_id, document_id, turn, position);

ALTER TABLE signed_document
    ADD COLUMN IF NOT EXISTS turn INT UNSIGNED NOT NULL DEFAULT 0 AFTER document_id,
    DROP PRIMARY KEY,
    ADD PRIMARY KEY (session_id, document_id, turn);

ALTER TABLE evidence
    ADD CONSTRAINT evidence_document FOREIGN KEY (session_id, document_id, turn)
        REFERENCES signed_document (session_id, document_id, turn) ON DELETE CASCADE;
