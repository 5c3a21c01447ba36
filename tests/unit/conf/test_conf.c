#include "support/cmocka.h"

#include "base/file.h"
#include "conf/conf.h"
#include "conf/schema.h"

#define REQUIRED                                                                                   \
    "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"         \
    "[store]\ncontent_keys_file = /c\n"                                                            \
    "[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = /s\nsign_pass_file = /w\n"
#define SENDER "[sender \"ekzamen\"]\nsender_id = ekzamen\nbin = 123456789021\nservice_ids = A, B\n"

static void a_whole_file_is_read_with_defaults_lists_and_comments(void **state)
{
    AUTO(conf_free) const struct conf *conf = NULL;
    struct err err;

    (void)state;
    assert_int_equal(
        conf_parse("t.conf",
                   SLICE("# head\n" REQUIRED "\n" SENDER
                         "password_hash = $argon2id$v=19$m=1#x  # a comment\n"
                         "gateways = g1\n[gateway \"g1\"]\ncertificate_file = /g.pem\n"),
                   &conf, &err),
        ST_OK);
    assert_string_equal(conf->instance.name, "node1");
    assert_int_equal(conf->http.max_request_bytes, 33554432);
    assert_int_equal(conf->limits.exchange_ms, 30000);                           /* req 0.05 */
    assert_string_equal(conf->signing.service_id, "EGOVMOBILE_QR_SIGN_SERVICE"); /* req 0.02 */
    assert_int_equal(conf->sender_count, 1);
    assert_string_equal(conf->senders[0].name, "ekzamen");
    assert_string_equal(conf->senders[0].password_hash, "$argon2id$v=19$m=1#x");
    assert_string_equal(conf->senders[0].service_ids[1], "B");
    assert_null(conf->senders[0].service_ids[2]);
    assert_string_equal(conf->gateways[0].certificate_file, "/g.pem");
    assert_string_equal(conf->trust.transport_algorithms[0], "gost2015"); /* C-28 */
    assert_false(conf->sandbox.enabled);
    assert_int_equal(conf->signing.content_keep_days, 30);
    assert_int_equal(conf->signing.evidence_keep_days, 1096);
    assert_string_equal(conf->senders[0].business_signature, "verify");
    assert_string_equal(conf->senders[0].business_signer, "sender");
    assert_string_equal(conf->senders[0].business_answer, "no");
    assert_string_equal(conf->trust.business_algorithms[1], "gost2004");
}

static const struct {
    const char *name;
    const char *text;
    const char *want; /* in the message */
} refused[] = {
    { "unknown key", REQUIRED "[http]\nlisten_to = x\n", "[http] has no key listen_to" },
    { "unknown key's line", "[instance]\n\nnmae = x\n", "t.conf:3" },
    { "unknown section", REQUIRED "[htpp]\n", "no section [htpp]" },
    { "out of range", REQUIRED "[limits]\nxml_depth = 257\n", "from 8 to 256" },
    { "not a number", REQUIRED "[limits]\nxml_depth = 6x\n", "from 8 to 256" },
    { "not a word", REQUIRED "[trust]\nrevocation = maybe\n", "auto ocsp crl off" },
    { "not in the list", REQUIRED "[trust]\nuser_algorithms = gost2015 md5\n",
      "gost2015 gost2004 rsa" },
    { "not yes or no", REQUIRED "[sandbox]\nenabled = true\n", "yes or no" },
    { "twice", REQUIRED "[sandbox]\nenabled = no\nenabled = no\n", "second time" },
    { "missing", "[instance]\nname = n\n", "cluster_key_file: is required" },
    { "evidence kept for less than three years", REQUIRED "[signing]\nevidence_keep_days = 1095\n",
      "evidence_keep_days: at least 1096" },
    { "a journal kept for less than three years", REQUIRED "[journal]\nkeep_months = 35\n",
      "keep_months: 0, or at least 36" },
    { "a journal online for less than three months", REQUIRED "[journal]\nonline_months = 2\n",
      "online_months" },
    { "documents kept longer than evidence", REQUIRED "[signing]\ncontent_keep_days = 1097\n",
      "content_keep_days: at most evidence_keep_days (1096)" },
    { "a time server with a path", REQUIRED "[time]\nservers = ntp.kz ntp://ntp.kz\n",
      "ntp://ntp.kz is neither host nor host:port" },
    { "more time servers than are asked", REQUIRED "[time]\nservers = a b c d e\n",
      "servers: 4 at most" },
    { "syslog to nobody", REQUIRED "[syslog]\ntransport = relp\n", "neither host nor host:port" },
    { "syslog by TLS that believes everybody",
      REQUIRED "[syslog]\ntransport = tls\naddress = siem:6514\n",
      "transport = tls wants tls_ca_file" },
    { "syslog by RELP with TLS that believes everybody",
      REQUIRED "[syslog]\ntransport = relp-tls\naddress = siem\n", "wants tls_ca_file" },
    { "syslog in the clear with settings of TLS",
      REQUIRED "[syslog]\ntransport = relp\naddress = siem\ntls_ca_file = /ca\n",
      "transport = relp, which has none" },
    { "half of syslog's TLS",
      REQUIRED "[syslog]\ntransport = tls\naddress = siem\ntls_ca_file = /ca\ntls_cert_file = /c\n",
      "go together" },
    { "sender without owner", REQUIRED "[sender \"a\"]\nsender_id = a\nservice_ids = X\n",
      "who signs for it" },
    { "sender without name", REQUIRED "[sender]\nsender_id = a\n", "wants a name" },
    { "bad BIN", REQUIRED "[sender \"a\"]\nsender_id = a\nservice_ids = X\nbin = 12\n",
      "12 digits" },
    { "unknown gateway", REQUIRED SENDER "gateways = gone\n", "gateway gone" },
    { "same sender twice",
      REQUIRED SENDER "[sender \"b\"]\nsender_id = ekzamen\nbin = 123456789021\nservice_ids = A\n",
      "two sections" },
    { "a business signature ignored and demanded",
      REQUIRED SENDER "business_signature = ignore\nbusiness_services = A\n",
      "yet business_services demand one" },
    { "a business signature of nobody",
      REQUIRED "[gateway \"g\"]\ncertificate_file = /g\n[sender \"a\"]\nsender_id = a\n"
               "service_ids = A\ngateways = g\nbusiness_signature = demand\n",
      "whose signature is demanded" },
    { "a business service that is not called", REQUIRED SENDER "business_services = C\n",
      "C is not among service_ids" },
    { "a business BIN", REQUIRED SENDER "business_bin = 12\n", "12 digits" },
    { "half of TLS", REQUIRED "[http]\ntls_cert_file = /c\n", "go together" },
    { "admin for all without TLS", REQUIRED "[admin]\nlisten = 0.0.0.0:1\n", "loopback" },
    { "lease too short", REQUIRED "[limits]\nclaim_lease_ms = 30000\n", "above exchange_ms" },
    { "no section", "name = x\n", "before the first [section]" },
    { "no equals", "[instance]\nname\n", "t.conf:2" },
    { "open bracket", "[instance\n", "ends with ]" },
    { "not UTF-8", "[instance]\nname = \xff\n", "UTF-8" },
};

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        AUTO(conf_free) const struct conf *conf = NULL;
        struct err err;
        enum status got = conf_parse("t.conf", slice_str(refused[i].text), &conf, &err);
        if (got != ST_INPUT || !strstr(err.text, refused[i].want))
            fail_msg("%s: %s, \"%s\"", refused[i].name, status_name(got), err.text);
    }
}

/* The table holds the file in the tree to itself: a setting cannot be added without its
 * documentation. */
static void the_sample_file_is_the_tables(void **state)
{
    AUTO(bytes_free) struct bytes *want = NULL;
    AUTO(bytes_free) struct bytes *have = NULL;
    struct err err;

    (void)state;
    assert_int_equal(conf_sample(&want, &err), ST_OK);
    assert_int_equal(file_load("etc/shepd.conf.sample", 1 << 20, &have, &err), ST_OK);
    assert_string_equal(have->at, want->at);
}

static void every_row_says_what_it_is(void **state)
{
    (void)state;
    assert_true(conf_row_count > 40);
    for (size_t i = 0; i < conf_row_count; i++) {
        const struct conf_row *row = &conf_rows[i];
        assert_true(strlen(row->doc) > 4);
        if (row->kind == CONF_INT && (row->min >= row->max || !row->preset))
            fail_msg("%s: no range or no default", row->key);
        if ((row->kind == CONF_WORD || row->kind == CONF_WORDS) && !row->words)
            fail_msg("%s: no words", row->key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read_with_defaults_lists_and_comments),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(the_sample_file_is_the_tables),
        cmocka_unit_test(every_row_says_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
