#include "server/lists_fetch.h"

#include "base/clock.h"
#include "base/text.h"
#include "rest/rest.h"
#include "server/lists_archive.h"

#include <stdlib.h>
#include <string.h>

enum { DOWNLOAD_MS = 60 * 1000 };

struct fetcher {
    struct rest *rest;
    const struct outward *outward;
    struct crl_urls own[2]; /* enum crl_kind, of the configuration */
    char *archive;          /* "": none */
    char note[240];
};

enum status fetcher_new(const struct crl_urls own[2], const char *archive,
                        const struct outward *outward, struct fetcher **ret_fetcher,
                        struct err *err)
{
    const struct rest_params params = { .max_parallel = 1, .user_agent = "shepd" };
    AUTO(fetcher_free) struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

    if (!fetcher)
        return RAISE(err, ST_NOMEM, "revocation lists: out of memory");
    fetcher->outward = outward;
    memcpy(fetcher->own, own, sizeof(fetcher->own));
    fetcher->archive = strdup(archive);
    if (!fetcher->archive)
        return RAISE(err, ST_NOMEM, "revocation lists: out of memory");
    TRY(rest_new(&params, &fetcher->rest, err));
    *ret_fetcher = TAKE(fetcher);
    return ST_OK;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    rest_free(fetcher->rest);
    free(fetcher->archive);
    free(fetcher);
}

void fetcher_cancel(struct fetcher *fetcher)
{
    rest_cancel(fetcher->rest);
}

static enum status get(struct fetcher *fetcher, const char *url, const struct cert *issuer,
                       struct crl **ret_crl, struct err *err)
{
    AUTO(bytes_free) struct bytes *data = NULL;
    const struct fetch fetch = { .url = url,
                                 .max_bytes = CRL_BYTES_MAX,
                                 .deadline_ms = clock_monotonic_ms() + DOWNLOAD_MS };

    TRY(outward_fetch(fetcher->outward, fetcher->rest, "crl", &fetch, &data, err));
    const struct crl_source source = { .data = bytes_slice(data), .issuer = issuer };
    AUTO(crl_free) struct crl *crl = NULL;
    TRY(crl_parse(&source, &crl, err));
    if (*fetcher->archive)
        TRY(archive_list(fetcher->archive, crl, bytes_slice(data), err));
    *ret_crl = TAKE(crl);
    return ST_OK;
}

/* ST_NOT_FOUND: no address, or each of them gave a list of another issuer; other errors are of the
 * last address. */
static enum status get_any(struct fetcher *fetcher, const struct fetch_order *order,
                           enum crl_kind kind, const struct crl_urls *urls, struct crl **ret_crl,
                           struct err *err)
{
    bool foreign = true;

    for (size_t i = 0; i < urls->count; i++) {
        AUTO(crl_free) struct crl *crl = NULL;
        if (get(fetcher, urls->at[i], order->issuer, &crl, err) != ST_OK) {
            foreign = foreign && strcmp(err->code, "crlIssuer") == 0;
            continue;
        }
        if (crl_is_delta(crl) == (kind == CRL_KIND_DELTA)) {
            *ret_crl = TAKE(crl);
            return ST_OK;
        }
        foreign = false;
        (void)RAISE(err, ST_FORMAT, "CRL: %s where the other was expected",
                    crl_is_delta(crl) ? "a delta" : "a base");
    }
    return foreign ? RAISE(err, ST_NOT_FOUND, "the certificate names no %s",
                           kind == CRL_KIND_BASE ? "CRL" : "delta CRL")
                   : err->status;
}

/* The configuration's addresses; those of the certificate where there are none, and where they are
 * all about other issuers: the lists of a root are not those of its authorities. */
static enum status get_first(struct fetcher *fetcher, const struct fetch_order *order,
                             enum crl_kind kind, const struct crl_urls *named, struct crl **ret_crl,
                             struct err *err)
{
    enum status status = ST_NOT_FOUND;

    if (fetcher->own[kind].count)
        status = get_any(fetcher, order, kind, &fetcher->own[kind], ret_crl, err);
    if (status != ST_NOT_FOUND)
        return status;
    return get_any(fetcher, order, kind, named, ret_crl, err);
}

static struct crl *get_delta(struct fetcher *fetcher, const struct fetch_order *order,
                             const struct crl *base)
{
    AUTO_FREE struct crl_urls *of_base = calloc(1, sizeof(*of_base));
    const struct crl_urls *named = order->delta;
    struct crl *delta = NULL;
    struct err err;

    if (named->count == 0 && of_base && crl_freshest_urls(base, of_base, &err) == ST_OK)
        named = of_base;
    fetcher->note[0] = '\0';
    if (get_first(fetcher, order, CRL_KIND_DELTA, named, &delta, &err) == ST_OK)
        return delta;
    if (err.status != ST_NOT_FOUND)
        (void)text_format(fetcher->note, sizeof(fetcher->note), "delta: %s", err.text);
    return NULL;
}

static bool is_fresh(const struct fetch_order *order)
{
    return order->held && crl_facts(crl_index_base(order->held))->next_update_ms > order->fresh_ms;
}

/* The held base, with a newer delta where one is to be had; false: it needs another base. */
static bool renew_delta(struct fetcher *fetcher, const struct fetch_order *order,
                        struct crl_index **ret_index)
{
    AUTO(crl_index_free) struct crl_index *index = NULL;
    struct err err;

    AUTO(crl_free)
    struct crl *delta = get_delta(fetcher, order, crl_index_base(order->held));
    const struct crl_index_parts parts = { crl_index_base(order->held), delta, order->held };
    if (crl_index_new(&parts, &index, &err) != ST_OK || (delta && *crl_index_note(index)))
        return false;
    *ret_index = TAKE(index);
    return true;
}

const char *fetcher_note(const struct fetcher *fetcher)
{
    return fetcher->note;
}

enum status fetcher_run(struct fetcher *fetcher, const struct fetch_order *order,
                        struct crl_index **ret_index, struct err *err)
{
    AUTO(crl_free) struct crl *base = NULL;

    if (is_fresh(order) && renew_delta(fetcher, order, ret_index))
        return ST_OK;
    TRY(get_first(fetcher, order, CRL_KIND_BASE, order->base, &base, err));
    AUTO(crl_free) struct crl *delta = get_delta(fetcher, order, base);
    const struct crl_index_parts parts = { base, delta, order->held };
    return crl_index_new(&parts, ret_index, err);
}
