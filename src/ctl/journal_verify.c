/* shepctl journal verify: whether a journal's folder holds what was written. */
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/login.h"
#include "server/journal_begin.h"
#include "server/open.h"
#include "server/seal_judge.h"
#include "json/json.h"

#include <unistd.h>

#include <string.h>

enum {
    FLAWS_SHOWN_MAX = 1000, /* the rest is counted */
    JSON_MAX = 4 * 1024 * 1024,
};

struct journal_verify {
    struct seal_judge judge;
    bool json;
    const char *config;
    const char *archive;
    struct login_options login;
    const struct conf *conf; /* owned; NULL: none is at hand */
    struct store *store;     /* owned; NULL: the table is not asked */
    uint64_t begins;

    const char *dir;
    uint64_t told;
    struct json *root, *flaws; /* with --json; flaws is borrowed from root */
};

enum { OPT_TRUST, OPT_PIN, OPT_BIN, OPT_JSON, OPT_CONFIG, OPT_ARCHIVE };

static const struct option_row rows[] = {
    { OPT_TRUST, "trust", "DIR",
      "trusted certificates, may be repeated: who seals comes from one of these authorities" },
    { OPT_PIN, "pin", "CERT", "a certificate of the service as it stands, may be repeated" },
    { OPT_BIN, "bin", "BIN", "who seals is of this organization" },
    { OPT_JSON, "json", NULL, "print the result as JSON" },
    { OPT_CONFIG, "config", "FILE",
      "the service's configuration (" LOGIN_USUAL_CONFIG ", if it is there)" },
    { OPT_ARCHIVE, "archive", "DIR",
      "where the chain begins: what shepctl journal archive made (as the configuration says)" },
    LOGIN_ROWS,
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct journal_verify *v = ctx;

    if (login_set_option(&v->login, key, value))
        return ST_OK;
    switch (key) {
    case OPT_CONFIG:
        v->config = value;
        return ST_OK;
    case OPT_ARCHIVE:
        v->archive = value;
        return ST_OK;
    case OPT_PIN:
        return seal_judge_add_pin(&v->judge, value, err);
    case OPT_TRUST:
        return seal_judge_add_dir(&v->judge, value, err);
    case OPT_BIN:
        return text_copy(v->judge.bin, sizeof(v->judge.bin), value)
                   ? ST_OK
                   : RAISE(err, ST_INPUT, "--bin: 12 digits");
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
        "wrong is told with file,\nline and number. What was archived is proven with it, as one "
        "chain. "
        "The last lines of the open\nfile are not sealed yet: they are compared with the table of "
        "events when a configuration is at hand.\n"
        "A folder of the service itself ([journal] dir) is for its administrators and auditors, "
        "--user; a copy\nelsewhere is anybody's who has it.\n"
        "Exit status: 0 whole, 1 not, 2 it could not be judged.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

static enum seal_word judge_seal(void *ctx, struct slice statement, struct slice sig,
                                 char why[SEAL_WHY_BYTES])
{
    return seal_judge(&((struct journal_verify *)ctx)->judge, statement, sig, why);
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
    if (proof->archived > 0)
        (void)printf("  %llu of the files are in the archive\n",
                     (unsigned long long)proof->archived);
    for (size_t i = 0; i < v->judge.signer_count; i++) {
        (void)fputs("  sealed by ", stdout);
        ctl_print_text(stdout, v->judge.signers[i]);
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
        { "flawCount", proof->flaws },      { "archived", proof->archived },
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
    for (size_t i = 0; i < v->judge.signer_count; i++)
        json_push_string(signers, slice_str(v->judge.signers[i]));
    TRY(json_print(v->root, JSON_MAX, &text, err));
    (void)printf("%s\n", text->at);
    return ST_OK;
}

/* ---- what the service knows ---- */

static enum status ask_table(void *ctx, const char *instance, uint64_t seq, uint64_t *ret_last,
                             struct bytes **ret_line, struct err *err)
{
    return journal_table(((struct journal_verify *)ctx)->store, instance, seq, ret_last, ret_line,
                         err);
}

/* Of the service's own folder, or shepctl's beside it. */
static enum status find_begin(struct journal_verify *v, struct err *err)
{
    char ctl[1100], instance[128];

    (void)text_format(ctl, sizeof(ctl), "%s/ctl", v->conf->journal.dir);
    (void)text_format(instance, sizeof(instance), "%s%s", v->conf->instance.name,
                      login_is_within(v->dir, ctl) ? ".ctl" : "");
    return journal_begins(v->store, instance, &v->begins, err);
}

/* The configuration's archive, and its table for the service's own folder; a copy elsewhere may be
 * of yesterday. */
static enum status look_around(struct journal_verify *v, struct err *err)
{
    const char *path = v->config ? v->config : LOGIN_USUAL_CONFIG;

    if (!v->config && access(path, R_OK) != 0)
        return ST_OK;
    TRY(conf_load(path, &v->conf, err));
    if (!v->archive)
        v->archive = v->conf->journal.archive_dir;
    if (!login_is_within(v->dir, v->conf->journal.dir))
        return ST_OK;
    TRY(open_store(v->conf, NULL, &v->store, err));
    TRY(store_check_schema(v->store, err));
    return find_begin(v, err);
}

static enum status prove(struct journal_verify *v, struct proof *proof, struct err *err)
{
    TRY(look_around(v, err));
    const struct proof_params params = { .dir = v->dir,
                                         .archive = v->archive,
                                         .begins = v->begins,
                                         .ctx = v,
                                         .flaw = show_flaw,
                                         .judge = judge_seal,
                                         .table = v->store ? ask_table : NULL };

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
    struct journal_verify v = { .json = false };
    struct proof proof;
    struct err err;
    char **arguments;
    int code = ctl_options(&usage, &v, argc, argv, &arguments);

    if (code == CTL_GO) {
        v.dir = arguments[0];
        code = login_for_folder(v.dir, v.config, &v.login, &err) == ST_OK &&
                       prove(&v, &proof, &err) == ST_OK
                   ? exit_code_of(&proof)
                   : ctl_fail(usage.command, &err);
    }
    seal_judge_clear(&v.judge);
    json_free(v.root);
    store_close(v.store);
    conf_free(v.conf);
    return code;
}
