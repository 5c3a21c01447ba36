/* What the tests of this room share. */
#include "unit/wsse/fixture.h"

#include "crypto/gost/kzgost.h"

const struct xml_limits usual_limits = { 32 << 20, 64 };

static struct pki *pkis[KEYS_COUNT];
static struct clock now;
static struct trust *all;

int setup_wsse(void **state)
{
    static const char *const types[KEYS_COUNT] = { "RSA", KZGOST_KEY_2015_512, KZGOST_KEY_2004 };
    struct err err;

    setup_crypto(state);
    assert_ok(wsse_init(&err), &err);
    now = clock_fixed_at(NOW_MS);
    assert_ok(trust_new(&all, &err), &err);
    for (size_t i = 0; i < KEYS_COUNT; i++) {
        pkis[i] = pki_new(types[i]);
        assert_ok(trust_add(all, pkis[i]->root.cert, &err), &err);
        assert_ok(trust_add(all, pkis[i]->ca.cert, &err), &err);
    }
    return 0;
}

int teardown_wsse(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS_COUNT; i++)
        pki_free(pkis[i]);
    trust_free(all);
    return 0;
}

const struct pki *pki_of(enum keys keys)
{
    return pkis[keys];
}

const struct key *rsa_key(void)
{
    return pkis[KEYS_RSA]->leaf.key;
}

struct wsse_params wsse_usual(enum keys keys)
{
    return (struct wsse_params){
        .limits = usual_limits,
        .algorithms = ALG_DEFAULT,
        .trust = all,
        .skew_ms = INT64_C(5) * 60 * 1000,
        .key = pkis[keys]->leaf.key,
        .clock = &now,
    };
}

struct wsse *wsse_make(const struct wsse_params *params)
{
    struct wsse *wsse = NULL;
    struct err err;

    assert_ok(wsse_new(params, &wsse, &err), &err);
    return wsse;
}

struct verified *expect_verified(const struct wsse *wsse, const char *xml)
{
    struct verified *env = NULL;
    struct err err;

    assert_ok(wsse_verify(wsse, slice_str(xml), 0, &env, &err), &err);
    assert_non_null(env);
    return env;
}

bool is_refused(const struct wsse *wsse, const char *name, const char *xml, enum status status,
                const char *words)
{
    struct verified *env = NULL;
    struct err err = { 0 };
    const enum status given = wsse_verify(wsse, slice_str(xml), 0, &env, &err);

    if (given == status && !env && err.status == status && (!words || strstr(err.text, words)))
        return true;
    verified_free(env);
    print_message("%s: wanted %s with \"%s\", got %s: %s\n", name, status_name(status),
                  words ? words : "", status_name(given), given == ST_OK ? "" : err.text);
    return false;
}
