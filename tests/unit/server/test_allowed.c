/* The allow-lists of the configuration: each kind of signature has its own, and SHA-1 only where a
 * setting names the kind (C-28). */
#include "server/allowed.h"

#include "base/text.h"
#include "support/cmocka.h"

#include <string.h>

#define USUAL                                                                                      \
    "[instance]\nname = a\ncluster_key_file = /k\n[http]\npublic_url = https://h\n[store]\n"       \
    "content_keys_file = /c\n[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = "         \
    "/s\n[trust]\n"

enum { SETS = KIND_TIMESTAMP + 1 };

static const char *const words[SETS] = { "transport", "user", "business", "timestamp" };

static const struct conf *parse(const char *trust)
{
    const struct conf *conf = NULL;
    char text[1024];
    struct err err;

    assert_true(text_format(text, sizeof(text), USUAL "%s\n", trust));
    if (conf_parse("t.conf", slice_str(text), &conf, &err) != ST_OK)
        fail_msg("%s", err.text);
    return conf;
}

static void each_kind_has_its_own_list(void **state)
{
    static const unsigned gost = ALG_GOST2015_512 | ALG_GOST2015_256 | ALG_GOST2004;
    AUTO(conf_free) const struct conf *usual = parse("");
    AUTO(conf_free)
    const struct conf *own = parse("transport_algorithms = rsa\nuser_algorithms = gost2004\n"
                                   "business_algorithms = gost2015");

    (void)state;
    assert_int_equal(allowed_algorithms(usual, KIND_TRANSPORT), gost);
    assert_int_equal(allowed_algorithms(usual, KIND_USER), gost | ALG_RSA_SHA256);
    assert_int_equal(allowed_algorithms(usual, KIND_BUSINESS), gost);
    assert_int_equal(allowed_algorithms(usual, KIND_TIMESTAMP), ALG_DEFAULT);
    assert_int_equal(allowed_algorithms(usual, KIND_JWS),
                     ALG_GOST2015_512 | ALG_GOST2015_256 | ALG_GOST2004 | ALG_GAMMA);
    assert_int_equal(allowed_algorithms(own, KIND_TRANSPORT), ALG_RSA_SHA256);
    assert_int_equal(allowed_algorithms(own, KIND_USER), ALG_GOST2004);
    assert_int_equal(allowed_algorithms(own, KIND_BUSINESS), ALG_GOST2015_512 | ALG_GOST2015_256);
}

/* Every set of names, every kind. */
static void sha1_is_allowed_where_it_is_named_and_nowhere_else(void **state)
{
    AUTO(conf_free) const struct conf *usual = parse("");

    (void)state;
    for (unsigned set = 0; set < 1u << SETS; set++) {
        char setting[128] = "sha1_profiles =";
        for (unsigned kind = 0; kind < SETS; kind++) {
            size_t len = strlen(setting);
            if (set & 1u << kind)
                assert_true(text_format(setting + len, sizeof(setting) - len, " %s", words[kind]));
        }
        AUTO(conf_free) const struct conf *conf = parse(setting);
        for (unsigned kind = 0; kind < KIND_COUNT_; kind++) {
            unsigned sha1 = kind < SETS && set & 1u << kind ? ALG_RSA_SHA1 : 0;
            assert_int_equal(allowed_algorithms(conf, (enum signature_kind)kind),
                             allowed_algorithms(usual, (enum signature_kind)kind) | sha1);
        }
    }
}

static void a_profile_that_does_not_exist_is_refused(void **state)
{
    const struct conf *conf = NULL;
    struct err err;

    (void)state;
    assert_int_equal(
        conf_parse("t.conf", SLICE(USUAL "sha1_profiles = transport jws\n"), &conf, &err),
        ST_INPUT);
    assert_non_null(strstr(err.text, "sha1_profiles"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_own_list),
        cmocka_unit_test(sha1_is_allowed_where_it_is_named_and_nowhere_else),
        cmocka_unit_test(a_profile_that_does_not_exist_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
