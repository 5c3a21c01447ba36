/* shepctl keys: what a PKCS#12 file holds, and that its key belongs to its certificate. */
#include "base/clock.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/show.h"

#include <inttypes.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

struct keys {
    const char *key_path;
    const char *pass_path;
};

enum { OPT_KEY, OPT_PASS };

static const struct option_row rows[] = {
    { OPT_KEY, "key", "P12", "the file" },
    { OPT_PASS, "pass-file", "FILE", "its password: the file's first line" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct keys *k = ctx;

    (void)err;
    *(key == OPT_KEY ? &k->key_path : &k->pass_path) = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl keys",
    .arguments = "",
    .about = "Opens a PKCS#12 file, and shows its certificates: whose it is, its role and its "
             "dates.\nExit status: 0 key and certificate belong together, 1 they do not, 2 it does "
             "not open.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = set,
};

/* What a person wants to know of the dates. */
static void show_days(const struct signer *signer, int64_t now_ms)
{
    int64_t days = (signer->not_after_ms - now_ms) / DAY_MS;

    if (now_ms < signer->not_before_ms)
        (void)printf("  %-11s not valid yet\n", "today");
    else if (now_ms > signer->not_after_ms)
        (void)printf("  %-11s expired %" PRId64 " days ago\n", "today", -days);
    else
        (void)printf("  %-11s %" PRId64 " days left\n", "today", days);
}

static enum status run(const struct keys *k, struct err *err)
{
    AUTO(key_free) struct key *key = NULL;

    TRY(ctl_open_key(k->key_path, k->pass_path, &key, err));
    (void)printf("The key belongs to the certificate.\n");
    show_cert(stdout, key_cert(key));
    show_days(cert_signer(key_cert(key)), clock_now(clock_system()));
    for (size_t i = 0; i < key_chain_count(key); i++) {
        (void)printf("Also in the file:\n");
        show_cert(stdout, key_chain_at(key, i));
    }
    return ST_OK;
}

int cmd_keys(int argc, char **argv)
{
    struct keys k = { NULL, NULL };
    char **arguments;
    int code = ctl_options(&usage, &k, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    switch (run(&k, &err)) {
    case ST_OK:
        return CTL_OK;
    case ST_FORGED:
        (void)ctl_fail(usage.command, &err);
        return CTL_NO;
    default:
        return ctl_fail(usage.command, &err);
    }
}
