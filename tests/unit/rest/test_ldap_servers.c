/* Servers that are away, hang, or cannot prove who they are; the cache that outlives them. */
#include "ldap_kit.h"

#include "base/text.h"
#include "certs.h"
#include "peer.h"

#include <poll.h>
#include <unistd.h>

static struct kit kit;
static struct slapd slapd; /* with TLS */
static struct slapd plain; /* without, and with other certificates */
static bool have_slapd;
static char ca_path[CERT_PATH], foreign_path[CERT_PATH];

static int setup(void **state)
{
    char cert[CERT_PATH], key[CERT_PATH];

    setup_crypto(state);
    certs_make();
    (void)certs_path("ca.pem", ca_path);
    (void)certs_path("foreign.pem", foreign_path);
    kit_open(&kit);
    const struct slapd_params with_tls = { .ldif = kit.ldif->at,
                                           .cert_file = certs_path("server.pem", cert),
                                           .key_file = certs_path("server.key", key) };
    const struct slapd_params empty = { .ldif = "dn: c=KZ\nobjectClass: country\nc: KZ\n" };
    have_slapd = slapd_start(&slapd, &with_tls) && slapd_start(&plain, &empty);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (have_slapd) {
        slapd_remove(&slapd);
        slapd_remove(&plain);
    }
    kit_close(&kit);
    certs_remove();
    return 0;
}

#define NEED_SLAPD()                                                                               \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!have_slapd) {                                                                         \
            skip();                                                                                \
            return;                                                                                \
        }                                                                                          \
    } while (0)

static void expect_found(struct ldap_directory *directory)
{
    kit_expect(directory, "1aa4cd", "", ST_OK, kit.certs[KIT_WANTED].cert);
}

/* Looks up in vain; the text tells why. */
static void expect_failure(struct ldap_directory *directory, const char *kid, enum status status,
                           const char *words)
{
    struct jws_found found = { 0 };
    struct err err = { 0 };
    enum status given = kit_find(directory, kid, "", &found, &err);

    if (given != status || !strstr(err.text, words))
        fail_msg("%s «%s», expected %s «%s»", status_name(given), err.text, status_name(status),
                 words);
    assert_int_equal(found.count, 0);
}

/* What the directory says of its servers. */
struct told {
    char url[2][64];
    enum status why[2];
    int count;
};

static void on_tell(void *ctx, const char *url, const struct err *why)
{
    struct told *told = ctx;

    assert_true(told->count < 2);
    text_copy(told->url[told->count], sizeof(told->url[0]), url);
    told->why[told->count++] = why ? why->status : ST_OK;
}

/* ---- one after the other ---- */

static void a_refusing_server_is_passed_over_put_aside_and_told_of_once(void **state)
{
    uint16_t port = 0;
    char refusing[64];
    struct told told = { .count = 0 };
    int fd = peer_bind(&port); /* bound, not listening */

    NEED_SLAPD();
    text_format(refusing, sizeof(refusing), "ldap://127.0.0.1:%u", port);
    struct ldap_params params = kit_params(&kit, refusing, slapd.url);
    params.tell = on_tell;
    params.tell_ctx = &told;
    struct ldap_directory *directory = kit_directory(&params);
    expect_found(directory);
    kit_expect(directory, "2b", "", ST_OK, kit.certs[KIT_PLAIN].cert);
    /* one server that is away may be the one that has it */
    expect_failure(directory, "abc", ST_UNAVAILABLE, "put aside");
    kit.clock.fixed_ms += 60000;
    expect_failure(directory, "abcd", ST_UPSTREAM, refusing);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.url[0], refusing);
    assert_int_equal(told.why[0], ST_UPSTREAM);
    ldap_directory_free(directory);
    close(fd);
}

static void a_server_that_says_nothing_costs_its_time_and_no_more(void **state)
{
    struct told told = { .count = 0 };
    NEED_SLAPD();
    slapd_freeze(&plain); /* the kernel accepts, nobody answers */
    struct ldap_params params = kit_params(&kit, plain.url, slapd.url);
    params.timeout_ms = SHORT_MS;
    params.tell = on_tell;
    params.tell_ctx = &told;
    struct ldap_directory *directory = kit_directory(&params);
    int64_t start_ms = clock_monotonic_ms();
    expect_failure(directory, "abc", ST_TIMEOUT, "in time");
    assert_true(clock_monotonic_ms() - start_ms >= SHORT_MS);
    assert_true(clock_monotonic_ms() - start_ms < LONG_MS);
    ldap_directory_free(directory);
    slapd_thaw(&plain);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.why[0], ST_TIMEOUT);
}

static void a_server_that_comes_back_is_asked_again(void **state)
{
    struct told told = { .count = 0 };
    NEED_SLAPD();
    struct ldap_params params = kit_params(&kit, slapd.url, NULL);
    params.tell = on_tell;
    params.tell_ctx = &told;
    struct ldap_directory *directory = kit_directory(&params);
    slapd_stop(&slapd);
    expect_failure(directory, "1aa4cd", ST_UPSTREAM, slapd.url);
    slapd_restart(&slapd);
    expect_failure(directory, "1aa4cd", ST_UNAVAILABLE, "put aside");
    kit.clock.fixed_ms += 1000;
    expect_found(directory);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.why[1], ST_OK);
    ldap_directory_free(directory);
}

/* req 2.49: two authorities' directories, each with its own */
static void the_next_server_is_asked_when_the_first_has_none(void **state)
{
    NEED_SLAPD();
    struct ldap_params params = kit_params(&kit, plain.url, slapd.url);
    struct ldap_directory *directory = kit_directory(&params);
    unsigned before = slapd_count(&plain, "SRCH base=");

    expect_found(directory);
    assert_int_equal(slapd_count(&plain, "SRCH base="), before + 1);
    expect_failure(directory, "abc", ST_NOT_FOUND, "no server");
    ldap_directory_free(directory);
}

/* ---- TLS ---- */

static void tls_is_verified_always(void **state)
{
    NEED_SLAPD();
    const struct {
        const char *url;
        bool starttls;
        const char *ca;
        enum status want;
        const char *words;
    } rows[] = {
        { slapd.url, true, ca_path, ST_OK, "" },
        { slapd.tls_url, false, ca_path, ST_OK, "" },
        { slapd.tls_url, true, ca_path, ST_OK, "" },
        { slapd.url, true, foreign_path, ST_UPSTREAM, "StartTLS" },
        { slapd.tls_url, false, foreign_path, ST_UPSTREAM, "connection" },
        { plain.url, true, ca_path, ST_UPSTREAM, "StartTLS" }, /* it has none */
        { slapd.url, true, "/nowhere", ST_UPSTREAM, "/nowhere" },
        { slapd.url, true, "/dev/null", ST_UPSTREAM, "" },
    };
    unsigned before = slapd_count(&slapd, "SRCH base=");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ldap_params params = kit_params(&kit, rows[i].url, NULL);
        params.starttls = rows[i].starttls;
        params.ca_file = rows[i].ca;
        struct ldap_directory *directory = kit_directory(&params);
        if (rows[i].want == ST_OK)
            expect_found(directory);
        else
            expect_failure(directory, "1aa4cd", rows[i].want, rows[i].words);
        ldap_directory_free(directory);
    }
    assert_int_equal(slapd_count(&slapd, "SRCH base="), before + 3); /* nothing is asked first */
    assert_true(slapd_count(&slapd, "TLS established") >= 3);
}

/* A server of its own, with the certificate of that name and further settings. */
static void expect_untrusted(const char *name, const char *more, const char *words)
{
    struct slapd other;
    char cert_name[32], key_name[32], cert[CERT_PATH], key[CERT_PATH];

    text_format(cert_name, sizeof(cert_name), "%s.pem", name);
    text_format(key_name, sizeof(key_name), "%s.key", name);
    const struct slapd_params params = { .ldif = kit.ldif->at,
                                         .cert_file = certs_path(cert_name, cert),
                                         .key_file = certs_path(key_name, key),
                                         .more = more };
    assert_true(slapd_start(&other, &params));
    struct ldap_params how = kit_params(&kit, other.url, NULL);
    how.starttls = true;
    how.ca_file = ca_path;
    struct ldap_directory *directory = kit_directory(&how);
    expect_failure(directory, "1aa4cd", ST_UPSTREAM, words);
    assert_int_equal(slapd_count(&other, "SRCH base="), 0);
    ldap_directory_free(directory);
    slapd_remove(&other);
}

static void a_name_that_is_not_the_certificates_is_refused(void **state)
{
    NEED_SLAPD();
    expect_untrusted("client", NULL, "StartTLS"); /* client.example, not 127.0.0.1 */
}

static void an_old_tls_is_refused(void **state)
{
    NEED_SLAPD();
    expect_untrusted("server", "TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS1.1:+SIGN-ECDSA-SHA1",
                     "TLS older than 1.2");
}

static void a_silent_tls_server_keeps_to_the_time(void **state)
{
    NEED_SLAPD();
    slapd_freeze(&slapd);
    for (int starttls = 0; starttls < 2; starttls++) {
        struct ldap_params params = kit_params(&kit, starttls ? slapd.url : slapd.tls_url, NULL);
        params.starttls = starttls;
        params.ca_file = ca_path;
        params.timeout_ms = SHORT_MS;
        struct ldap_directory *directory = kit_directory(&params);
        int64_t start_ms = clock_monotonic_ms();
        expect_failure(directory, "1aa4cd", ST_TIMEOUT, "in time");
        assert_true(clock_monotonic_ms() - start_ms < LONG_MS);
        ldap_directory_free(directory);
    }
    slapd_thaw(&slapd);
}

static void a_password_binds_under_tls(void **state)
{
    NEED_SLAPD();
    struct ldap_params params = kit_params(&kit, slapd.tls_url, NULL);
    params.ca_file = ca_path;
    params.bind_dn = SLAPD_ROOT;
    params.bind_password = SLICE(SLAPD_PASSWORD);
    struct ldap_directory *directory = kit_directory(&params);
    expect_found(directory);
    assert_int_equal(slapd_count(&slapd, "BIND dn=\"" SLAPD_ROOT "\" method=128"), 1);
    ldap_directory_free(directory);
    params.bind_password = SLICE("wrong");
    directory = kit_directory(&params);
    expect_failure(directory, "1aa4cd", ST_UPSTREAM, "bind: Invalid credentials");
    ldap_directory_free(directory);
}

/* ---- the cache ---- */

static void what_was_found_serves_without_the_network(void **state)
{
    NEED_SLAPD();
    const struct ldap_params params = kit_params(&kit, slapd.url, NULL);
    struct ldap_directory *directory = kit_directory(&params);
    unsigned before = slapd_count(&slapd, "SRCH base=");

    expect_found(directory);
    kit_expect(directory, "001AA4CD", "", ST_OK, kit.certs[KIT_WANTED].cert);
    assert_int_equal(slapd_count(&slapd, "SRCH base="), before + 1);
    slapd_stop(&slapd);
    expect_found(directory);
    kit.clock.fixed_ms += 7 * (int64_t)DAY_MS; /* older than keep_ms: asked for at the side */
    expect_found(directory);
    expect_found(directory);
    struct ldap_directory *fresh = kit_directory(&params);
    ldap_directory_adopt(fresh, directory);
    ldap_directory_free(directory);
    expect_found(fresh);
    struct jws_found none = { 0 };
    struct err err = { 0 };
    /* away, or put aside by the question at the side */
    enum status status = kit_find(fresh, "2b", "", &none, &err);
    assert_true(status == ST_UPSTREAM || status == ST_UNAVAILABLE);
    ldap_directory_free(fresh);
    slapd_restart(&slapd);
    kit.clock.fixed_ms = NOW_MS;
}

/* ---- the environment ---- */

/* main() has filled it with everything libldap knows, all of it wrong. */
static void nothing_of_the_environment_counts(void **state)
{
    NEED_SLAPD();
    struct ldap_params params = kit_params(&kit, slapd.url, NULL);
    struct ldap_directory *directory = kit_directory(&params);
    expect_found(directory);
    ldap_directory_free(directory);
    params.starttls = true;
    params.ca_file = ca_path;
    directory = kit_directory(&params);
    expect_found(directory);
    ldap_directory_free(directory);
    params.ca_file = foreign_path;
    directory = kit_directory(&params);
    expect_failure(directory, "1aa4cd", ST_UPSTREAM, "StartTLS");
    ldap_directory_free(directory);
}

static void spoil_environment(void)
{
    static const char *const values[][2] = {
        { "LDAPURI", "ldap://127.0.0.1:1" },
        { "LDAPBASE", "c=US" },
        { "LDAPBINDDN", "cn=nobody" },
        { "LDAPSIZELIMIT", "1" },
        { "LDAPTIMELIMIT", "1" },
        { "LDAPTIMEOUT", "1" },
        { "LDAPNETWORK_TIMEOUT", "1" },
        { "LDAPDEREF", "always" },
        { "LDAPREFERRALS", "on" },
        { "LDAPTLS_REQCERT", "never" },
        { "LDAPTLS_REQSAN", "never" },
        { "LDAPTLS_CACERT", "/nowhere" },
        { "LDAPTLS_CACERTDIR", "/nowhere" },
        { "LDAPTLS_CERT", "/nowhere" },
        { "LDAPTLS_KEY", "/nowhere" },
        { "LDAPTLS_CIPHER_SUITE", "NORMAL:-VERS-ALL:+VERS-TLS1.1" },
        { "LDAPSOCKET_BIND_ADDRESSES", "192.0.2.1" },
        { "LDAPCONF", "/dev/null" },
    };

    /* there is no thread yet */
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        (void)setenv(values[i][0], values[i][1], 1); /* NOLINT(concurrency-mt-unsafe) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusing_server_is_passed_over_put_aside_and_told_of_once),
        cmocka_unit_test(a_server_that_says_nothing_costs_its_time_and_no_more),
        cmocka_unit_test(a_server_that_comes_back_is_asked_again),
        cmocka_unit_test(the_next_server_is_asked_when_the_first_has_none),
        cmocka_unit_test(tls_is_verified_always),
        cmocka_unit_test(a_name_that_is_not_the_certificates_is_refused),
        cmocka_unit_test(an_old_tls_is_refused),
        cmocka_unit_test(a_silent_tls_server_keeps_to_the_time),
        cmocka_unit_test(a_password_binds_under_tls),
        cmocka_unit_test(what_was_found_serves_without_the_network),
        cmocka_unit_test(nothing_of_the_environment_counts),
    };

    spoil_environment();
    return cmocka_run_group_tests(tests, setup, teardown);
}
