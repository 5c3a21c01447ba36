/* shepctl trust list, trust check: what is in the trust folder, and whether it is in order. */
#include "ctl/trust.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/algorithm.h"
#include "crypto/trust.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/folder.h"
#include "json/json.h"

#include <inttypes.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, SOON_DAYS = 30, JSON_MAX = 4 * 1024 * 1024, HEX_TEXT = 65 };

int64_t trust_days_left(const struct cert *cert, int64_t now_ms)
{
    int64_t left_ms = cert_signer(cert)->not_after_ms + 1000 - now_ms;

    return left_ms >= 0 ? left_ms / DAY_MS : -1 - (-left_ms - 1) / DAY_MS;
}

const char *trust_kind(const struct cert *cert)
{
    return cert_is_self_signed(cert) ? "root" : "intermediate";
}

void trust_show_known(FILE *out, const struct cert *cert)
{
    struct known_root known;

    if (!known_root_find(cert_signer(cert)->sha256, &known)) {
        (void)fputs("not among the fingerprints of НУЦ РК that are known here", out);
        return;
    }
    (void)fprintf(out, "known: %s%.*s %.*s of НУЦ РК, %.*s",
                  known_root_is_test(&known) ? "TEST contour, " : "", (int)known.contour.len,
                  known.contour.at, (int)known.kind.len, known.kind.at, (int)known.name.len,
                  known.name.at);
}

static void hex_of(const struct cert *cert, char hex[HEX_TEXT])
{
    text_hex(slice_mem(cert_signer(cert)->sha256, 32), hex);
}

/* ---- options ---- */

struct asked {
    const char *dir;
    bool json;
};

enum { OPT_DIR, OPT_JSON };

static const struct option_row rows[] = {
    { OPT_DIR, "dir", "DIR", "the folder; " TRUST_DIR " by default" },
    { OPT_JSON, "json", NULL, "print as JSON" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct asked *asked = ctx;

    (void)err;
    if (key == OPT_DIR)
        asked->dir = value;
    else
        asked->json = true;
    return ST_OK;
}

/* ---- list ---- */

static void show_item(const struct folder_item *item, int64_t now_ms)
{
    const struct signer *facts = cert_signer(item->cert);
    int64_t days = trust_days_left(item->cert, now_ms);
    char hex[HEX_TEXT];

    hex_of(item->cert, hex);
    (void)printf("%s\n  %-11s ", trust_kind(item->cert), "subject");
    ctl_print_text(stdout, facts->subject);
    (void)printf("\n  %-11s ", "valid");
    ctl_print_time(stdout, facts->not_before_ms);
    (void)fputs(" … ", stdout);
    ctl_print_time(stdout, facts->not_after_ms);
    if (days < 0)
        (void)printf(", ended %" PRId64 " days ago", -days);
    else
        (void)printf(", %" PRId64 " days left", days);
    (void)printf("\n  %-11s %s\n  %-11s %s\n  НУЦ РК      ", "key",
                 algorithm_name(cert_algorithm(item->cert)), "SHA-256", hex);
    trust_show_known(stdout, item->cert);
    (void)printf("\n  %-11s ", "file");
    ctl_print_text(stdout, item->file);
    (void)fputc('\n', stdout);
}

static void show_list(const struct folder *folder, int64_t now_ms)
{
    for (size_t i = 0; i < folder->count; i++) {
        if (folder->items[i].cert) {
            show_item(&folder->items[i], now_ms);
            continue;
        }
        (void)fputs("not a certificate\n  file        ", stdout);
        ctl_print_text(stdout, folder->items[i].file);
        (void)fputs("\n  because     ", stdout);
        ctl_print_text(stdout, folder->items[i].fault);
        (void)fputc('\n', stdout);
    }
}

static void set_time(struct json *object, const char *key, int64_t ms)
{
    char text[TIME_TEXT];

    time_utc_text(ms, text);
    json_set_string(object, key, slice_str(text));
}

static void add_known(struct json *object, const struct cert *cert)
{
    struct known_root known;
    struct json *inner;

    if (!known_root_find(cert_signer(cert)->sha256, &known))
        return;
    inner = json_set_object(object, "known");
    json_set_string(inner, "contour", known.contour);
    json_set_string(inner, "kind", known.kind);
    json_set_string(inner, "generation", known.generation);
    json_set_string(inner, "source", known.source);
    json_set_string(inner, "name", known.name);
}

static void add_item(struct json *array, const struct folder_item *item, int64_t now_ms)
{
    struct json *object = json_push_object(array);
    char hex[HEX_TEXT];

    json_set_string(object, "file", slice_str(item->file));
    if (!item->cert) {
        json_set_string(object, "fault", slice_str(item->fault));
        return;
    }
    const struct signer *facts = cert_signer(item->cert);
    hex_of(item->cert, hex);
    json_set_string(object, "kind", slice_str(trust_kind(item->cert)));
    json_set_string(object, "subject", slice_str(facts->subject));
    json_set_string(object, "issuer", slice_str(facts->issuer));
    json_set_string(object, "serial", slice_str(facts->serial));
    set_time(object, "notBefore", facts->not_before_ms);
    set_time(object, "notAfter", facts->not_after_ms);
    json_set_integer(object, "daysLeft", trust_days_left(item->cert, now_ms));
    json_set_string(object, "algorithm", slice_str(algorithm_name(cert_algorithm(item->cert))));
    json_set_string(object, "sha256", slice_str(hex));
    add_known(object, item->cert);
}

static enum status print_json(const struct folder *folder, int64_t now_ms, struct err *err)
{
    AUTO(json_free) struct json *root = json_new_object();
    AUTO(bytes_free) struct bytes *text = NULL;

    json_set_string(root, "dir", slice_str(folder->dir));
    struct json *array = json_set_array(root, "certificates");
    for (size_t i = 0; i < folder->count; i++)
        add_item(array, &folder->items[i], now_ms);
    TRY(json_print(root, JSON_MAX, &text, err));
    (void)printf("%s\n", text->at);
    return ST_OK;
}

static const struct usage list_usage = {
    .command = "shepctl trust list",
    .arguments = "",
    .about = "Lists the certificates of the trust folder with their fingerprints.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = set,
};

int cmd_trust_list(int argc, char **argv)
{
    AUTO(folder_clear) struct folder *folder = &(struct folder){ 0 };
    struct asked asked = { .dir = TRUST_DIR };
    int64_t now_ms = clock_now(clock_system());
    char **arguments;
    int code = ctl_options(&list_usage, &asked, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    if (folder_read(asked.dir, folder, &err) != ST_OK ||
        (asked.json && print_json(folder, now_ms, &err) != ST_OK))
        return ctl_fail(list_usage.command, &err);
    if (!asked.json)
        show_list(folder, now_ms);
    return CTL_OK;
}

/* ---- check ---- */

struct inspection {
    const struct folder *folder;
    struct trust *trust;
    int64_t now_ms;
    unsigned faults; /* what must be mended */
    unsigned notes;  /* what is worth knowing */
};

__attribute__((format(printf, 4, 5))) static void
say(unsigned *count, const char *sign, const struct folder_item *item, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    (void)text_vformat(text, sizeof(text), fmt, args);
    va_end(args);
    (*count)++;
    (void)printf("%s ", sign);
    ctl_print_text(stdout, item->file);
    (void)fputs(": ", stdout);
    ctl_print_text(stdout, text);
    (void)fputc('\n', stdout);
}

/* An ended certificate stays useful: signatures with an older timestamp need it. */
static void check_dates(struct inspection *check, const struct folder_item *item)
{
    int64_t days = trust_days_left(item->cert, check->now_ms);

    if (check->now_ms < cert_signer(item->cert)->not_before_ms)
        say(&check->notes, "–", item, "it is not valid yet");
    else if (days < 0)
        say(&check->notes, "–", item, "it ended %" PRId64 " days ago: good for older signatures",
            -days);
    else if (days < SOON_DAYS)
        say(&check->notes, "–", item, "it ends in %" PRId64 " days", days);
}

static void check_known(struct inspection *check, const struct folder_item *item)
{
    struct known_root known;

    if (!cert_is_self_signed(item->cert))
        return;
    if (!known_root_find(cert_signer(item->cert)->sha256, &known))
        say(&check->notes, "–", item,
            "its fingerprint is not among those of НУЦ РК that are known here");
    else if (known_root_is_test(&known))
        say(&check->notes, "–", item, "a root of the TEST contour: never in production");
}

static void check_path(struct inspection *check, const struct folder_item *item)
{
    const struct judge judge = { .trust = check->trust,
                                 .now_ms = check->now_ms,
                                 .purpose = PURPOSE_ANY };
    AUTO(report_free) struct report *report = report_new();

    if (!report)
        return say(&check->faults, "✗", item, "out of memory");
    (void)!trust_judge(&judge, item->cert, report);
    for (size_t i = 0; i < report_row_count(report); i++) {
        struct report_row row = report_row(report, i);
        if (row.check == CHECK_PATH && row.outcome != OUTCOME_PASSED)
            say(&check->faults, "✗", item, "no path to a root: %s", row.detail);
    }
}

static void check_item(struct inspection *check, const struct folder_item *item)
{
    if (!item->cert)
        return say(&check->faults, "✗", item, "%s: the service would not start", item->fault);
    const char *refusal = trust_refuse_issuer(item->cert);
    const struct folder_item *first = folder_find(check->folder, item->cert);
    if (refusal)
        say(&check->faults, "✗", item, "%s", refusal);
    if (first != item)
        say(&check->notes, "–", item, "the same certificate as in %s", first->file);
    check_dates(check, item);
    check_known(check, item);
    check_path(check, item);
}

static enum status fill_trust(struct inspection *check, struct err *err)
{
    TRY(trust_new(&check->trust, err));
    for (size_t i = 0; i < check->folder->count; i++)
        if (check->folder->items[i].cert)
            TRY(trust_add(check->trust, check->folder->items[i].cert, err));
    return ST_OK;
}

static int check_folder(const struct folder *folder, struct err *err)
{
    AUTO(trust_free) struct trust *trust = NULL;
    struct inspection check = { .folder = folder, .now_ms = clock_now(clock_system()) };
    enum status filled = fill_trust(&check, err);

    trust = check.trust;
    if (filled != ST_OK)
        return CTL_TROUBLE;
    for (size_t i = 0; i < folder->count; i++)
        check_item(&check, &folder->items[i]);
    if (trust_anchor_count(trust) == 0) {
        (void)printf("✗ %s: holds no root\n", folder->dir);
        check.faults++;
    }
    (void)printf("%zu certificates, %zu of them roots; %u to mend, %u to know\n",
                 trust_count(trust), trust_anchor_count(trust), check.faults, check.notes);
    return check.faults ? CTL_NO : CTL_OK;
}

static const struct usage check_usage = {
    .command = "shepctl trust check",
    .arguments = "",
    .about = "Says what is wrong with the trust folder, ✗ what must be mended, – what is worth "
             "knowing.\nExit status: 0 in order, 1 not, 2 it cannot be read.",
    .rows = rows,
    .row_count = 1, /* --dir */
    .set = set,
};

int cmd_trust_check(int argc, char **argv)
{
    AUTO(folder_clear) struct folder *folder = &(struct folder){ 0 };
    struct asked asked = { .dir = TRUST_DIR };
    char **arguments;
    int code = ctl_options(&check_usage, &asked, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    code = CTL_TROUBLE;
    if (folder_read(asked.dir, folder, &err) == ST_OK)
        code = check_folder(folder, &err);
    return code == CTL_TROUBLE ? ctl_fail(check_usage.command, &err) : code;
}
