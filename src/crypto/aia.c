#include "crypto/aia.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/cert_impl.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    SLOTS = 32,
    ANSWER_MAX = 64 * 1024, /* bytes */
    FETCH_MS = 5 * 1000,
    KEEP_MS = 60 * 60 * 1000,
    KEEP_FAILURE_MS = 60 * 1000,
};

/* One address: what it gave, or why it gave nothing. */
struct slot {
    char url[AIA_URL_BYTES]; /* "": free */
    struct aia_found found;
    struct err failure; /* status ST_OK: found holds */
    int64_t until_ms;   /* monotonic */
};

struct aia {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
    size_t next; /* slot to be overwritten */
};

DEFINE_AUTO(AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free)
DEFINE_AUTO(PKCS7, PKCS7_free)

struct aia *aia_new(void)
{
    struct aia *aia = calloc(1, sizeof(*aia));

    if (aia)
        pthread_mutex_init(&aia->lock, NULL);
    return aia;
}

static void found_clear(struct aia_found *found)
{
    for (size_t i = 0; i < found->count; i++)
        cert_free(found->certs[i]);
    found->count = 0;
}

void aia_free(struct aia *aia)
{
    if (!aia)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        found_clear(&aia->slots[i].found);
    pthread_mutex_destroy(&aia->lock);
    free(aia);
}

static void found_copy(struct aia_found *to, const struct aia_found *from)
{
    for (size_t i = 0; i < from->count; i++)
        to->certs[i] = cert_ref(from->certs[i]);
    to->count = from->count;
}

/* ---- the address ---- */

static bool is_http(struct slice url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] <= ' ' || url.at[i] > '~')
            return false;
    return slice_starts(url, SLICE("http://"));
}

static bool read_url(const struct cert *cert, char url[AIA_URL_BYTES])
{
    AUTO(AUTHORITY_INFO_ACCESS_free)
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(cert_x509(cert), NID_info_access, NULL, NULL);

    ERR_clear_error();
    for (int i = 0; access && i < sk_ACCESS_DESCRIPTION_num(access); i++) {
        const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(access, i);
        if (OBJ_obj2nid(one->method) != NID_ad_ca_issuers || one->location->type != GEN_URI)
            continue;
        struct slice value = asn1_slice(one->location->d.uniformResourceIdentifier);
        if (is_http(value) && text_copy_slice(url, AIA_URL_BYTES, value))
            return true;
    }
    return false;
}

/* ---- the answer ---- */

static enum status take_all(STACK_OF(X509) * certs, struct aia_found *ret, struct err *err)
{
    for (int i = 0; i < sk_X509_num(certs) && ret->count < AIA_CERTS_MAX; i++) {
        TRY(cert_wrap(sk_X509_value(certs, i), &ret->certs[ret->count], err));
        ret->count++;
    }
    return ret->count ? ST_OK : RAISE(err, ST_FORMAT, "a PKCS#7 without certificates");
}

static enum status parse(struct slice der, struct aia_found *ret, struct err *err)
{
    const unsigned char *at = slice_u8(der);
    AUTO(PKCS7_free) PKCS7 *bag = d2i_PKCS7(NULL, &at, (long)der.len);

    ERR_clear_error();
    if (bag && PKCS7_type_is_signed(bag) && bag->d.sign && bag->d.sign->cert)
        return take_all(bag->d.sign->cert, ret, err);
    TRY(cert_parse_der(der, &ret->certs[0], err));
    ret->count = 1;
    return ST_OK;
}

static int64_t deadline_of(const struct judge *judge)
{
    int64_t latest = clock_monotonic_ms() + FETCH_MS;

    return judge->deadline_ms && judge->deadline_ms < latest ? judge->deadline_ms : latest;
}

static enum status get(const struct judge *judge, const char *url, struct aia_found *ret,
                       struct err *err)
{
    AUTO(bytes_free) struct bytes *answer = NULL;
    const struct fetch fetch = { .url = url,
                                 .max_bytes = ANSWER_MAX,
                                 .deadline_ms = deadline_of(judge) };

    TRY(judge->io->fetch(judge->io->ctx, &fetch, &answer, err));
    enum status status = parse(bytes_slice(answer), ret, err);
    if (status != ST_OK)
        found_clear(ret);
    return status;
}

/* ---- memory ---- */

static bool recall(struct aia *aia, const char *url, struct aia_found *ret, struct err *ret_failure)
{
    bool hit = false;

    pthread_mutex_lock(&aia->lock);
    for (size_t i = 0; !hit && i < SLOTS; i++) {
        const struct slot *slot = &aia->slots[i];
        hit = strcmp(slot->url, url) == 0 && clock_monotonic_ms() < slot->until_ms;
        if (hit) {
            found_copy(ret, &slot->found);
            *ret_failure = slot->failure;
        }
    }
    pthread_mutex_unlock(&aia->lock);
    return hit;
}

/* failure: its status is ST_OK when there is none. */
static void remember(struct aia *aia, const char *url, const struct aia_found *found,
                     const struct err *failure)
{
    bool failed = failure->status != ST_OK;

    pthread_mutex_lock(&aia->lock);
    struct slot *slot = &aia->slots[aia->next];
    for (size_t i = 0; i < SLOTS; i++)
        if (strcmp(aia->slots[i].url, url) == 0)
            slot = &aia->slots[i];
    if (slot == &aia->slots[aia->next])
        aia->next = (aia->next + 1) % SLOTS;
    found_clear(&slot->found);
    found_copy(&slot->found, found);
    text_copy(slot->url, sizeof(slot->url), url);
    slot->failure = *failure;
    slot->until_ms = clock_monotonic_ms() + (failed ? KEEP_FAILURE_MS : KEEP_MS);
    pthread_mutex_unlock(&aia->lock);
}

enum status aia_find(struct aia *aia, const struct judge *judge, const struct cert *cert,
                     struct aia_found *ret, struct err *err)
{
    struct err failure = { .status = ST_OK };
    char url[AIA_URL_BYTES];

    if (!judge->io || !judge->io->fetch)
        return RAISE(err, ST_NOT_FOUND, "nobody can fetch");
    if (!read_url(cert, url))
        return RAISE(err, ST_NOT_FOUND, "the certificate names no http address of its issuer's");
    if (recall(aia, url, ret, &failure)) {
        *err = failure;
        return failure.status;
    }
    enum status status = get(judge, url, ret, &failure);
    if (status == ST_OK)
        failure.status = ST_OK;
    remember(aia, url, ret, &failure);
    if (status != ST_OK)
        *err = failure;
    return status;
}
