/* Keys in a PKCS#11 token: SoftHSM's, through OpenSSL's engine. */
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/cms.h"
#include "support/softhsm.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ONE "pkcs11:token=" SOFTHSM_TOKEN ";object=one;type=private"
#define TWO "pkcs11:token=" SOFTHSM_TOKEN ";id=%02;type=private"

static struct softhsm hsm;
static struct pki *pki;
static struct made other;
static char cert_file[64], other_cert_file[64], wrong_pin_file[64];

static void write_file(char dst[64], const char *name, struct slice content)
{
    assert_true(text_format(dst, 64, "%s/%s", hsm.dir, name));
    FILE *file = fopen(dst, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    setup_crypto(state);
    pki = pki_new("RSA");
    other = made_new(&(struct made_params){ .cn = "X", .key_type = "RSA" }, NULL);
    softhsm_put(&hsm, pki->leaf.pkey, pki->leaf.x509, "one", "01");
    softhsm_put(&hsm, other.pkey, NULL, "two", "02");
    write_file(cert_file, "cert", cert_der(pki->leaf.cert));
    write_file(other_cert_file, "other-cert", cert_der(other.cert));
    write_file(wrong_pin_file, "wrong-pin", SLICE("11111111\n"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pki_free(pki);
    made_free(&other);
    return 0;
}

static struct key_source source_of(const char *uri)
{
    return (struct key_source){ .place = uri,
                                .secret_file = hsm.pin_file,
                                .pkcs11_module = hsm.module };
}

static struct key *open_one(void)
{
    const struct key_source source = source_of(ONE);
    struct key *key = NULL;
    struct err err;

    assert_ok(key_open(&source, &key, &err), &err);
    return key;
}

static bool verifies(const struct key *key, struct slice data, struct slice sig)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    return EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
                                X509_get0_pubkey(cert_x509(key_cert(key)))) == 1 &&
           EVP_DigestVerify(ctx, slice_u8(sig), sig.len, slice_u8(data), data.len) == 1;
}

static bool signs(const struct key *key)
{
    AUTO(bytes_free) struct bytes *sig = NULL;
    struct err err;

    return key_sign(key, SLICE("data"), &sig, &err) == ST_OK &&
           verifies(key, SLICE("data"), bytes_slice(sig)) &&
           !verifies(key, SLICE("Data"), bytes_slice(sig));
}

static bool is_mapped(const char *library)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "re");

    assert_non_null(maps);
    while (!found && fgets(line, sizeof(line), maps))
        found = strstr(line, library) != NULL;
    (void)fclose(maps);
    return found;
}

/* First: what is loaded later must not be there yet. */
static void nothing_of_pkcs11_is_loaded_before_it_is_asked_for(void **state)
{
    struct key_source source = source_of(ONE);
    struct key *none = NULL;
    struct err err;

    (void)state;
    source.pkcs11_module = "";
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_string_equal(err.code, "pkcs11Off");
    assert_false(is_mapped("engines-3/pkcs11.so"));
    assert_false(is_mapped("libsofthsm2"));
}

static void a_token_signs_like_any_key(void **state)
{
    AUTO(key_free) struct key *key = open_one();
    AUTO(bytes_free) struct bytes *cms = NULL;
    AUTO(report_free) struct report *report = report_new();
    const struct cms_params params = { .signing_time_ms = NOW_MS };
    const struct judge judge = pki_judge(pki);
    struct err err;

    (void)state;
    assert_true(key_in_token(key));
    assert_int_equal(key_algorithm(key), ALG_RSA_SHA256);
    assert_memory_equal(cert_signer(key_cert(key))->sha256, cert_signer(pki->leaf.cert)->sha256,
                        32);
    assert_true(signs(key));
    assert_ok(cms_sign(key, SLICE("document"), &params, &cms, &err), &err);
    assert_int_equal(cms_judge(&judge, bytes_slice(cms), (struct slice){ 0 }, report, NULL),
                     VERDICT_VALID);
}

static void the_certificate_comes_from_the_token_or_a_file(void **state)
{
    struct key_source source = source_of(TWO);
    AUTO(key_free) struct key *key = NULL;
    struct key *none = NULL;
    struct err err;

    (void)state;
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_string_equal(err.code, "certificateMissing");
    source.cert_file = cert_file;
    assert_int_equal(key_open(&source, &none, &err), ST_FORGED);
    source.cert_file = other_cert_file;
    assert_ok(key_open(&source, &key, &err), &err);
    assert_true(signs(key));
}

static void what_is_missing_or_wrong_is_named(void **state)
{
    const struct {
        const char *uri, *pin_file, *module;
        enum status status;
        const char *text;
    } rows[] = {
        { ONE, wrong_pin_file, NULL, ST_UNAVAILABLE, "PIN" },
        { ONE, "", NULL, ST_INPUT, "PIN in a file" },
        { ONE, "/nonexistent", NULL, ST_NOT_FOUND, "/nonexistent" },
        { ONE, NULL, "/nonexistent.so", ST_UNAVAILABLE, "pkcs11:token=shep" },
        { ONE, NULL, "libsofthsm2.so", ST_INPUT, "absolute path" },
        { ONE, NULL, "/lib/x86_64-linux-gnu/libz.so.1", ST_UNAVAILABLE, "no private key" },
        { "pkcs11:token=absent;object=one", NULL, NULL, ST_UNAVAILABLE, "token=absent" },
        { "pkcs11:token=shep;object=absent", NULL, NULL, ST_UNAVAILABLE, "object=absent" },
        { "pkcs11:nonsense", NULL, NULL, ST_UNAVAILABLE, "pkcs11:nonsense" },
        { ONE "?pin-value=" SOFTHSM_PIN, NULL, NULL, ST_INPUT, "not in the URI" },
        { ONE "?pin-source=file:/x", NULL, NULL, ST_INPUT, "not in the URI" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_source source = source_of(rows[i].uri);
        struct key *none = NULL;
        struct err err = { 0 };
        source.secret_file = rows[i].pin_file ? rows[i].pin_file : source.secret_file;
        source.pkcs11_module = rows[i].module ? rows[i].module : source.pkcs11_module;
        enum status status = key_open(&source, &none, &err);
        if (status != rows[i].status || !strstr(err.text, rows[i].text))
            fail_msg("row %zu: %s «%s»", i, status_name(status), err.text);
        assert_null(strstr(err.text, SOFTHSM_PIN));
        assert_null(strstr(err.text, "11111111"));
    }
}

/* ---- threads ---- */

enum { WORKERS = 64, ROUNDS = 8 };

struct crowd {
    const struct key *key;
    atomic_int bad, good, refused;
    atomic_bool end;
};

static void *work(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < ROUNDS; i++)
        if (!signs(crowd->key))
            atomic_fetch_add(&crowd->bad, 1);
    return NULL;
}

/* As reloads do while exchanges sign: opened anew, the old one let go of. */
static void *reload(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < ROUNDS; i++) {
        AUTO(key_free) struct key *key = open_one();
        if (!signs(key))
            atomic_fetch_add(&crowd->bad, 1);
    }
    return NULL;
}

static void sixty_four_workers_sign_while_the_key_is_reloaded(void **state) /* req 0.65 */
{
    AUTO(key_free) struct key *key = open_one();
    struct crowd crowd = { .key = key };
    pthread_t threads[WORKERS + 1];

    (void)state;
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &crowd), 0);
    assert_int_equal(pthread_create(&threads[WORKERS], NULL, reload, &crowd), 0);
    for (int i = 0; i <= WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&crowd.bad), 0);
}

/* ---- going away ---- */

static void a_token_that_is_pulled_is_named_and_works_again_when_it_is_back(void **state)
{
    AUTO(key_free) struct key *old = open_one();
    const struct key_source source = source_of(ONE);
    AUTO(bytes_free) struct bytes *sig = NULL;
    struct key *none = NULL;
    struct err err = { 0 };

    (void)state;
    assert_true(signs(old));
    softhsm_pull(&hsm);
    assert_int_equal(key_sign(old, SLICE("data"), &sig, &err), ST_UNAVAILABLE);
    assert_non_null(strstr(err.text, "pkcs11:token=shep;object=one"));
    assert_null(sig);
    assert_int_equal(key_open(&source, &none, &err), ST_UNAVAILABLE);
    softhsm_push(&hsm);
    AUTO(key_free) struct key *fresh = NULL;
    assert_ok(key_open(&source, &fresh, &err), &err);
    assert_true(signs(fresh));
}

/* Signs until told; a token that is away may refuse, and nothing else may happen. */
static void *sign_on(void *arg)
{
    struct crowd *crowd = arg;
    struct err err;

    while (!atomic_load(&crowd->end)) {
        AUTO(bytes_free) struct bytes *sig = NULL;
        enum status status = key_sign(crowd->key, SLICE("data"), &sig, &err);
        if (status == ST_OK && verifies(crowd->key, SLICE("data"), bytes_slice(sig)))
            atomic_fetch_add(&crowd->good, 1);
        else if (status == ST_UNAVAILABLE)
            atomic_fetch_add(&crowd->refused, 1);
        else
            atomic_fetch_add(&crowd->bad, 1);
    }
    return NULL;
}

static void wait_for_more(atomic_int *counter)
{
    int until = atomic_load(counter) + 20;

    while (atomic_load(counter) < until)
        (void)sched_yield();
}

static void a_token_that_is_pulled_under_load_refuses_until_it_is_back(void **state)
{
    enum { SIGNERS = 8 };
    AUTO(key_free) struct key *key = open_one();
    struct crowd crowd = { .key = key };
    pthread_t threads[SIGNERS];

    (void)state;
    for (int i = 0; i < SIGNERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_on, &crowd), 0);
    for (int i = 0; i < 3; i++) {
        wait_for_more(&crowd.good);
        softhsm_pull(&hsm);
        wait_for_more(&crowd.refused);
        softhsm_push(&hsm);
    }
    wait_for_more(&crowd.good);
    atomic_store(&crowd.end, true);
    for (int i = 0; i < SIGNERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&crowd.bad), 0);
}

/* Sessions of a process share one login: a wrong PIN is told by a module that knows of none. */
static void the_last_key_ends_the_login(void **state)
{
    struct key_source wrong = source_of(ONE);
    struct key *key = open_one();
    struct key *none = NULL;
    struct err err;

    (void)state;
    wrong.secret_file = wrong_pin_file;
    assert_true(signs(key));
    key_free(key);
    assert_int_equal(key_open(&wrong, &none, &err), ST_UNAVAILABLE);
    key = open_one();
    assert_true(signs(key));
    key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_pkcs11_is_loaded_before_it_is_asked_for),
        cmocka_unit_test(a_token_signs_like_any_key),
        cmocka_unit_test(the_certificate_comes_from_the_token_or_a_file),
        cmocka_unit_test(what_is_missing_or_wrong_is_named),
        cmocka_unit_test(sixty_four_workers_sign_while_the_key_is_reloaded),
        cmocka_unit_test(a_token_that_is_pulled_is_named_and_works_again_when_it_is_back),
        cmocka_unit_test(a_token_that_is_pulled_under_load_refuses_until_it_is_back),
        cmocka_unit_test(the_last_key_ends_the_login),
    };

    if (!softhsm_start(&hsm))
        return 77;
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    softhsm_remove(&hsm);
    return failed;
}
