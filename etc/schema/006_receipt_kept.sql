-- Receipts are deleted by their age.
ALTER TABLE receipt ADD KEY IF NOT EXISTS receipt_kept (kept_at);
