/* Who we are to a server that asks: keys of a PKCS#12 in real TLS on loopback, with the KZ provider
 * loaded as in the service. */
#include "certs.h"
#include "crypto/gost/kzgost.h"
#include "crypto/init.h"
#include "rest_kit.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <unistd.h>

enum { DAY_S = 86400 };

static const char password[] = "Пароль-123";

static const struct identity {
    const char *name;     /* also the CN */
    const char *key_type; /* NULL: RSA of 2048 bits */
    bool is_keyless;
    bool has_mid;      /* issued by an authority under the CA, which stands in the file */
    bool is_of_nobody; /* signs itself */
    int seal;          /* of the bags; 0: the library's own */
    int cert_seal;
} identities[] = {
    { .name = "modern" },
    { .name = "kisc",
      .seal = NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
      .cert_seal = NID_pbe_WithSHA1And40BitRC2_CBC },
    { .name = "chained", .has_mid = true },
    { .name = "stranger", .is_of_nobody = true },
    { .name = "curved", .key_type = "EC" },
    { .name = "signer", .key_type = KZGOST_KEY_2015_512 },
    { .name = "keyless", .is_keyless = true },
};

/* ---- the keys ---- */

static X509 *certify(const char *cn, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *cert = X509_new();
    static long serial = 5000;

    assert_non_null(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(cert), DAY_S);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                               (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    X509_EXTENSION *basic =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
                            strcmp(cn, "mid") == 0 ? "critical,CA:TRUE" : "CA:FALSE");
    X509_add_ext(cert, basic, -1);
    X509_EXTENSION_free(basic);
    assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
    return cert;
}

static void load_ca(X509 **ret_cert, EVP_PKEY **ret_key)
{
    char path[CERT_PATH];
    FILE *file = fopen(certs_path("ca.pem", path), "re");

    assert_non_null(file);
    *ret_cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = fopen(certs_path("ca.key", path), "re");
    assert_non_null(file);
    *ret_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    assert_true(*ret_cert && *ret_key);
}

static const char *file_of(const char *name, const char *suffix, char dst[CERT_PATH])
{
    char file[32];

    snprintf(file, sizeof(file), "%s%s", name, suffix);
    return certs_path(file, dst);
}

static void write_p12(const struct identity *who, EVP_PKEY *key, X509 *cert, X509 *mid)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    char path[CERT_PATH];

    if (who->has_mid || who->is_keyless)
        sk_X509_push(others, mid);
    PKCS12 *p12 =
        PKCS12_create(password, NULL, who->is_keyless ? NULL : key, who->is_keyless ? NULL : cert,
                      others, who->seal, who->cert_seal, 2048, 2048, 0);
    assert_non_null(p12);
    FILE *file = fopen(file_of(who->name, ".p12", path), "we");
    assert_non_null(file);
    assert_int_equal(i2d_PKCS12_fp(file, p12), 1);
    fclose(file);
    PKCS12_free(p12);
    sk_X509_free(others);
}

/* RSA keys take their time: one serves all the names. */
struct authority {
    X509 *ca, *mid;
    EVP_PKEY *ca_key, *mid_key;
    EVP_PKEY *rsa;
};

static EVP_PKEY *make_key(const char *type)
{
    EVP_PKEY *key = NULL;

    if (strcmp(type, "EC") == 0)
        return EVP_EC_gen("P-256");
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    assert_true(EVP_PKEY_keygen_init(maker) == 1 && EVP_PKEY_keygen(maker, &key) == 1);
    EVP_PKEY_CTX_free(maker);
    return key;
}

static void make_identity(const struct identity *who, const struct authority *of)
{
    EVP_PKEY *made = who->key_type ? make_key(who->key_type) : NULL;
    EVP_PKEY *key = made ? made : of->rsa;
    X509 *issuer = who->has_mid ? of->mid : (who->is_of_nobody ? NULL : of->ca);
    EVP_PKEY *issuer_key = who->has_mid ? of->mid_key : (who->is_of_nobody ? key : of->ca_key);
    X509 *cert = certify(who->name, key, issuer, issuer_key);

    write_p12(who, key, cert, of->mid);
    X509_free(cert);
    EVP_PKEY_free(made);
}

static void make_identities(void)
{
    struct authority of = { .mid_key = EVP_RSA_gen(2048), .rsa = EVP_RSA_gen(2048) };

    load_ca(&of.ca, &of.ca_key);
    of.mid = certify("mid", of.mid_key, of.ca, of.ca_key);
    for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++)
        make_identity(&identities[i], &of);
    X509_free(of.mid);
    X509_free(of.ca);
    EVP_PKEY_free(of.rsa);
    EVP_PKEY_free(of.mid_key);
    EVP_PKEY_free(of.ca_key);
}

static void write_secret(const char *name, const char *text)
{
    char path[CERT_PATH];
    FILE *file = fopen(certs_path(name, path), "we");

    assert_non_null(file);
    fprintf(file, "%s\n", text);
    fclose(file);
}

/* ---- calls ---- */

static enum status rest_of(const char *name, const char *secret, const struct clock *clock,
                           struct rest **ret_rest, struct err *err)
{
    char place[CERT_PATH];
    char secret_path[CERT_PATH];
    char ca[CERT_PATH];
    const struct key_source source = { .place =
                                           strchr(name, ':') ? name : file_of(name, ".p12", place),
                                       .secret_file =
                                           secret ? certs_path(secret, secret_path) : NULL };
    const struct rest_params params = {
        .ca_file = certs_path("ca.pem", ca), .max_parallel = 2, .client = &source, .clock = clock
    };

    return rest_new(&params, ret_rest, err);
}

static enum status ask(struct rest *rest, const struct peer *peer, struct rest_times *times,
                       struct err *err)
{
    char url[128];
    struct rest_answer answer = { 0 };
    const struct rest_call call = { .method = "POST",
                                    .url = peer_url(peer, "/verify", url),
                                    .body = SLICE("photo"),
                                    .max_bytes = 100,
                                    .deadline_ms = clock_monotonic_ms() + LONG_MS,
                                    .times = times };

    enum status status = rest_do(rest, &call, &answer, err);
    rest_answer_free(&answer);
    return status;
}

static void check_guest(struct peer *peer, const char *want)
{
    pthread_mutex_lock(&peer->lock);
    assert_string_equal(peer->guest, want);
    pthread_mutex_unlock(&peer->lock);
}

/* req 2.11, 3.04 */
static void the_server_that_asks_sees_our_certificate(void **state)
{
    static const char *const names[] = { "modern", "kisc", "chained" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct peer *peer =
            peer_start_mutual((struct script){ good, END_KEEP, false }, "server", "ca.pem");
        struct rest *rest = NULL;
        struct rest_times times;
        struct err err = { 0 };

        if (rest_of(names[i], "pass", NULL, &rest, &err) != ST_OK)
            fail_msg("%s: %s", names[i], err.text);
        assert_non_null(strstr(cert_signer(rest_client_cert(rest))->subject, names[i]));
        for (int time = 0; time < 2; time++)
            if (ask(rest, peer, &times, &err) != ST_OK)
                fail_msg("%s: %s", names[i], err.text);
        check_guest(peer, names[i]);
        assert_int_equal(peer_count(peer, &peer->connections), 1);
        assert_true(times.connect_ms >= 0 && times.first_byte_ms >= 0);
        rest_free(rest);
        peer_stop(peer);
    }
}

static void whom_the_server_does_not_know_it_does_not_serve(void **state)
{
    struct peer *peer =
        peer_start_mutual((struct script){ good, END_KEEP, false }, "server", "ca.pem");
    const struct rest_params nobody = { .max_parallel = 1,
                                        .ca_file = certs_path("ca.pem", (char[CERT_PATH]){ 0 }) };
    struct rest *rest = NULL;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(rest_of("stranger", "pass", NULL, &rest, &err), ST_OK);
    assert_int_equal(ask(rest, peer, NULL, &err), ST_UPSTREAM);
    rest_free(rest);
    assert_int_equal(rest_new(&nobody, &rest, &err), ST_OK);
    assert_null(rest_client_cert(rest));
    assert_int_equal(ask(rest, peer, NULL, &err), ST_UPSTREAM);
    assert_int_equal(peer_count(peer, &peer->requests), 0);
    rest_free(rest);
    peer_stop(peer);
}

static void a_server_of_another_authority_does_not_hear_us(void **state)
{
    struct peer *peer =
        peer_start_mutual((struct script){ good, END_KEEP, false }, "foreign", "ca.pem");
    struct rest *rest = NULL;
    struct rest_times times;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(rest_of("modern", "pass", NULL, &rest, &err), ST_OK);
    assert_int_equal(ask(rest, peer, &times, &err), ST_UPSTREAM);
    assert_int_equal(times.connect_ms, -1); /* nothing was sent */
    assert_int_equal(peer_count(peer, &peer->requests), 0);
    rest_free(rest);
    peer_stop(peer);
}

static void what_cannot_be_shown_is_told_at_once(void **state)
{
    const struct clock past = clock_fixed_at(clock_now(clock_system()) - 3000LL * DAY_S);
    const struct clock future = clock_fixed_at(clock_now(clock_system()) + 3000LL * DAY_S);
    const struct {
        const char *name;
        const char *secret;
        const struct clock *clock;
        enum status want;
        const char *code;
        const char *text;
    } rows[] = {
        { "modern", "wrong", NULL, ST_INPUT, "wrongPassword", "wrong password" },
        { "kisc", "wrong", NULL, ST_INPUT, "wrongPassword", "wrong password" },
        { "modern", NULL, NULL, ST_INPUT, "passwordMissing", "password" },
        { "modern", "nowhere", NULL, ST_NOT_FOUND, "", "No such file" },
        { "nowhere", "pass", NULL, ST_NOT_FOUND, "", "No such file" },
        { "modern", "pass", &past, ST_INPUT, "clientCertNotYet", "valid from" },
        { "modern", "pass", &future, ST_INPUT, "clientCertExpired", "ended at" },
        { "keyless", "pass", NULL, ST_INPUT, "", "no private key" },
        { "curved", "pass", NULL, ST_INPUT, "", "EC" },
        { "signer", "pass", NULL, ST_INPUT, "clientKeyNotRsa", "RSA" },
        { "pkcs11:token=t?pin-value=1", "pass", NULL, ST_INPUT, "clientKeyInToken", "in a token" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rest *rest = NULL;
        struct err err = { 0 };

        enum status status = rest_of(rows[i].name, rows[i].secret, rows[i].clock, &rest, &err);
        if (status != rows[i].want || strcmp(err.code, rows[i].code) != 0 ||
            !strstr(err.text, rows[i].text))
            fail_msg("row %zu: %s, %s: %s", i, status_name(status), err.code, err.text);
        assert_null(rest);
        assert_null(strstr(err.text, password));
        assert_null(strstr(err.text, "pin-value"));
    }
}

/* An end that others watch over keeps nobody from starting; all else is refused as ever. */
static void dates_that_others_watch_are_not_asked_for(void **state)
{
    const struct clock future = clock_fixed_at(clock_now(clock_system()) + 30000LL * DAY_S);
    static const struct {
        const char *name;
        const char *code; /* "": it opens */
    } rows[] = { { "modern", "" }, { "signer", "clientKeyNotRsa" } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char place[CERT_PATH];
        char pass[CERT_PATH];
        const struct key_source source = { .place = file_of(rows[i].name, ".p12", place),
                                           .secret_file = certs_path("pass", pass) };
        const struct rest_params params = {
            .max_parallel = 1, .client = &source, .clock = &future, .client_of_any_date = true
        };
        struct rest *rest = NULL;
        struct err err = { 0 };

        enum status want = *rows[i].code ? ST_INPUT : ST_OK;
        if (rest_new(&params, &rest, &err) != want || strcmp(err.code, rows[i].code) != 0)
            fail_msg("%s: %s", rows[i].name, err.text);
        rest_free(rest);
    }
}

struct busy {
    struct rest *rest;
    struct peer *peer;
    enum status status;
};

static void *run_call(void *ctx)
{
    struct busy *busy = ctx;
    struct err err = { 0 };

    for (int i = 0; i < 5 && busy->status == ST_OK; i++)
        busy->status = ask(busy->rest, busy->peer, NULL, &err);
    return NULL;
}

static void many_threads_share_the_key(void **state)
{
    enum { THREADS = 6 };
    struct peer *peer =
        peer_start_mutual((struct script){ good, END_CLOSE, false }, "server", "ca.pem");
    struct busy calls[THREADS];
    pthread_t threads[THREADS];
    struct rest *rest = NULL;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(rest_of("chained", "pass", NULL, &rest, &err), ST_OK);
    for (int i = 0; i < THREADS; i++) {
        calls[i] = (struct busy){ rest, peer, ST_OK };
        assert_int_equal(pthread_create(&threads[i], NULL, run_call, &calls[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(calls[i].status, ST_OK);
    }
    assert_int_equal(peer_count(peer, &peer->requests), 5 * THREADS);
    rest_free(rest);
    peer_stop(peer);
}

static int set_up(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(crypto_init(&err), ST_OK);
    certs_make();
    make_identities();
    write_secret("pass", password);
    write_secret("wrong", "123456");
    return 0;
}

static int tear_down(void **state)
{
    char path[CERT_PATH];

    (void)state;
    for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++)
        (void)unlink(file_of(identities[i].name, ".p12", path));
    (void)unlink(certs_path("pass", path));
    (void)unlink(certs_path("wrong", path));
    certs_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_that_asks_sees_our_certificate),
        cmocka_unit_test(whom_the_server_does_not_know_it_does_not_serve),
        cmocka_unit_test(a_server_of_another_authority_does_not_hear_us),
        cmocka_unit_test(what_cannot_be_shown_is_told_at_once),
        cmocka_unit_test(dates_that_others_watch_are_not_asked_for),
        cmocka_unit_test(many_threads_share_the_key),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
