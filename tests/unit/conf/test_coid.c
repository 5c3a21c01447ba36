#include "support/cmocka.h"

#include "base/text.h"
#include "conf/conf.h"

#define REQUIRED                                                                                   \
    "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"         \
    "[store]\ncontent_keys_file = /c\n"                                                            \
    "[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = /s\nsign_pass_file = /w\n"
#define HOST "base_url = https://onlinetest.kisc.kz/identity/1.1.0\n"
#define FILES "ca_file = /ca.pem\nclient_key_file = /rsa.p12\nsign_key_file = /gost.pfx\n"
#define NAME "participant = АО «Банк»\n"
#define COID REQUIRED "[coid]\n" HOST FILES NAME
#define SENDER                                                                                     \
    "[sender \"bank\"]\nsender_id = bank\nbin = 123456789021\n"                                    \
    "service_ids = EGOVMOBILE_QR_SIGN_SERVICE, COID_IDENTITY_SERVICE\n"

/* req 2.19, 3.04, C-05, C-06, C-18 */
static void what_is_not_said_is_as_the_seeds_have_it(void **state)
{
    AUTO(conf_free) const struct conf *conf = NULL;
    struct err err;

    (void)state;
    if (conf_parse("t.conf", slice_str(COID SENDER "coid_daily_limit = 500\n"), &conf, &err) !=
        ST_OK)
        fail_msg("%s", err.text);
    const struct conf_coid *c = &conf->coid;
    assert_string_equal(c->service_id, "COID_IDENTITY_SERVICE");
    assert_string_equal(c->base_url, "https://onlinetest.kisc.kz/identity/1.1.0");
    assert_string_equal(c->data_path, "data");
    assert_string_equal(c->transactions_path, "report/transactions/{from}/{to}");
    assert_string_equal(c->act_detail_path, "report/actdetail/{year}/{month}");
    assert_int_equal(c->threshold_percent, 85);
    assert_int_equal(c->data_window_ms, 86400000);
    assert_string_equal(c->unsigned_answers, "refuse");
    assert_int_equal(c->evidence_keep_days, 1096);
    assert_true(c->budget_ms < conf->limits.exchange_ms && c->call_ms <= c->budget_ms);
    assert_string_equal(c->consent_template,
                        "«{participant}» настоящим подтверждает, что в рамках удаленной "
                        "идентификации клиентов с использованием системы ЦОИД получено согласие "
                        "{fullName}, {iin} на обработку и передачу его (ее) персональных данных "
                        "третьим лицам.");
    assert_string_equal(c->participant, "АО «Банк»");
    assert_int_equal(conf->senders[0].coid_daily_limit, 500);
}

static void without_a_base_url_nothing_of_it_is_needed(void **state)
{
    AUTO(conf_free) const struct conf *conf = NULL;
    struct err err;

    (void)state;
    assert_int_equal(conf_parse("t.conf", slice_str(REQUIRED), &conf, &err), ST_OK);
    assert_string_equal(conf->coid.base_url, "");
}

/* req 2.11, 3.07, C-13: http never */
static const struct {
    const char *name;
    const char *text;
    const char *want; /* in the message */
} refused[] = {
    { "http, in a sandbox too",
      REQUIRED "[sandbox]\nenabled = yes\n[coid]\nbase_url = http://127.0.0.1:1/i\n" FILES NAME,
      "base_url begins with https://" },
    { "no host", REQUIRED "[coid]\nbase_url = https:///identity\n" FILES NAME, "host[:port]" },
    { "a user in the URL", REQUIRED "[coid]\nbase_url = https://a@b/i\n" FILES NAME,
      "host[:port]" },
    { "a query", REQUIRED "[coid]\nbase_url = https://b/i?x=1\n" FILES NAME, "host[:port]" },
    { "a slash at the end", REQUIRED "[coid]\nbase_url = https://b/i/\n" FILES NAME,
      "no / at its end" },
    { "no CA", REQUIRED "[coid]\n" HOST NAME "client_key_file = /r\nsign_key_file = /g\n",
      "ca_file is required" },
    { "no client key", REQUIRED "[coid]\n" HOST NAME "ca_file = /c\nsign_key_file = /g\n",
      "client_key_file is required" },
    { "no signing key", REQUIRED "[coid]\n" HOST NAME "ca_file = /c\nclient_key_file = /r\n",
      "sign_key_file is required" },
    { "nobody asks", REQUIRED "[coid]\n" HOST FILES, "participant is required" },
    { "nobody can be believed", COID "[ldap]\nurls =\n", "are answers believed" },
    { "a slash before a path", COID "verify_path = /verify\n", "verify_path is a path below" },
    { "no path", COID "news_path =\n", "news_path is a path below" },
    { "a path with a query", COID "data_path = data?mcdb=1\n", "without / before it or a query" },
    { "a path without its month", COID "act_path = report/act/{year}\n",
      "act_path: wants {month}" },
    { "a path with somebody's day", COID "vendors_path = vendors/{day}\n",
      "vendors_path: nothing is known of {day}" },
    { "a consent of nobody", COID "consent_template = {participant}, {fullName}\n",
      "consent_template: wants {iin}" },
    { "a consent with a misspelt name",
      COID "consent_template = {participant} {fullname} {fullName} {iin}\n",
      "nothing is known of {fullname}" },
    { "a brace that nobody closed", COID "consent_template = {participant} {fullName} {iin\n",
      "nothing is known of {iin" },
    { "a brace that nobody opened", COID "consent_template = {participant} {fullName} {iin} }\n",
      "nothing is known of }" },
    { "a budget beyond the exchange", COID "budget_ms = 30000\n", "below [limits] exchange_ms" },
    { "a call beyond its budget", COID "call_ms = 25001\n", "call_ms: at most budget_ms (25000)" },
    { "every worker for ЦОИД", COID "max_calls = 32\nmax_waiting = 32\n",
      "below [http] workers (64)" },
    { "evidence for less than three years", COID "evidence_keep_days = 1095\n",
      "[coid] evidence_keep_days: at least 1096" },
    { "one serviceId for two", REQUIRED "[coid]\nservice_id = EGOVMOBILE_QR_SIGN_SERVICE\n",
      "must differ" },
    { "no serviceId", REQUIRED "[coid]\nservice_id =\n", "must differ" },
    { "a sender of what is not offered", REQUIRED SENDER,
      "COID_IDENTITY_SERVICE is not offered, as [coid] base_url is empty" },
    { "a limit that limits nothing",
      COID "[sender \"a\"]\nsender_id = a\nbin = 123456789021\nservice_ids = "
           "EGOVMOBILE_QR_SIGN_SERVICE\ncoid_daily_limit = 1\n",
      "coid_daily_limit: COID_IDENTITY_SERVICE is not among" },
    { "a limit below nothing", COID SENDER "coid_daily_limit = -1\n", "from 0 to" },
    { "an unknown order", COID "jws_order = le-sr\n", "le-rs be-sr" },
    { "an unknown alphabet", COID "jws_alphabet = hex\n", "url std" },
    { "answers believed at times", COID "unsigned_answers = maybe\n", "refuse accept" },
};

static void what_cannot_be_meant_is_refused_at_the_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        AUTO(conf_free) const struct conf *conf = NULL;
        struct err err = { 0 };
        enum status got = conf_parse("t.conf", slice_str(refused[i].text), &conf, &err);
        if (got != ST_INPUT || !strstr(err.text, refused[i].want))
            fail_msg("%s: %s, \"%s\"", refused[i].name, status_name(got), err.text);
    }
}

static void what_else_is_meant_is_taken(void **state)
{
    static const char *const taken[] = {
        COID "data_path = personel_data\n", /* C-06 */
        COID "data_path = personal_data\n",
        COID "max_calls = 32\nmax_waiting = 31\n",
        COID "max_waiting = 0\n",
        COID "[sandbox]\nenabled = yes\n[coid]\nevidence_keep_days = 1\n",
        COID "[ldap]\nurls =\n[jws]\npins_dir = /pins\n",
        COID "budget_ms = 29999\ncall_ms = 29999\n",
        COID "jws_order = be-sr\njws_alphabet = std\n",
        COID "consent_template = {iin} {fullName} {participant} {iin}\n",
        REQUIRED "[coid]\nbase_url = https://127.0.0.1:8080/identity/1.1.0\n" FILES NAME,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++) {
        AUTO(conf_free) const struct conf *conf = NULL;
        struct err err = { 0 };
        if (conf_parse("t.conf", slice_str(taken[i]), &conf, &err) != ST_OK)
            fail_msg("%s: %s", taken[i], err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_as_the_seeds_have_it),
        cmocka_unit_test(without_a_base_url_nothing_of_it_is_needed),
        cmocka_unit_test(what_cannot_be_meant_is_refused_at_the_start),
        cmocka_unit_test(what_else_is_meant_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
