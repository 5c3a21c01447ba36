/* TOKEN, auth_token and page id: derived, so that no secret is stored; looked up by hash. */
#include "crypto/encode.h"
#include "mobile/internal.h"

#include <stdio.h>

static const char *const purposes[] = {
    [SECRET_TOKEN] = "shepd signing token 1:",
    [SECRET_BEARER] = "shepd signing bearer 1:",
    [SECRET_PAGE] = "shepd signing page 1:",
};

enum status secret_derive(const struct mobile *mobile, enum secret secret, const struct id *session,
                          char ret[SECRET_TEXT], struct err *err)
{
    AUTO(bytes_wipe) struct bytes *text = NULL;
    uint8_t mac[SHA256_BYTES];
    char input[96];
    int len = snprintf(input, sizeof(input), "%s%s", purposes[secret], session->text);

    hmac_sha256(mobile->p.cluster_key, (struct slice){ input, (size_t)len }, mac);
    text = base64url_encode(slice_mem(mac, 16));
    if (!text || text->len != SECRET_CHARS)
        return RAISE(err, ST_NOMEM, "a session's URL value");
    memcpy(ret, text->at, SECRET_TEXT);
    return ST_OK;
}

static bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

bool secret_lookup(struct slice text, uint8_t ret_sha256[32])
{
    if (text.len != SECRET_CHARS)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_base64url(text.at[i]))
            return false;
    sha256(text, ret_sha256);
    return true;
}
