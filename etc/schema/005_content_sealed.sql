-- Contents are sealed (src/crypto/vault.h) and wiped when their time is over. content_sha256 and content_bytes are those of
-- what was issued and of what came back signed, and stay.

ALTER TABLE signing_document
    ADD COLUMN IF NOT EXISTS content_sha256 BINARY(32) NOT NULL,
    ADD COLUMN IF NOT EXISTS content_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0;

ALTER TABLE signed_document
    ADD COLUMN IF NOT EXISTS content_sha256 BINARY(32) NOT NULL,
    ADD COLUMN IF NOT EXISTS content_bytes BIGINT UNSIGNED NOT NULL DEFAULT 0;

-- wiped_at: since when there are no contents, but the signatures alone. wipe_due_at: not to be tried before.
ALTER TABLE signing_session
    ADD COLUMN IF NOT EXISTS wiped_at DATETIME(6) NULL,
    ADD COLUMN IF NOT EXISTS wipe_due_at DATETIME(6) NULL,
    ADD KEY IF NOT EXISTS signing_session_wipe (wiped_at, ended_at),
    ADD KEY IF NOT EXISTS signing_session_ended (ended_at);
