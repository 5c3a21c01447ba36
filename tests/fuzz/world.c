#include "world.h"

#include "base/embedded.h"
#include "base/text.h"
#include "crypto/init.h"

extern const struct embedded fuzz_pki[];

struct slice world_file(const char *name)
{
    const struct embedded *file = embedded_find(fuzz_pki, slice_str(name));

    promise(file != NULL);
    return file->bytes;
}

static struct cert *load(const char *family, const char *role)
{
    char name[64];
    struct cert *cert = NULL;
    struct err err;

    promise(text_format(name, sizeof(name), "%s-%s.der", family, role));
    promise(cert_parse(world_file(name), &cert, &err) == ST_OK);
    return cert;
}

static void make(struct world *world)
{
    static const char *const families[WORLD_FAMILIES] = { "rsa", "gost2015", "gost2004" };
    struct err err;

    promise(clock_use_astana(&err) == ST_OK && crypto_init(&err) == ST_OK);
    promise(trust_new(&world->trust, &err) == ST_OK);
    for (size_t i = 0; i < WORLD_FAMILIES; i++) {
        AUTO(cert_free) struct cert *root = load(families[i], "root");
        world->ca[i] = load(families[i], "ca");
        world->leaf[i] = load(families[i], "leaf");
        promise(trust_add(world->trust, root, &err) == ST_OK);
        promise(trust_add(world->trust, world->ca[i], &err) == ST_OK);
    }
}

const struct world *world(void)
{
    static struct world only;

    if (!only.trust)
        make(&only);
    return &only;
}

struct judge world_judge(enum purpose purpose)
{
    return (struct judge){
        .trust = world()->trust, .now_ms = WORLD_NOW_MS, .purpose = purpose, .skew_ms = 1000
    };
}

bool world_has_passed(const struct report *report, enum check check)
{
    for (size_t i = 0; i < report_row_count(report); i++)
        if (report_row(report, i).check == check && report_row(report, i).outcome == OUTCOME_PASSED)
            return true;
    return false;
}

void world_check(enum verdict verdict, const struct report *report)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    struct err err;

    promise(verdict == report_verdict(report));
    promise((verdict == VERDICT_VALID) == (report_culprit(report) == CHECK_COUNT_));
    promise(verdict != VERDICT_VALID || world_has_passed(report, CHECK_SIGNATURE));
    promise(report_json(report, &json, &err) == ST_OK);
}
