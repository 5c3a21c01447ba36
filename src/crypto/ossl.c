#include "crypto/ossl.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <time.h>

void oid_text(const ASN1_OBJECT *object, char dst[OID_TEXT])
{
    int len = object ? OBJ_obj2txt(dst, OID_TEXT, object, 1) : 0;

    if (len <= 0 || len >= OID_TEXT)
        dst[0] = '\0';
}

bool asn1_time_ms(const ASN1_TIME *time, int64_t *ret_ms)
{
    struct tm civil = { 0 };

    if (!time || ASN1_TIME_to_tm(time, &civil) != 1)
        return false;
    *ret_ms = (int64_t)timegm(&civil) * 1000;
    return true;
}

struct slice asn1_slice(const ASN1_STRING *string)
{
    if (!string)
        return SLICE("");
    return slice_mem(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

bool ossl_clear(void)
{
    bool starved = false;
    unsigned long code;

    while ((code = ERR_get_error()) != 0)
        starved = starved || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    return starved;
}

enum status ossl_raise(struct err *err, enum status status, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    if (ossl_clear())
        return RAISE(err, ST_NOMEM, "%s: out of memory", what);
    return RAISE(err, status, "%s: %s", what, reason ? reason : "refused by the library");
}
