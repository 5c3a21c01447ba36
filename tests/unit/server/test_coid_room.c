/* ЦОИД's room from the configuration: whom it calls, with which keys, and what keeps it from being
 * made. coid itself and the certificates' source are fakes. */
#include "server/coid_room.h"

#include "base/text.h"
#include "crypto/algorithm.h"
#include "unit/crypto/fixture.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

#define REQUIRED                                                                                   \
    "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"         \
    "[store]\ncontent_keys_file = /c\n"                                                            \
    "[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = /s\nsign_pass_file = /w\n"
#define URL "base_url = https://onlinetest.kisc.kz:8443/identity/1.1.0\n"

static char folder[] = "/tmp/shep-coid-XXXXXX";

/* ---- fakes ---- */

static struct coid_params got; /* what coid was made with; texts only while conf lives */
static unsigned coids;         /* that are there */

enum status coid_new(const struct coid_params *params, struct coid **ret_coid, struct err *err)
{
    (void)err;
    got = *params;
    coids++;
    *ret_coid = (struct coid *)(void *)&got;
    return ST_OK;
}

void coid_free(struct coid *coid)
{
    coids -= coid != NULL;
}

static const struct cert *pins[1];
static struct jws_lookup lookup;

const struct cert *const *jws_source_pins(const struct jws_source *source, size_t *ret_count)
{
    (void)source;
    *ret_count = 1;
    return pins;
}

struct jws_params jws_source_params_of(const struct jws_source *source)
{
    (void)source;
    return (struct jws_params){ .input = JWS_INPUT_BODY, .lookup = &lookup };
}

/* ---- files ---- */

static const char *path_of(const char *name)
{
    static char paths[8][96];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    assert_true(text_format(path, 96, "%s/%s", folder, name));
    return path;
}

static void write_key(const char *name, const struct made *made)
{
    FILE *file = fopen(path_of(name), "we");

    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, made->pkey, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_X509(file, made->x509), 1);
    assert_int_equal(fclose(file), 0);
}

/* One certificate of each kind of key; the RSA one ended long ago. */
static int setup(void **state)
{
    struct made rsa, gost;

    setup_crypto(state);
    assert_non_null(mkdtemp(folder));
    rsa = made_new(&(struct made_params){ .cn = "client",
                                          .bin = "123456789021",
                                          .key_type = "RSA",
                                          .from_ms = NOW_MS - 30LL * DAY_MS,
                                          .to_ms = NOW_MS - 16LL * DAY_MS },
                   NULL);
    gost = made_new(&(struct made_params){ .cn = "signer", .bin = "123456789021" }, NULL);
    write_key("rsa.pem", &rsa);
    write_key("gost.pem", &gost);
    made_free(&rsa);
    made_free(&gost);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path_of("rsa.pem"));
    (void)unlink(path_of("gost.pem"));
    (void)rmdir(folder);
    return 0;
}

/* ---- the room ---- */

struct files {
    const char *ca, *client, *sign;
};

static const struct conf *conf_of(const struct files *files, const char *more)
{
    const struct conf *conf = NULL;
    char text[2048];
    struct err err = { 0 };

    assert_true(text_format(text, sizeof(text),
                            REQUIRED "[coid]\nparticipant = Банк\nca_file = %s\n"
                                     "client_key_file = %s\nsign_key_file = %s\n%s",
                            path_of(files->ca), path_of(files->client), path_of(files->sign),
                            more));
    assert_ok(conf_parse("t.conf", slice_str(text), &conf, &err), &err);
    return conf;
}

static enum status make(const struct conf *conf, struct coid_room **ret, struct err *err)
{
    static const struct clock now = { .fixed_ms = NOW_MS };
    const struct coid_room_params params = { .conf = conf,
                                             .trust = (struct trust *)&got,
                                             .io = (struct trust_io *)&got,
                                             .upstream = (struct upstream *)&got,
                                             .store = (struct store *)&got,
                                             .journal = (struct journal *)&got,
                                             .clock = &now,
                                             .observer = { .ctx = &got } };

    return coid_room_new(&params, ret, err);
}

static const struct files right = { "rsa.pem", "rsa.pem", "gost.pem" };

/* req 2.06, 2.11, 2.43, 2.46, 3.02, C-05, C-06 */
static void what_is_configured_is_what_it_works_by(void **state)
{
    AUTO(conf_free)
    const struct conf *conf = conf_of(
        &right, URL "data_path = personel_data\nthreshold_percent = 90\nunsigned_answers = accept\n"
                    "jws_order = be-sr\njws_alphabet = std\njws_iss = CN=шлюз\n"
                    "[jws]\nsigner_bin = 941140000211\nalgorithms = gost2004\n"
                    "[trust]\nrevocation = crl\nrevocation_scope = signer\n");
    AUTO(coid_room_free) struct coid_room *room = NULL;
    struct err err = { 0 };

    (void)state;
    assert_ok(make(conf, &room, &err), &err);
    assert_string_equal(got.base_url, "https://onlinetest.kisc.kz:8443/identity/1.1.0");
    assert_string_equal(got.paths.data, "personel_data");
    assert_string_equal(got.paths.act, "report/act/{year}/{month}");
    assert_true(got.threshold > 0.8999 && got.threshold < 0.9001);
    assert_true(got.unsigned_accepted);
    assert_true(got.call_ms == 12000 && got.budget_ms == 25000);
    assert_int_equal(got.jws.order, JWS_ORDER_BE_SR);
    assert_int_equal(got.jws.alphabet, JWS_BASE64_STD);
    assert_string_equal(got.jws.iss, "CN=шлюз");
    assert_int_equal(got.jws_judge.revocation, REVOCATION_CRL);
    assert_int_equal(got.jws_judge.scope, REVOCATION_SIGNER);
    assert_string_equal(got.jws_judge.expect_bin, "941140000211");
    assert_int_equal(got.jws_judge.algorithms & ALG_GOST2015_512, 0);
    assert_true(got.jws_judge.pins == pins && got.jws_judge.pin_count == 1);
    assert_true(got.jws_params.lookup == &lookup);
    assert_true(got.sign_key == coid_room_sign_key(room));
    assert_true(key_algorithm(got.sign_key) == ALG_GOST2015_512);
    assert_true(got.rest && got.upstream && got.store && got.journal && got.observer.ctx);
    assert_ptr_equal(coid_room_coid(room), &got);
}

/* Its end is told apart; signing by telephone must not wait for a new one (req 3.01). */
static void a_client_certificate_that_has_ended_keeps_nobody_from_starting(void **state)
{
    AUTO(conf_free) const struct conf *conf = conf_of(&right, URL);
    AUTO(coid_room_free) struct coid_room *room = NULL;
    struct err err = { 0 };

    (void)state;
    assert_ok(make(conf, &room, &err), &err);
    assert_true(cert_signer(coid_room_client_cert(room))->not_after_ms < NOW_MS);
}

static enum status call(const char *url, struct err *err)
{
    struct rest_answer answer = { 0 };
    const struct rest_call one = {
        .method = "GET", .url = url, .max_bytes = 10, .deadline_ms = clock_monotonic_ms() + 60000
    };
    enum status status = rest_do(got.rest, &one, &answer, err);

    rest_answer_free(&answer);
    return status;
}

/* req 3.04 */
static void nobody_but_the_configured_host_is_ever_called(void **state)
{
    static const struct {
        const char *base_url;
        const char *host; /* that it may call */
    } rows[] = {
        { "https://127.0.0.1:1/identity/1.1.0", "127.0.0.1" },
        { "https://127.0.0.1", "127.0.0.1" },
        { "https://[::1]:1/identity", "[::1]" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char setting[96];
        char url[96];
        struct err err = { 0 };
        AUTO(coid_room_free) struct coid_room *room = NULL;
        AUTO(conf_free) const struct conf *conf = NULL;

        text_format(setting, sizeof(setting), "base_url = %s\n", rows[i].base_url);
        text_format(url, sizeof(url), "https://%s:1/verify", rows[i].host);
        conf = conf_of(&right, setting);
        assert_ok(make(conf, &room, &err), &err);
        assert_int_equal(call(url, &err), ST_UPSTREAM); /* nobody listens there */
        assert_string_equal(err.code, "");
        assert_int_equal(call("https://127.0.0.2:1/verify", &err), ST_INPUT);
        assert_string_equal(err.code, "hostNotAllowed");
    }
}

static void at_the_end_nothing_is_called_any_more(void **state)
{
    AUTO(conf_free) const struct conf *conf = conf_of(&right, "base_url = https://127.0.0.1:1/i\n");
    AUTO(coid_room_free) struct coid_room *room = NULL;
    struct err err = { 0 };

    (void)state;
    assert_ok(make(conf, &room, &err), &err);
    coid_room_cancel(room);
    assert_int_equal(call("https://127.0.0.1:1/verify", &err), ST_UNAVAILABLE);
}

/* req 3.02: the two keys are not to be taken for each other */
static void keys_that_do_not_do_are_named_at_the_start(void **state)
{
    static const struct {
        struct files files;
        enum status want;
        const char *text;
    } rows[] = {
        { { "rsa.pem", "gost.pem", "gost.pem" }, ST_INPUT, "[coid] TLS client key" },
        { { "rsa.pem", "rsa.pem", "rsa.pem" }, ST_INPUT, "[coid] sign_key_file: " },
        { { "rsa.pem", "nowhere", "gost.pem" }, ST_NOT_FOUND, "[coid] " },
        { { "rsa.pem", "rsa.pem", "nowhere" }, ST_NOT_FOUND, "[coid] sign_key_file: " },
        { { "nowhere", "rsa.pem", "gost.pem" }, ST_INPUT, "[coid] CA bundle" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(conf_free) const struct conf *conf = conf_of(&rows[i].files, URL);
        struct coid_room *room = NULL;
        struct err err = { 0 };

        enum status status = make(conf, &room, &err);
        if (status != rows[i].want || !strstr(err.text, rows[i].text))
            fail_msg("row %zu: %s: %s", i, status_name(status), err.text);
        assert_null(room);
    }
    assert_int_equal(coids, 0);
}

static void its_limits_are_those_of_the_configuration(void **state)
{
    AUTO(conf_free)
    const struct conf *conf =
        conf_of(&right, URL "max_calls = 3\nmax_waiting = 4\nwait_ms = 5\nbudget_ms = 600\n"
                            "call_ms = 500\nfailures = 7\nfailure_window_ms = 800\nopen_ms = 900\n"
                            "successes = 10\n");
    const struct upstream_params limits = coid_room_limits(conf);
    struct upstream *upstream = NULL;
    struct err err = { 0 };

    (void)state;
    assert_true(limits.max_calls == 3 && limits.max_waiting == 4 && limits.wait_ms == 5);
    assert_true(limits.budget_ms == 600 && limits.failures == 7 && limits.window_ms == 800);
    assert_true(limits.open_ms == 900 && limits.successes == 10);
    assert_ok(upstream_new(&limits, &upstream, &err), &err);
    upstream_free(upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_configured_is_what_it_works_by),
        cmocka_unit_test(a_client_certificate_that_has_ended_keeps_nobody_from_starting),
        cmocka_unit_test(nobody_but_the_configured_host_is_ever_called),
        cmocka_unit_test(at_the_end_nothing_is_called_any_more),
        cmocka_unit_test(keys_that_do_not_do_are_named_at_the_start),
        cmocka_unit_test(its_limits_are_those_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
