/* shepctl journal verify: whether a journal's folder holds what was written. */
#include "base/clock.h"
#include "base/text.h"
#include "crypto/cms.h"
#include "crypto/trust.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "journal/proof.h"
#include "sandbox/file.h"
#include "json/json.h"

#include <string.h>

enum {
    DIRS_MAX = 32,
    PINS_MAX = 64,
    SIGNERS_MAX = 32,
    FLAWS_SHOWN_MAX = 1000, /* the rest is counted */
    CERT_MAX = 1024 * 1024,
    JSON_MAX = 4 * 1024 * 1024,
    SKEW_MS = 5 * 60 * 1000,
};

struct journal_verify {
    const char *dirs[DIRS_MAX];
    size_t dir_count;
    struct cert *pins[PINS_MAX]; /* owned */
    size_t pin_count;
    const char *bin; /* NULL: of anybody who is trusted */
    bool json;

    const char *dir;
    struct trust *trust; /* NULL: without --trust */
    char signers[SIGNERS_MAX][512];
    size_t signer_count;
    uint64_t told;
    struct json *root, *flaws; /* with --json; flaws is borrowed from root */
};

enum { OPT_TRUST, OPT_PIN, OPT_BIN, OPT_JSON };

static const struct option_row rows[] = {
    { OPT_TRUST, "trust", "DIR",
      "trusted certificates, may be repeated: who seals comes from one of these authorities" },
    { OPT_PIN, "pin", "CERT", "a certificate of the service as it stands, may be repeated" },
    { OPT_BIN, "bin", "BIN", "who seals is of this organization" },
    { OPT_JSON, "json", NULL, "print the result as JSON" },
};

static enum status add_pin(struct journal_verify *v, const char *path, struct err *err)
{
    AUTO(bytes_free) struct bytes *data = NULL;
    struct err cause;

    if (v->pin_count == PINS_MAX)
        return RAISE(err, ST_INPUT, "--pin: more than %d", PINS_MAX);
    TRY(file_read(path, CERT_MAX, &data, err));
    if (cert_parse(bytes_slice(data), &v->pins[v->pin_count], &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "--pin %s: %s", path, cause.text);
    v->pin_count++;
    return ST_OK;
}

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct journal_verify *v = ctx;

    switch (key) {
    case OPT_PIN:
        return add_pin(v, value, err);
    case OPT_TRUST:
        if (v->dir_count == DIRS_MAX)
            return RAISE(err, ST_INPUT, "--trust: more than %d", DIRS_MAX);
        v->dirs[v->dir_count++] = value;
        return ST_OK;
    case OPT_BIN:
        v->bin = value;
        return ST_OK;
    default:
        v->json = true;
        return ST_OK;
    }
}

static const struct usage usage = {
    .command = "shepctl journal verify",
    .arguments = "DIR",
    .about =
        "Proves that in a journal's folder nothing was changed, removed or inserted: each line by "
        "the hash\nin the line after it, each closed file by its seal (FILE.sig). What is "
        "wrong is told with file,\nline and number. The last lines of the open file are not "
        "sealed yet: compare the last number\nwith the table of events.\n"
        "Exit status: 0 whole, 1 not, 2 it could not be judged.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

/* ---- seals ---- */

static void note_signer(struct journal_verify *v, const struct report *report)
{
    char name[sizeof(v->signers[0])];

    if (report_signer_count(report) == 0 || v->signer_count == SIGNERS_MAX)
        return;
    (void)text_copy(name, sizeof(name), report_signer(report, 0)->subject);
    for (size_t i = 0; i < v->signer_count; i++)
        if (strcmp(v->signers[i], name) == 0)
            return;
    memcpy(v->signers[v->signer_count++], name, sizeof(name));
}

/* As of when it was made: keys of years ago have ended since. */
static enum seal_word judge_seal(void *ctx, struct slice statement, struct slice sig,
                                 char why[SEAL_WHY_BYTES])
{
    struct journal_verify *v = ctx;
    AUTO(report_free) struct report *report = report_new();
    const bool anybody = !v->trust && v->pin_count == 0;
    struct judge judge = { .trust = v->trust,
                           .purpose = PURPOSE_TRANSPORT,
                           .revocation = REVOCATION_OFF,
                           .signature_only = anybody,
                           .expect_bin = v->bin,
                           .pins = (const struct cert *const *)v->pins,
                           .pin_count = v->pin_count,
                           .skew_ms = SKEW_MS };
    struct err err;

    (void)text_copy(why, SEAL_WHY_BYTES, "out of memory");
    if (!report)
        return SEAL_UNKNOWN;
    if (cms_signing_time(sig, &judge.now_ms, &err) != ST_OK) {
        (void)text_format(why, SEAL_WHY_BYTES, "%.200s", err.text);
        return err.status == ST_NOMEM ? SEAL_UNKNOWN : SEAL_WRONG;
    }
    enum verdict verdict = cms_judge(&judge, sig, statement, report, NULL);
    (void)text_format(why, SEAL_WHY_BYTES, "%.200s", report_reason(report));
    if (verdict == VERDICT_VALID)
        note_signer(v, report);
    if (verdict == VERDICT_VALID && anybody)
        (void)text_copy(why, SEAL_WHY_BYTES, "whose seal it should be is said by --trust or --pin");
    else if (verdict == VERDICT_VALID)
        return SEAL_GOOD;
    return verdict == VERDICT_INVALID || report_culprit(report) == CHECK_FORMAT ? SEAL_WRONG
                                                                                : SEAL_UNKNOWN;
}

static enum status load_trust(struct journal_verify *v, struct err *err)
{
    if (v->dir_count == 0)
        return ST_OK;
    TRY(trust_new(&v->trust, err));
    for (size_t i = 0; i < v->dir_count; i++)
        TRY(trust_add_dir(v->trust, v->dirs[i], err));
    return ST_OK;
}

/* ---- output ---- */

static void print_flaw(const struct flaw *flaw)
{
    (void)fputs("  ✗ ", stdout);
    ctl_print_text(stdout, flaw->file);
    if (flaw->line)
        (void)printf(", line %llu", (unsigned long long)flaw->line);
    if (flaw->seq)
        (void)printf(" (seq %llu)", (unsigned long long)flaw->seq);
    (void)printf(": %s: ", flaw->kind);
    ctl_print_text(stdout, flaw->text);
    (void)fputc('\n', stdout);
}

static void show_flaw(void *ctx, const struct flaw *flaw)
{
    struct journal_verify *v = ctx;

    if (v->told++ >= FLAWS_SHOWN_MAX)
        return;
    if (!v->json) {
        print_flaw(flaw);
        return;
    }
    struct json *row = json_push_object(v->flaws);
    json_set_string(row, "kind", slice_str(flaw->kind));
    json_set_string(row, "file", slice_str(flaw->file));
    if (flaw->line)
        json_set_integer(row, "line", (int64_t)flaw->line);
    if (flaw->seq)
        json_set_integer(row, "seq", (int64_t)flaw->seq);
    json_set_string(row, "text", slice_str(flaw->text));
}

static int exit_code_of(const struct proof *proof)
{
    return proof->flaws > 0 ? CTL_NO : proof->unjudged > 0 ? CTL_TROUBLE : CTL_OK;
}

static const char *const verdicts[] = {
    [CTL_OK] = "whole",
    [CTL_NO] = "not whole",
    [CTL_TROUBLE] = "could not be judged",
};

static void print_text(const struct journal_verify *v, const struct proof *proof)
{
    ctl_print_text(stdout, v->dir);
    (void)printf(": %s\n", verdicts[exit_code_of(proof)]);
    (void)printf("  %llu lines (seq %llu to %llu) of %s in %llu files, %llu of them sealed\n",
                 (unsigned long long)proof->lines, (unsigned long long)proof->first,
                 (unsigned long long)proof->last, proof->instance, (unsigned long long)proof->files,
                 (unsigned long long)proof->sealed);
    for (size_t i = 0; i < v->signer_count; i++) {
        (void)fputs("  sealed by ", stdout);
        ctl_print_text(stdout, v->signers[i]);
        (void)fputc('\n', stdout);
    }
    (void)printf("  %s is open: its %llu lines are held by the chain alone\n", proof->open_file,
                 (unsigned long long)proof->open_lines);
    if (proof->torn_bytes > 0)
        (void)printf("  its last line is torn: %llu bytes of a crash, or of a write now\n",
                     (unsigned long long)proof->torn_bytes);
    if (proof->unjudged > 0)
        (void)printf("  ? %llu seals could not be judged: %s\n",
                     (unsigned long long)proof->unjudged, proof->unjudged_why);
    if (proof->flaws > FLAWS_SHOWN_MAX)
        (void)printf("  and %llu flaws more\n",
                     (unsigned long long)(proof->flaws - FLAWS_SHOWN_MAX));
}

static enum status print_json(struct journal_verify *v, const struct proof *proof, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        { "files", proof->files },          { "sealed", proof->sealed },
        { "unjudged", proof->unjudged },    { "lines", proof->lines },
        { "firstSeq", proof->first },       { "lastSeq", proof->last },
        { "openLines", proof->open_lines }, { "tornBytes", proof->torn_bytes },
        { "flawCount", proof->flaws },
    };

    json_set_bool(v->root, "whole", exit_code_of(proof) == CTL_OK);
    json_set_string(v->root, "verdict", slice_str(verdicts[exit_code_of(proof)]));
    json_set_string(v->root, "instance", slice_str(proof->instance));
    json_set_string(v->root, "openFile", slice_str(proof->open_file));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_set_integer(v->root, numbers[i].key, (int64_t)numbers[i].value);
    if (proof->unjudged > 0)
        json_set_string(v->root, "unjudgedWhy", slice_str(proof->unjudged_why));
    struct json *signers = json_set_array(v->root, "signers");
    for (size_t i = 0; i < v->signer_count; i++)
        json_push_string(signers, slice_str(v->signers[i]));
    TRY(json_print(v->root, JSON_MAX, &text, err));
    (void)printf("%s\n", text->at);
    return ST_OK;
}

static enum status prove(struct journal_verify *v, struct proof *proof, struct err *err)
{
    const struct proof_params params = {
        .dir = v->dir, .ctx = v, .flaw = show_flaw, .judge = judge_seal
    };

    TRY(load_trust(v, err));
    if (v->json) {
        v->root = json_new_object();
        v->flaws = json_set_array(v->root, "flaws");
    }
    TRY(proof_make(&params, proof, err));
    if (v->json)
        return print_json(v, proof, err);
    print_text(v, proof);
    return ST_OK;
}

int cmd_journal_verify(int argc, char **argv)
{
    struct journal_verify v = { .bin = NULL };
    struct proof proof;
    struct err err;
    char **arguments;
    int code = ctl_options(&usage, &v, argc, argv, &arguments);

    if (code == CTL_GO) {
        v.dir = arguments[0];
        code =
            prove(&v, &proof, &err) == ST_OK ? exit_code_of(&proof) : ctl_fail(usage.command, &err);
    }
    for (size_t i = 0; i < v.pin_count; i++)
        cert_free(v.pins[i]);
    trust_free(v.trust);
    json_free(v.root);
    return code;
}
