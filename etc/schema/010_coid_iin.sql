-- The IIN of a verification lies sealed (src/crypto/vault.h), bound to its row. What an older version wrote plainly is not read
-- any more.

ALTER TABLE coid_call
    MODIFY COLUMN iin VARBINARY(64) NOT NULL;
