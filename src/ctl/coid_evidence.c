/* shepctl coid evidence: what ЦОИД answered, byte for byte, for whoever must be shown (req 2.16).
 */
#include "base/text.h"
#include "ctl/coid.h"
#include "ctl/commands.h"
#include "sandbox/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EVIDENCE_MAX = 256,                  /* of one verification */
    ARENA_MAX_BYTES = 192 * 1024 * 1024, /* of one evidence, or of a photo */
    README_MAX_BYTES = 1024 * 1024,
};

static const struct option_row rows[] = {
    COID_ROW_CONFIG,
    { COID_OUT, "out", "DIR", "a folder of your own, made when it is not there (mode 0700)" },
};

static const struct usage usage = {
    .command = "shepctl coid evidence",
    .arguments = "KEY|ID",
    .about = "Writes the evidence of a verification (KEY: its idempotencyKey) or one evidence (ID: "
             "an answer's evidenceId) into files of mode 0600: body and signature as they came, "
             "certificate, report, our request, and the photo that was sent. README there says how "
             "to verify them. The journal says who took them, or was refused.\nExit status: 0 "
             "done, 1 none found, "
             "2 trouble.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = coid_set_option,
};

/* Evidence on its way into a folder. */
struct bundle {
    const struct coid_desk *desk;
    const char *out;
    struct id ids[EVIDENCE_MAX];
    size_t count;
    struct id key; /* of the verification; "": none */
    char iin[17];  /* its; "" none */
    struct bytes *readme;
};

/* ---- finding ---- */

/* An evidence's id, or a verification's key. */
static enum status find(const struct coid_desk *desk, const struct id *id, struct bundle *ret,
                        struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct coid_evidence evidence;
    struct coid_call call;

    if (!arena)
        return RAISE(err, ST_NOMEM, "evidence: out of memory");
    enum status status = store_coid_evidence_find(desk->store, id, arena, &evidence, err);
    if (status == ST_OK) {
        ret->ids[0] = evidence.id;
        ret->count = 1;
        ret->key = evidence.key;
    } else if (status == ST_NOT_FOUND) {
        ret->key = *id;
    } else {
        return status;
    }
    if (!*ret->key.text)
        return ST_OK; /* of a list of vendors, of a report */
    status = store_coid_find(desk->store, NULL, &ret->key, &call, err);
    if (status == ST_OK)
        (void)text_copy(ret->iin, sizeof(ret->iin), call.iin);
    else if (status != ST_NOT_FOUND)
        return status;
    else if (ret->count == 0)
        return RAISE(err, ST_NOT_FOUND, "%s is neither a verification nor an evidence", id->text);
    if (ret->count == 0)
        TRY(store_coid_evidence_list(desk->store, id, ret->ids, EVIDENCE_MAX, &ret->count, err));
    return ST_OK;
}

/* ---- files ---- */

/* In a folder of others the files would be theirs to show, or to put others in their place. */
static enum status make_own_dir(const char *dir, struct err *err)
{
    enum { WRITABLE_BY_OTHERS = S_IWGRP | S_IWOTH };
    struct stat st;

    TRY(file_make_dir(dir, 0700, err));
    if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
        !(st.st_mode & WRITABLE_BY_OTHERS))
        return ST_OK;
    return RAISE(err, ST_INPUT, "%s: wanted is a folder of your own where nobody else may write",
                 dir);
}

/* Never over a file that is there: evidence of another day may be it. */
static enum status write_new(const char *dir, const char *name, struct slice data, struct err *err)
{
    char path[FILE_PATH_MAX];
    struct stat st;

    TRY(file_path(path, dir, name, err));
    if (lstat(path, &st) == 0)
        return RAISE(err, ST_INPUT, "%s is there already: take an empty folder", path);
    return file_write(path, data, 0600, err);
}

static enum status write_parts(const char *dir, const struct coid_evidence *e, struct err *err)
{
    const struct {
        const char *name;
        struct slice data;
    } parts[] = {
        { "body", e->body },
        { "header.jws", slice_str(e->jws) },
        { "certificate.der", e->certificate },
        { "report.json", e->report },
        { "request-body", e->request_body },
        { "request.jws", slice_str(e->request_jws) },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (i == 0 || parts[i].data.len > 0) /* an empty body is an answer, too */
            TRY(write_new(dir, parts[i].name, parts[i].data, err));
    return ST_OK;
}

static void tell_verify(struct bundle *bundle, const struct coid_evidence *e, const char *received)
{
    const struct conf *conf = bundle->desk->conf;
    const char *id = e->id.text;
    const char *input = strcmp(conf->jws.input, "rfc7515") == 0 ? " --jws-input rfc7515" : "";

    if (!*e->jws || e->certificate.len == 0) {
        bytes_addf(bundle->readme, "  There is no %s: nothing to verify.\n",
                   *e->jws ? "certificate" : "signature");
        return;
    }
    bytes_addf(bundle->readme,
               "  The signature over the body, by the certificate beside it:\n"
               "    shepctl verify --profile jws%s --content %s/body --pin %s/certificate.der "
               "--time %s %s/header.jws\n"
               "  The certificate's path to a root that is trusted:\n"
               "    shepctl verify --profile cert --trust %s --time %s %s/certificate.der\n",
               input, id, id, received, id, conf->trust.dir, received, id);
    if (*e->request_jws)
        bytes_addf(bundle->readme, "  What we had signed: %s/request-body, by %s/request.jws\n", id,
                   id);
}

static enum status write_one(struct bundle *bundle, const struct id *id, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct coid_evidence e;
    char dir[FILE_PATH_MAX], received[TIME_TEXT];

    if (!arena)
        return RAISE(err, ST_NOMEM, "evidence: out of memory");
    TRY(store_coid_evidence_find(bundle->desk->store, id, arena, &e, err));
    TRY(file_path(dir, bundle->out, id->text, err));
    TRY(make_own_dir(dir, err));
    TRY(write_parts(dir, &e, err));
    time_utc_text(e.received_ms, received);
    bytes_addf(bundle->readme, "%s\n  %s, received %s, HTTP status %d, signature %s when it came\n",
               id->text, operation_name(e.op), received, e.http_status, e.verdict);
    tell_verify(bundle, &e, received);
    bytes_add_str(bundle->readme, "\n");
    (void)printf("%s  %-15s  %s  %d  %s\n", id->text, operation_name(e.op), received, e.http_status,
                 e.verdict);
    return ST_OK;
}

static enum status write_photo(struct bundle *bundle, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct slice photo;

    if (!*bundle->key.text)
        return ST_OK;
    if (!arena)
        return RAISE(err, ST_NOMEM, "evidence: out of memory");
    enum status status = store_coid_photo(bundle->desk->store, &bundle->key, arena, &photo, err);
    if (status == ST_NOT_FOUND)
        return ST_OK; /* wiped */
    if (status != ST_OK)
        return status;
    TRY(write_new(bundle->out, "photo", photo, err));
    bytes_addf(bundle->readme, "photo\n  what was sent to be compared, %zu bytes\n", photo.len);
    return ST_OK;
}

static enum status write_all(struct bundle *bundle, struct err *err)
{
    TRY(make_own_dir(bundle->out, err));
    for (size_t i = 0; i < bundle->count; i++)
        TRY(write_one(bundle, &bundle->ids[i], err));
    TRY(write_photo(bundle, err));
    TRY(bytes_check(bundle->readme, "README", err));
    return write_new(bundle->out, "README", bytes_slice(bundle->readme), err);
}

static enum status put_on_record(const struct bundle *bundle, const char *id, struct err *err)
{
    char text[160];
    const struct event event = {
        .level = EVENT_NOTICE, .name = "coid.evidence_read", .iin = bundle->iin, .text = text
    };

    (void)text_format(text, sizeof(text), "key=%s evidence=%s, %zu answers and the photo",
                      *bundle->key.text ? bundle->key.text : "-", id, bundle->count);
    return audit_write(bundle->desk->audit, &event, err);
}

/* Whoever asked and got nothing, or not all, is on record too (req 0.38). The error stays what it
 * was. */
static enum status put_refusal_on_record(const struct bundle *bundle, const char *id,
                                         const struct err *why)
{
    char text[400];
    struct err ignored;
    const struct event event = {
        .level = EVENT_WARNING, .name = "coid.evidence_refused", .iin = bundle->iin, .text = text
    };

    (void)text_format(text, sizeof(text), "key=%s evidence=%s: %s",
                      *bundle->key.text ? bundle->key.text : "-", id, why->text);
    (void)!audit_write(bundle->desk->audit, &event, &ignored);
    return why->status;
}

static enum status give(struct bundle *bundle, const struct id *id, struct err *err)
{
    TRY(find(bundle->desk, id, bundle, err));
    TRY(put_on_record(bundle, id->text, err));
    bytes_addf(bundle->readme,
               "Evidence of ЦОИД's answers, as it is kept: of each what came, byte for byte (body, "
               "header.jws), the certificate that was found for it, and how it was judged then "
               "(report.json). Run the commands in this folder.\n\n");
    return write_all(bundle, err);
}

static enum status run(const struct coid_options *options, char **arguments, struct err *err)
{
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    AUTO(bytes_free) struct bytes *readme = bytes_new(README_MAX_BYTES);
    struct bundle bundle = { .out = options->out, .readme = readme };
    struct id id;

    if (!readme)
        return RAISE(err, ST_NOMEM, "evidence: out of memory");
    if (!options->out)
        return RAISE(err, ST_INPUT, "--out DIR is missing");
    TRY(coid_read_key(arguments[0], &id, err));
    TRY(coid_desk_open(options, true, &desk, err));
    bundle.desk = desk;
    enum status status = give(&bundle, &id, err);
    return status == ST_OK ? ST_OK : put_refusal_on_record(&bundle, id.text, err);
}

int cmd_coid_evidence(int argc, char **argv)
{
    struct coid_options options = { .form = LISTING_TEXT };
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    return code != CTL_GO ? code : coid_exit(usage.command, run(&options, arguments, &err), &err);
}
