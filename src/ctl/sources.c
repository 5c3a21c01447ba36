#include "ctl/sources.h"

#include "crypto/crl.h"
#include "sandbox/file.h"

#include <string.h>
#include <time.h>

enum { OCSP_MAX = 64 * 1024 /* bytes of an answer */ };

enum status sources_add_crl(struct sources *sources, const char *path, struct err *err)
{
    if (sources->crl_count == SOURCE_FILES_MAX)
        return RAISE(err, ST_INPUT, "--crl: more than %d", SOURCE_FILES_MAX);
    TRY(file_read(path, CRL_BYTES_MAX, &sources->crls[sources->crl_count], err));
    sources->crl_paths[sources->crl_count++] = path;
    return ST_OK;
}

enum status sources_add_ocsp(struct sources *sources, const char *path, struct err *err)
{
    size_t i = sources->ocsp_count;

    if (i == SOURCE_FILES_MAX)
        return RAISE(err, ST_INPUT, "--ocsp: more than %d", SOURCE_FILES_MAX);
    TRY(file_read(path, OCSP_MAX, &sources->ocsp_files[i], err));
    sources->ocsp[i] = bytes_slice(sources->ocsp_files[i]);
    sources->ocsp_count++;
    return ST_OK;
}

void sources_clear(struct sources *sources)
{
    for (size_t i = 0; i < sources->crl_count; i++)
        bytes_free(sources->crls[i]);
    for (size_t i = 0; i < sources->ocsp_count; i++)
        bytes_free(sources->ocsp_files[i]);
    sources->crl_count = sources->ocsp_count = 0;
}

static enum status fetch(void *ctx, const struct fetch *what, struct bytes **ret_answer,
                         struct err *err)
{
    const struct sources *sources = ctx;

    return rest_fetch(sources->rest, what, ret_answer, err);
}

static void pause_ms(void *ctx, int64_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    (void)ctx;
    (void)nanosleep(&time, NULL);
}

/* The newest base and the newest delta of one issuer. */
struct lists {
    struct crl *newest[2];
};

static void lists_clear(struct lists *lists)
{
    crl_free(lists->newest[0]);
    crl_free(lists->newest[1]);
}
DEFINE_AUTO(struct lists, lists_clear)

static void keep_newest(struct lists *lists, struct crl *crl)
{
    struct crl **place = &lists->newest[crl_is_delta(crl)];

    if (*place && crl_facts(*place)->this_update_ms >= crl_facts(crl)->this_update_ms) {
        crl_free(crl);
        return;
    }
    crl_free(*place);
    *place = crl;
}

static enum status read_lists(const struct sources *sources, const struct cert *issuer,
                              struct lists *lists, struct err *err)
{
    for (size_t i = 0; i < sources->crl_count; i++) {
        const struct crl_source source = { bytes_slice(sources->crls[i]), issuer,
                                           sources->algorithms };
        struct crl *crl = NULL;
        struct err cause;

        if (crl_parse(&source, &crl, &cause) == ST_OK)
            keep_newest(lists, crl);
        else if (strcmp(cause.code, "crlIssuer") != 0)
            return RAISE(err, cause.status, "%s: %s", sources->crl_paths[i], cause.text);
    }
    return ST_OK;
}

static enum status find_crl(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    const struct sources *sources = ctx;
    AUTO(lists_clear) struct lists *lists = &(struct lists){ 0 };

    (void)subject;
    (void)deadline_ms;
    if (sources->crl_count == 0)
        return RAISE(err, ST_NOT_FOUND, "no CRL is given");
    TRY(read_lists(sources, issuer, lists, err));
    const struct crl_index_parts parts = { lists->newest[0], lists->newest[1], NULL };
    if (!parts.base)
        return RAISE(err, ST_NOT_FOUND, "no base CRL given is of %s", cert_signer(issuer)->subject);
    return crl_index_new(&parts, ret_index, err);
}

struct trust_io sources_io(struct sources *sources)
{
    return (
        struct trust_io){ .ctx = sources, .pause = pause_ms, .fetch = fetch, .find_crl = find_crl };
}
