/* What of a configuration changed, and which files it names (req 0.37). */
#include "support/cmocka.h"

#include "base/text.h"
#include "conf/diff.h"
#include "conf/schema.h"

#define REQUIRED                                                                                   \
    "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"         \
    "[store]\ncontent_keys_file = /c\n"                                                            \
    "[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = /s\nsign_pass_file = /w\n"
#define SENDER "[sender \"bank\"]\nsender_id = b\nbin = 123456789021\nservice_ids = A\n"
#define HASH "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$"

struct told {
    char text[4096];
};

static void note(void *ctx, const struct conf_change *change)
{
    struct told *told = ctx;
    size_t len = strlen(told->text);

    text_format(told->text + len, sizeof(told->text) - len, "%s: %s → %s\n", change->setting,
                change->before ? change->before : "(none)",
                change->after ? change->after : "(none)");
}

static const struct conf *parse(const char *text)
{
    const struct conf *conf = NULL;
    struct err err = { 0 };

    if (conf_parse("t.conf", slice_str(text), &conf, &err) != ST_OK)
        fail_msg("%s", err.text);
    return conf;
}

static const struct {
    const char *name;
    const char *before, *after;
    const char *want;
} rows[] = {
    { "nothing", REQUIRED SENDER, REQUIRED SENDER, "" },
    { "comments, order and defaults written out change nothing", REQUIRED,
      "# head\n" REQUIRED "[http]\nworkers = 64\n[sandbox]\nenabled = no\n", "" },
    { "a number", REQUIRED, REQUIRED "[http]\nworkers = 32\n", "http.workers: 64 → 32\n" },
    { "yes and no", REQUIRED "[sandbox]\nenabled = yes\n", REQUIRED,
      "sandbox.enabled: yes → no\n" },
    { "a text, and a file's name", REQUIRED, REQUIRED "[coid]\nca_file = /new\njws_iss = CN=x\n",
      "coid.ca_file:  → /new\ncoid.jws_iss:  → CN=x\n" },
    { "a word", REQUIRED, REQUIRED "[trust]\nrevocation = crl\n",
      "trust.revocation: auto → crl\n" },
    { "lists: longer, shorter", REQUIRED "[http]\ntrusted_peers = 10.0.0.1\n",
      REQUIRED "[trust]\nuser_algorithms = rsa\n[http]\ntrusted_peers = 10.0.0.1, 10.0.0.2\n",
      "http.trusted_peers: 10.0.0.1 → 10.0.0.1 10.0.0.2\n"
      "trust.user_algorithms: gost2015 gost2004 rsa → rsa\n" },
    { "a sender's setting", REQUIRED SENDER, REQUIRED SENDER "organisation_ru = Банк\n",
      "sender \"bank\".organisation_ru:  → Банк\n" },
    { "a sender that is new, without its defaults", REQUIRED, REQUIRED SENDER,
      "sender \"bank\".sender_id: (none) → b\n"
      "sender \"bank\".bin: (none) → 123456789021\n"
      "sender \"bank\".service_ids: (none) → A\n" },
    { "a sender that is gone", REQUIRED SENDER, REQUIRED,
      "sender \"bank\".sender_id: b → (none)\n"
      "sender \"bank\".bin: 123456789021 → (none)\n"
      "sender \"bank\".service_ids: A → (none)\n" },
    { "hashes and IINs are not told", REQUIRED SENDER "password_hash = " HASH "AAAA\n",
      REQUIRED SENDER "password_hash = " HASH "BBBB\niin = 900101350004\n"
                      "business_iin = 900101350004\nbusiness_bin = 123456789021\n",
      "sender \"bank\".password_hash: hidden → hidden\n"
      "sender \"bank\".iin:  → hidden\n"
      "sender \"bank\".business_iin:  → hidden\n"
      "sender \"bank\".business_bin:  → 123456789021\n" },
    { "an address that carries a password",
      REQUIRED "[trust]\nocsp_url = http://a.kz http://b.kz/@\n",
      REQUIRED "[trust]\nocsp_url = http://a.kz http://me:word@b.kz\n",
      "trust.ocsp_url: http://a.kz http://b.kz/@ → hidden\n" },
    { "a gateway", REQUIRED "[gateway \"g\"]\ncertificate_file = /old\n",
      REQUIRED "[gateway \"g\"]\ncertificate_file = /new\n",
      "gateway \"g\".certificate_file: /old → /new\n" },
};

static void what_changed_is_told_by_setting_with_both_values(void **state) /* req 0.37 */
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(conf_free) const struct conf *before = parse(rows[i].before);
        AUTO(conf_free) const struct conf *after = parse(rows[i].after);
        struct told told = { "" };

        conf_diff(before, after, note, &told);
        if (strcmp(told.text, rows[i].want) != 0)
            fail_msg("%s: got\n%swanted\n%s", rows[i].name, told.text, rows[i].want);
    }
}

static void values_that_differ_past_what_is_shown_are_told(void **state) /* req 0.37 */
{
    char long_a[CONF_VALUE_TEXT + 64], text_a[1024], text_b[1024];
    struct told told = { "" };

    (void)state;
    memset(long_a, 'a', sizeof(long_a) - 1);
    long_a[sizeof(long_a) - 1] = '\0';
    text_format(text_a, sizeof(text_a), REQUIRED "[coid]\nparticipant = %s1\n", long_a);
    text_format(text_b, sizeof(text_b), REQUIRED "[coid]\nparticipant = %s2\n", long_a);
    AUTO(conf_free) const struct conf *before = parse(text_a);
    AUTO(conf_free) const struct conf *after = parse(text_b);
    conf_diff(before, after, note, &told);
    assert_true(strncmp(told.text, "coid.participant: aaaa", 22) == 0);
}

static void a_password_is_hidden_even_where_the_value_is_cut_within_it(void **state) /* req 0.37 */
{
    static const char *const settings[] = { "crl_url", "ocsp_url" }; /* a list and a text */
    AUTO(conf_free) const struct conf *before = parse(REQUIRED);

    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        for (size_t fill = CONF_VALUE_TEXT - 40; fill < CONF_VALUE_TEXT + 10; fill++) {
            char path[CONF_VALUE_TEXT + 64], text[2048], want[64];
            struct told told = { "" };

            memset(path, 'a', fill);
            path[fill] = '\0';
            text_format(text, sizeof(text),
                        REQUIRED "[trust]\n%s = http://a.kz/%s http://me:secret@b.kz\n",
                        settings[i], path);
            text_format(want, sizeof(want), "trust.%s:  → hidden\n", settings[i]);
            AUTO(conf_free) const struct conf *after = parse(text);
            conf_diff(before, after, note, &told);
            assert_string_equal(told.text, want);
        }
}

static void note_file(void *ctx, const struct conf_file *file)
{
    struct told *told = ctx;
    size_t len = strlen(told->text);

    text_format(told->text + len, sizeof(told->text) - len, "%s=%s%s%s\n", file->setting,
                file->path, file->is_secret ? " secret" : "", file->is_folder ? " folder" : "");
}

static void every_file_and_trusted_folder_is_told_and_which_are_secrets(void **state) /* req 0.37 */
{
    AUTO(conf_free)
    const struct conf *conf =
        parse(REQUIRED "[http]\ntls_cert_file = /tc\ntls_key_file = /tk\n"
                       "[trust]\ndir = /trust\ncrl_dir = /crl\n[jws]\npins_dir = /pins\n"
                       "[ldap]\nca_file = /ldap-ca\n[gateway \"g\"]\ncertificate_file = /g\n");
    struct told told = { "" };

    (void)state;
    conf_files(conf, note_file, &told);
    assert_string_equal(told.text, "instance.cluster_key_file=/k secret\n"
                                   "http.tls_cert_file=/tc\n"
                                   "http.tls_key_file=/tk secret\n"
                                   "store.content_keys_file=/c secret\n"
                                   "journal.pseudonym_key_file=/p secret\n"
                                   "keys.sign_key_file=/s secret\n"
                                   "keys.sign_pass_file=/w secret\n"
                                   "trust.dir=/trust folder\n"
                                   "jws.pins_dir=/pins folder\n"
                                   "ldap.ca_file=/ldap-ca\n"
                                   "gateway \"g\".certificate_file=/g\n");
}

static void a_key_in_a_token_is_no_file(void **state) /* req 0.37 */
{
    AUTO(conf_free)
    const struct conf *conf = parse(
        "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"
        "[store]\ncontent_keys_file = /c\n[journal]\npseudonym_key_file = /p\n"
        "[keys]\nsign_key_file = pkcs11:token=a;object=b\npkcs11_module = /usr/lib/token.so\n");
    struct told told = { "" };

    (void)state;
    conf_files(conf, note_file, &told);
    assert_null(strstr(told.text, "pkcs11:"));
    assert_non_null(strstr(told.text, "keys.pkcs11_module=/usr/lib/token.so\n"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_is_told_by_setting_with_both_values),
        cmocka_unit_test(values_that_differ_past_what_is_shown_are_told),
        cmocka_unit_test(a_password_is_hidden_even_where_the_value_is_cut_within_it),
        cmocka_unit_test(every_file_and_trusted_folder_is_told_and_which_are_secrets),
        cmocka_unit_test(a_key_in_a_token_is_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
