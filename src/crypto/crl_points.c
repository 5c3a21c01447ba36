#include "crypto/crl_points.h"

#include "base/text.h"
#include "crypto/crl_impl.h"
#include "crypto/ossl.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <strings.h>

DEFINE_AUTO(CRL_DIST_POINTS, CRL_DIST_POINTS_free)
DEFINE_AUTO(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)

/* The full names of a point that tells all about all reasons; NULL when there are none. */
static const GENERAL_NAMES *names_of(const DIST_POINT *point)
{
    if (!point->distpoint || point->distpoint->type != 0 || point->reasons || point->CRLissuer)
        return NULL;
    return point->distpoint->name.fullname;
}

static bool is_url(struct slice text)
{
    const struct slice scheme = SLICE("http://");

    if (text.len <= scheme.len || text.len >= CRL_URL_BYTES ||
        strncasecmp(text.at, scheme.at, scheme.len) != 0)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return true;
}

static void add_urls(const GENERAL_NAMES *names, struct crl_urls *to)
{
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && to->count < CRL_URLS_MAX; i++) {
        int type = 0;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        struct slice text = asn1_slice(type == GEN_URI ? value : NULL);
        if (is_url(text))
            text_copy_slice(to->at[to->count++], CRL_URL_BYTES, text);
    }
}

static void collect(const CRL_DIST_POINTS *points, struct crl_urls *ret)
{
    ret->count = 0;
    for (int i = 0; points && i < sk_DIST_POINT_num(points); i++)
        add_urls(names_of(sk_DIST_POINT_value(points, i)), ret);
}

enum status cert_crl_urls(const struct cert *cert, enum crl_kind kind, struct crl_urls *ret,
                          struct err *err)
{
    int nid = kind == CRL_KIND_BASE ? NID_crl_distribution_points : NID_freshest_crl;
    int found = 0;
    AUTO(CRL_DIST_POINTS_free)
    CRL_DIST_POINTS *points = X509_get_ext_d2i(cert_x509(cert), nid, &found, NULL);

    ERR_clear_error();
    if (!points && found != -1) /* -1: absent */
        return RAISE(err, ST_FORMAT, "certificate: its CRL distribution points cannot be read");
    collect(points, ret);
    return ST_OK;
}

enum status crl_freshest_urls(const struct crl *crl, struct crl_urls *ret, struct err *err)
{
    struct slice der = crl_freshest(crl);
    const unsigned char *at = slice_u8(der);

    ret->count = 0;
    if (der.len == 0)
        return ST_OK;
    AUTO(CRL_DIST_POINTS_free)
    CRL_DIST_POINTS *points = d2i_CRL_DIST_POINTS(NULL, &at, (long)der.len);
    ERR_clear_error();
    if (!points || at != slice_u8(der) + der.len)
        return RAISE(err, ST_FORMAT, "CRL: its freshest CRL extension cannot be read");
    collect(points, ret);
    return ST_OK;
}

static bool share_a_name(const GENERAL_NAMES *ours, const GENERAL_NAMES *theirs)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(ours); i++)
        for (int k = 0; theirs && k < sk_GENERAL_NAME_num(theirs); k++)
            if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(ours, i),
                                 sk_GENERAL_NAME_value(theirs, k)) == 0)
                return true;
    return false;
}

bool crl_is_for_point_of(const struct crl *crl, const struct cert *cert)
{
    struct slice der = bytes_slice(crl->idp);
    const unsigned char *at = slice_u8(der);

    if (!crl->idp)
        return true;
    AUTO(ISSUING_DIST_POINT_free)
    ISSUING_DIST_POINT *idp = d2i_ISSUING_DIST_POINT(NULL, &at, (long)der.len);
    AUTO(CRL_DIST_POINTS_free)
    CRL_DIST_POINTS *points =
        X509_get_ext_d2i(cert_x509(cert), NID_crl_distribution_points, NULL, NULL);
    ERR_clear_error();
    if (!idp)
        return false; /* out of memory: it was read before */
    if (!idp->distpoint)
        return true;
    for (int i = 0; points && i < sk_DIST_POINT_num(points); i++)
        if (share_a_name(idp->distpoint->name.fullname, names_of(sk_DIST_POINT_value(points, i))))
            return true;
    return false;
}
