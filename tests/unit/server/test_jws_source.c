/* How ЦОИД's answers are judged, as configured: pins from a folder, LDAP behind them. The journal
 * is a fake. */
#include "server/jws_source.h"

#include "base/text.h"
#include "server/open.h"
#include "unit/crypto/fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY SLICE("{\"result\":0.99}")
#define REQUIRED                                                                                   \
    "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"         \
    "[store]\ncontent_keys_file = /c\n"                                                            \
    "[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = /s\nsign_pass_file = /w\n"

static struct pki *pki;
static char folder[] = "/tmp/shep-jws-XXXXXX";
static char pins_dir[64], empty_dir[64], pin_path[96], other_path[96];

/* ---- fakes ---- */

static char told[8][64];
static char told_text[320];
static size_t told_count;
static size_t asked_count, answered_count;
static char asked_text[320];

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    (void)journal;
    (void)err;
    if (strcmp(event->name, "upstream.asked") == 0) {
        asked_count++;
        text_copy(asked_text, sizeof(asked_text), event->text);
        return ST_OK;
    }
    if (strcmp(event->name, "upstream.told") == 0) {
        answered_count++;
        assert_int_equal(event->level, EVENT_WARNING);
        return ST_OK;
    }
    assert_true(told_count < 8);
    text_copy(told[told_count++], sizeof(told[0]), event->name);
    text_copy(told_text, sizeof(told_text), event->text);
    return ST_OK;
}

enum status secret_load(const char *path, size_t min_bytes, struct bytes **ret_secret,
                        struct err *err)
{
    (void)min_bytes;
    assert_string_equal(path, "/password");
    *ret_secret = bytes_dup(SLICE("secret\n"));
    return *ret_secret ? ST_OK : RAISE(err, ST_NOMEM, "out of memory");
}

/* ---- the world ---- */

static void write_cert(const char *path, const struct cert *cert)
{
    FILE *file = fopen(path, "wbe");
    struct slice der = cert_der(cert);

    assert_non_null(file);
    assert_int_equal(fwrite(der.at, 1, der.len, file), der.len);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    assert_non_null(mkdtemp(folder));
    text_format(pins_dir, sizeof(pins_dir), "%s/pins", folder);
    text_format(empty_dir, sizeof(empty_dir), "%s/empty", folder);
    text_format(pin_path, sizeof(pin_path), "%s/pins/coid.cer", folder);
    text_format(other_path, sizeof(other_path), "%s/pins/other.cer", folder);
    assert_int_equal(mkdir(pins_dir, 0700), 0);
    assert_int_equal(mkdir(empty_dir, 0700), 0);
    write_cert(pin_path, pki->leaf.cert);
    write_cert(other_path, pki->tsa.cert);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(pin_path);
    (void)unlink(other_path);
    (void)rmdir(pins_dir);
    (void)rmdir(empty_dir);
    (void)rmdir(folder);
    pki_free(pki);
    return 0;
}

static enum status open_source(const char *settings, struct jws_source **ret, struct err *err)
{
    AUTO(conf_free) const struct conf *conf = NULL;
    char text[2048];

    assert_true(text_format(text, sizeof(text), "%s%s", REQUIRED, settings));
    assert_ok(conf_parse("t.conf", slice_str(text), &conf, err), err);
    const struct jws_source_params params = { .conf = conf, .clock = clock_system() };
    return jws_source_new(&params, ret, err);
}

static struct bytes *signed_body(void)
{
    const struct jws_settings settings = { 0 };
    struct bytes *text = NULL;
    struct err err;

    assert_ok(jws_sign(pki->leaf.key, BODY, &settings, &text, &err), &err);
    return text;
}

static enum verdict judge_by(const struct jws_source *source)
{
    const struct jws_params params = jws_source_params_of(source);
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *text = signed_body();
    struct judge judge = { .now_ms = NOW_MS, .purpose = PURPOSE_TRANSPORT };

    judge.pins = jws_source_pins(source, &judge.pin_count);
    return jws_judge(&judge, bytes_slice(text), BODY, &params, report);
}

/* ---- tests ---- */

/* req 2.48: LDAP is not needed where the certificate is at hand */
static void a_folder_of_pins_serves_without_ldap(void **state)
{
    AUTO(jws_source_free) struct jws_source *source = NULL;
    struct err err;
    char text[256];
    size_t count = 0;

    (void)state;
    text_format(text, sizeof(text), "[jws]\npins_dir = %s\n[ldap]\nurls =\n", pins_dir);
    assert_ok(open_source(text, &source, &err), &err);
    assert_non_null(jws_source_pins(source, &count));
    assert_int_equal(count, 2);
    assert_null(jws_source_params_of(source).lookup);
    assert_int_equal(jws_source_params_of(source).input, JWS_INPUT_BODY);
    assert_int_equal(judge_by(source), VERDICT_VALID);
}

/* req 2.49: the production servers are the default, and nobody is asked for a start */
static void without_settings_ldap_alone_is_there(void **state)
{
    AUTO(jws_source_free) struct jws_source *source = NULL;
    struct err err;
    size_t count = 1;

    AUTO(conf_free) const struct conf *conf = NULL;

    (void)state;
    assert_ok(conf_parse("t.conf", SLICE(REQUIRED), &conf, &err), &err);
    assert_string_equal(conf->ldap.urls[0], "ldap://ca.kisc.kz:62222");
    assert_string_equal(conf->ldap.urls[1], "ldap://ca.npck.kz:62222");
    assert_null(conf->ldap.urls[2]);
    assert_ok(open_source("[jws]\ninput = rfc7515\n", &source, &err), &err);
    assert_null(jws_source_pins(source, &count));
    assert_int_equal(count, 0);
    assert_non_null(jws_source_params_of(source).lookup);
    assert_int_equal(jws_source_params_of(source).input, JWS_INPUT_RFC7515);
}

static void what_cannot_be_meant_is_refused_with_its_section(void **state)
{
    static const struct {
        const char *settings, *words;
    } rows[] = {
        { "[jws]\npins_dir = /nowhere\n", "/nowhere" },
        { "[jws]\npins_dir = EMPTY\n", "[jws] pins_dir" },
        { "[ldap]\nurls = ldap://h/c=KZ\n", "[ldap] LDAP server" },
        { "[ldap]\nstarttls = yes\n", "[ldap] " },
        { "[ldap]\nbase = nonsense\n", "[ldap] LDAP base" },
        { "[ldap]\nfilter = (cn=\n", "[ldap] LDAP filter" },
        { "[ldap]\nbind_dn = cn=a\nbind_pass_file = /password\n", "without TLS" },
        { "[ldap]\nbind_pass_file = /password\n", "belong together" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(jws_source_free) struct jws_source *source = NULL;
        struct err err = { 0 };
        char text[256];
        const char *empty = strstr(rows[i].settings, "EMPTY");
        text_format(text, sizeof(text), "%.*s%s\n",
                    empty ? (int)(empty - rows[i].settings) : (int)strlen(rows[i].settings),
                    rows[i].settings, empty ? empty_dir : "");
        enum status status = open_source(text, &source, &err);
        if (status == ST_OK || !strstr(err.text, rows[i].words))
            fail_msg("row %zu: %s «%s», expected «%s»", i, status_name(status), err.text,
                     rows[i].words);
    }
}

/* Bound, not listening: whoever connects is refused. */
static int bind_refusing(char url[64])
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    text_format(url, 64, "ldap://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

static void servers_that_are_away_stand_in_the_journal_and_leave_the_verdict_open(void **state)
{
    AUTO(jws_source_free) struct jws_source *source = NULL;
    AUTO(jws_source_free) struct jws_source *next = NULL;
    struct err err;
    char url[64], text[256];
    int fd = bind_refusing(url);

    (void)state;
    told_count = asked_count = answered_count = 0;
    text_format(text, sizeof(text), "[ldap]\nurls = %s\nbase = c=KZ\n", url);
    assert_ok(open_source(text, &source, &err), &err);
    assert_int_equal(judge_by(source), VERDICT_INDETERMINATE);
    assert_int_equal(told_count, 1);
    assert_string_equal(told[0], "ldap.away");
    assert_int_equal(asked_count, 1); /* on record before it went, and what came of it: req 0.40 */
    assert_int_equal(answered_count, 1);
    assert_true(strncmp(asked_text, "purpose=ldap server=ldap://127.0.0.1:", 37) == 0);
    assert_non_null(strstr(asked_text, " kid="));
    assert_non_null(strstr(told_text, url));
    assert_ok(open_source(text, &next, &err), &err);
    jws_source_adopt(next, source); /* what a reload does: nothing was found, nothing is */
    assert_int_equal(judge_by(next), VERDICT_INDETERMINATE);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_of_pins_serves_without_ldap),
        cmocka_unit_test(without_settings_ldap_alone_is_there),
        cmocka_unit_test(what_cannot_be_meant_is_refused_with_its_section),
        cmocka_unit_test(servers_that_are_away_stand_in_the_journal_and_leave_the_verdict_open),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
