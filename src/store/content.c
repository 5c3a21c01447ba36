#include "store/content.h"

#include "base/text.h"
#include "crypto/vault.h"

#include <string.h>

void content_place_issued(char dst[CONTENT_PLACE], const struct id *session, int64_t document)
{
    (void)text_format(dst, CONTENT_PLACE, "signing_document %s/%lld", session->text,
                      (long long)document);
}

void content_place_signed(char dst[CONTENT_PLACE], const struct id *session, int64_t document,
                          uint32_t turn)
{
    (void)text_format(dst, CONTENT_PLACE, "signed_document %s/%lld/%u", session->text,
                      (long long)document, (unsigned)turn);
}

/* The length says where the one name ends: names may hold anything. */
void content_place_answer(char dst[CONTENT_PLACE], const char *sender_id, const char *message_id)
{
    (void)text_format(dst, CONTENT_PLACE, "claim %zu %s/%s", strlen(sender_id), sender_id,
                      message_id);
}

void content_place_iin(char dst[CONTENT_PLACE], const struct id *idempotency_key)
{
    (void)text_format(dst, CONTENT_PLACE, "coid_call %s/iin", idempotency_key->text);
}

void content_place_photo(char dst[CONTENT_PLACE], const struct id *idempotency_key)
{
    (void)text_format(dst, CONTENT_PLACE, "coid_photo %s", idempotency_key->text);
}

void content_place_coid(char dst[CONTENT_PLACE], const struct id *evidence,
                        const struct id *idempotency_key, const char *part)
{
    (void)text_format(dst, CONTENT_PLACE, "coid_evidence %s/%s/%s", evidence->text,
                      idempotency_key->text, part);
}

void content_place_totp(char dst[CONTENT_PLACE], const char *account)
{
    (void)text_format(dst, CONTENT_PLACE, "account_totp %s", account);
}

enum status content_seal(struct db *db, const char *place, struct slice content,
                         struct bytes **ret_sealed, struct err *err)
{
    if (!db->vault)
        return RAISE(err, ST_INTERNAL, "%s: no keys of contents are open", place);
    return vault_seal(db->vault, place, content, ret_sealed, err);
}

enum status content_unseal(struct db *db, const char *place, struct slice *content, struct err *err)
{
    char *sealed = (char *)(uintptr_t)content->at; /* nobody else's, as the header says */

    if (!db->vault)
        return RAISE(err, ST_INTERNAL, "%s: no keys of contents are open", place);
    return vault_unseal(db->vault, place, sealed, content->len, content, err);
}
