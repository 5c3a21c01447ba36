/* The contents of rows: sealed on their way in, unsealed on their way out, each bound to its row.
 * For this room only. */
#pragma once

#include "store/db.h"

enum { CONTENT_PLACE = 2200 }; /* a claim's key is the longest */

/* What a content belongs to (crypto/vault.h); never changed once rows are written. */
void content_place_issued(char dst[CONTENT_PLACE], const struct id *session, int64_t document);
void content_place_signed(char dst[CONTENT_PLACE], const struct id *session, int64_t document,
                          uint32_t turn);
void content_place_answer(char dst[CONTENT_PLACE], const char *sender_id, const char *message_id);
void content_place_iin(char dst[CONTENT_PLACE], const struct id *idempotency_key);
void content_place_photo(char dst[CONTENT_PLACE], const struct id *idempotency_key);
/* A part of what ЦОИД answered, bound to its verification too. part: the column. */
void content_place_coid(char dst[CONTENT_PLACE], const struct id *evidence,
                        const struct id *idempotency_key, const char *part);

/* The secret of an account's second factor. */
void content_place_totp(char dst[CONTENT_PLACE], const char *account);

/* *ret_sealed is the caller's. ST_INTERNAL: the store was opened without keys. */
MUST_USE enum status content_seal(struct db *db, const char *place, struct slice content,
                                  struct bytes **ret_sealed, struct err *err);
/* In: the column's bytes, in memory that is nobody else's (an arena's, a buffer); out: the content,
 * a part of it. ST_INTERNAL as vault_unseal() says: what is not sealed is not read. */
MUST_USE enum status content_unseal(struct db *db, const char *place, struct slice *content,
                                    struct err *err);
