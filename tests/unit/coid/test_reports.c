/* Vendors, transactions, acts, news: what is refused here, what goes out, what is remembered
 * (req 2.12, 2.23–2.26, 3.08, 3.14–3.16; C-18, C-24). */
#include "kit.h"

#include "base/text.h"

/* The control digit of the first is right. */
#define RIGHT_IIN "900101300126"

/* ---- IIN ---- */

static const struct {
    const char *iin;
    bool plain, strict; /* passes without, and with the control digit */
} iins[] = {
    { RIGHT_IIN, true, true },
    { "900101300127", true, false },
    { "000000000000", true, true },
    { "111111111111", true, false },
    { "", false, false },
    { "90010130012", false, false },
    { "9001013001200", false, false },
    { "90010130012a", false, false },
    { " 00101300126", false, false },
    { "９００１", false, false },
};

static void an_iin_is_twelve_digits_and_the_last_one_by_a_setting(void **state)
{
    (void)state;
    for (int strict = 0; strict < 2; strict++)
        for (size_t i = 0; i < COUNT(iins); i++) {
            struct kit kit;
            const bool want = strict ? iins[i].strict : iins[i].plain;

            kit_init(&kit);
            kit.params.iin_check_digit = strict;
            kit_open(&kit);
            if ((rule_iin(kit.coid, iins[i].iin, "iin", &kit.err) == ST_OK) != want)
                fail_msg("%s: %s", iins[i].iin, want ? kit.err.text : "passed");
            if (!want)
                assert_string_equal(kit.err.code, "iinInvalid");
            kit_close(&kit);
        }
}

/* One of some 280 random ends would be. */
static void no_key_ends_as_an_iin_does(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    for (int i = 0; i < 10000; i++) {
        const struct id id = errand_id(kit.coid);

        assert_false(text_is_digits(slice_str(strrchr(id.text, '-') + 1), 12));
    }
    kit_close(&kit);
}

/* Weights of the second row, where the first gives 10. */
static void an_iin_whose_first_sum_is_ten_is_weighed_anew(void **state)
{
    struct kit kit;
    unsigned seen = 0;

    (void)state;
    kit_init(&kit);
    kit.params.iin_check_digit = true;
    kit_open(&kit);
    for (int number = 0; number < 1000; number++) {
        char iin[16];
        int first = 0, second = 0, right = 0;

        (void)text_format(iin, sizeof(iin), "90010130%03d0", number);
        for (int i = 0; i < 11; i++) {
            first += (iin[i] - '0') * (i + 1);
            second += (iin[i] - '0') * (i < 9 ? i + 3 : i - 8);
        }
        for (int digit = 0; digit < 10; digit++) {
            iin[11] = (char)('0' + digit);
            right += rule_iin(kit.coid, iin, "iin", &kit.err) == ST_OK;
        }
        seen += first % 11 == 10;
        assert_int_equal(right, first % 11 != 10 || second % 11 != 10);
    }
    assert_true(seen > 0);
    kit_close(&kit);
}

/* ---- periods and months; today is 2026-11-22 ---- */

static const struct {
    int32_t from, to;
    bool passes;
    const char *path;
} periods[] = {
    { 20261101, 20261122, true, "GET /v1/report/transactions/20261101/20261122 HTTP/1.1" },
    { 20261122, 20261123, true, "GET /v1/report/transactions/20261122/20261123 HTTP/1.1" },
    { 20251122, 20261122, true, "GET /v1/report/transactions/20251122/20261122 HTTP/1.1" },
    { 20251121, 20261122, false, "" }, /* 367 days */
    { 20261122, 20261124, false, "" },
    { 20261122, 20261121, false, "" },
    { 20260230, 20260301, false, "" },
    { 0, 20261122, false, "" },
    { 20261101, 0, false, "" },
    { -20261101, 20261122, false, "" },
};

/* req 2.24, 3.15 */
static void a_period_is_checked_before_it_is_asked_for(void **state)
{
    const struct far_step none = STEP(200, "[]");
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    for (size_t i = 0; i < COUNT(periods); i++) {
        kit_ask_photo(&kit, "m1");
        kit.req.op = OP_GET_TRANSACTIONS;
        kit.req.payload.get_transactions =
            (struct coid_get_transactions){ periods[i].from, periods[i].to };
        const enum status status = kit_run(&kit, &none, 1);
        if (status != (periods[i].passes ? ST_OK : ST_INPUT))
            fail_msg("%d-%d: %s", periods[i].from, periods[i].to, kit.err.text);
        if (periods[i].passes)
            assert_string_equal(far_call_of(kit.far, 'T', 0)->line, periods[i].path);
        else
            assert_string_equal(kit.err.code, "periodInvalid");
        assert_int_equal(kit.far->call_count, periods[i].passes);
    }
    kit_close(&kit);
}

static const struct {
    int64_t year, month;
    bool passes;
    const char *detail, *act;
} months[] = {
    { 2026, 8, true, "GET /v1/report/actdetail/2026/8 HTTP/1.1",
      "GET /v1/report/act/2026/8 HTTP/1.1" },
    { 2026, 11, true, "GET /v1/report/actdetail/2026/11 HTTP/1.1",
      "GET /v1/report/act/2026/11 HTTP/1.1" },
    { 2025, 12, true, "GET /v1/report/actdetail/2025/12 HTTP/1.1",
      "GET /v1/report/act/2025/12 HTTP/1.1" },
    { 2026, 12, false, "", "" },
    { 2027, 1, false, "", "" },
    { 2026, 0, false, "", "" },
    { 2026, 13, false, "", "" },
    { 1999, 1, false, "", "" },
    { INT64_MAX, 1, false, "", "" },
    { 2026, INT64_MIN, false, "", "" },
};

/* req 2.25, 3.16; C-18 */
static void a_month_is_sent_without_leading_zero_and_not_before_it_begins(void **state)
{
    const struct far_step steps[] = {
        STEP(200, "[]"), STEP(200, "{\"binary\":\"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\"}")
    };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    for (size_t i = 0; i < 2 * COUNT(months); i++) {
        const typeof(months[0]) *row = &months[i / 2];
        const bool act = i % 2;

        kit_ask_photo(&kit, "m1");
        kit.req.op = act ? OP_GET_ACT : OP_GET_ACT_DETAIL;
        kit.req.payload.get_act = (struct coid_get_act){ .year = row->year, .month = row->month };
        const enum status status = kit_run(&kit, &steps[act], 1);
        if (status != (row->passes ? ST_OK : ST_INPUT))
            fail_msg("%lld-%lld: %s", (long long)row->year, (long long)row->month, kit.err.text);
        if (row->passes)
            assert_string_equal(far_call_of(kit.far, act ? 'A' : 'a', 0)->line,
                                act ? row->act : row->detail);
        else
            assert_string_equal(kit.err.code, "monthInvalid");
        assert_int_equal(kit.far->call_count, row->passes);
    }
    kit_close(&kit);
}

/* ---- vendors ---- */

static enum status verify_by(struct kit *kit, int64_t vendor, const char *message_id)
{
    const struct far_step result = STEP(200, kit_result);

    kit_ask_photo(kit, message_id);
    kit->req.payload.verify_photo.vendor = vendor;
    return kit_run(kit, &result, 1);
}

static void expect_calls(struct kit *kit, const char *want)
{
    char trace[FAR_CALLS + 1];

    far_trace(kit->far, true, trace);
    assert_string_equal(trace, want);
}

/* req 2.23, 3.08, C-24 */
static void the_list_of_vendors_is_asked_for_when_it_is_needed(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    assert_ok(verify_by(&kit, 1, "m1"), &kit.err);
    expect_calls(&kit, "VP");
    assert_ok(verify_by(&kit, 3, "m2"), &kit.err); /* it is at hand */
    expect_calls(&kit, "P");
    assert_int_equal(verify_by(&kit, 4, "m3"), ST_INPUT); /* asked a moment ago */
    assert_string_equal(kit.err.code, "vendorUnknown");
    assert_string_equal(kit.err.field, "vendor");
    expect_calls(&kit, "");
    kit.clock.fixed_ms += 60000; /* perhaps it is new */
    assert_int_equal(verify_by(&kit, 4, "m4"), ST_INPUT);
    expect_calls(&kit, "V");
    kit.clock.fixed_ms += 60000;
    kit.far->vendors.body = "{\"vendors\":[{\"id\":4,\"name\":\"Biometric.kz\"}]}";
    assert_ok(verify_by(&kit, 4, "m5"), &kit.err);
    expect_calls(&kit, "VP");
    kit.clock.fixed_ms += kit.params.vendors_keep_ms; /* too old */
    assert_ok(verify_by(&kit, 4, "m6"), &kit.err);
    expect_calls(&kit, "VP");
    kit.clock.fixed_ms -= DAY_MS; /* set back: how old it is nobody knows */
    assert_ok(verify_by(&kit, 4, "m7"), &kit.err);
    expect_calls(&kit, "VP");
    kit_close(&kit);
}

/* What was never asked counts for nothing, and is refused the same the next time. */
static void an_unknown_vendor_ends_its_row(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.sender.daily_limit = 1;
    kit_open(&kit);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(verify_by(&kit, 4, "m1"), ST_INPUT);
        assert_string_equal(kit.err.code, "vendorUnknown");
        assert_int_equal(fake_row(&kit.store)->state, COID_REFUSED);
    }
    assert_ok(verify_by(&kit, 1, "m2"), &kit.err); /* the day's one is still there */
    kit_close(&kit);
}

/* Without the list ЦОИД decides; the operator hears of it. */
static void a_list_that_is_not_to_be_had_stops_no_comparison(void **state)
{
    static const struct far_step bad[] = {
        STEP(502, ""),
        STEP(200, "{\"vendors\":[]}"), /* all at once have gone? */
        STEP(200, "{}"),
        { .http = 200, .body = "{\"vendors\":[]}", .sign = SIGN_NONE },
        { .http = 200, .body = "{\"vendors\":[{\"id\":9,\"name\":\"X\"}]}", .sign = SIGN_FORGED },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct kit kit;

        kit_init(&kit);
        kit.far->vendors = bad[i];
        kit_open(&kit);
        assert_ok(verify_by(&kit, 1, "m1"), &kit.err);
        expect_calls(&kit, "VP");
        assert_int_equal(fake_count(&kit.journal, "coid.vendors_unknown"), 1);
        assert_int_equal(fake_count(&kit.journal, "coid.answer_refused"), i > 1);
        assert_ok(verify_by(&kit, 1, "m2"), &kit.err); /* not tried again for a minute */
        expect_calls(&kit, "P");
        kit_close(&kit);
    }
}

/* ---- news ---- */

#define NEWS                                                                                                           \
    "[{\"date\":\"2021-10-29\",\"subject\":\"плановые работы\",\"text\":\"Здравствуйте!\"}," \
    "{\"date\":\"2021-10-30\",\"subject\":\"работы окончены\",\"text\":\"\"}]"

static enum status fetch(struct kit *kit, const char *body)
{
    far_script(kit->far, &(const struct far_step)STEP(200, body), 1);
    return coid_fetch_news(kit->coid, "a", DAY_MS, &kit->err);
}

/* req 2.26, 3.14 */
static void each_new_item_of_the_news_is_told_once(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    assert_ok(fetch(&kit, NEWS), &kit.err);
    assert_int_equal(fake_count(&kit.journal, "coid.news"), 2);
    assert_string_equal(fake_event(&kit.journal, "coid.news", 0)->text,
                        "2021-10-29: плановые работы");
    assert_string_equal(fake_event(&kit.journal, "coid.news", 0)->account, "-");
    assert_string_equal(kit.store.evidence[0].sender_id, "-");
    assert_ok(fetch(&kit, NEWS), &kit.err);
    assert_int_equal(fake_count(&kit.journal, "coid.news"), 2);
    kit.store.news_due = false; /* another instance's turn */
    assert_ok(fetch(&kit, NEWS), &kit.err);
    assert_int_equal(kit.far->call_count, 0);
    kit_close(&kit);
}

/* req 2.26, 3.14 */
static void news_that_could_not_be_kept_are_told_again(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    kit.store.fails = "news";
    assert_int_equal(fetch(&kit, NEWS), ST_UNAVAILABLE);
    assert_int_equal(fake_count(&kit.journal, "coid.news"), 1);
    kit.store.fails = NULL;
    assert_ok(fetch(&kit, NEWS), &kit.err);
    assert_int_equal(fake_count(&kit.journal, "coid.news"), 3);
    kit_close(&kit);
}

/* ---- settings ---- */

static const struct {
    const char *name;
    struct coid_paths paths;
    const char *base_url, *consent;
} bad_settings[] = {
    { "no URL", { NULL }, "onlinetest.kisc.kz", NULL },
    { "a slash at its end", { NULL }, "https://onlinetest.kisc.kz/", NULL },
    { "a query", { NULL }, "https://onlinetest.kisc.kz/?a=b", NULL },
    { "no path", { .verify = "" }, NULL, NULL },
    { "a path from the root", { .verify = "/verify" }, NULL, NULL },
    { "a path with a query", { .data = "data?mcdb=1" }, NULL, NULL },
    { "no month in it", { .act = "report/act/{year}" }, NULL, NULL },
    { "another name in it", { .act = "report/act/{year}/{month}/{day}" }, NULL, NULL },
    { "an open brace", { .news = "news{" }, NULL, NULL },
    { "a consent without IIN", { NULL }, NULL, "{participant} {fullName}" },
    { "a consent of nobody", { NULL }, NULL, "{iin} {fullName}" },
};

static void a_setting_that_cannot_be_meant_is_refused_at_the_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_settings); i++) {
        const struct coid_paths *bad = &bad_settings[i].paths;
        struct coid_params params;
        struct coid *coid = NULL;
        struct kit kit;

        kit_init(&kit);
        kit_open(&kit);
        params = kit.params;
        params.base_url = bad_settings[i].base_url ? bad_settings[i].base_url : params.base_url;
        params.consent_template =
            bad_settings[i].consent ? bad_settings[i].consent : params.consent_template;
        params.paths.verify = bad->verify ? bad->verify : params.paths.verify;
        params.paths.data = bad->data ? bad->data : params.paths.data;
        params.paths.act = bad->act ? bad->act : params.paths.act;
        params.paths.news = bad->news ? bad->news : params.paths.news;
        if (coid_new(&params, &coid, &kit.err) != ST_INPUT)
            fail_msg("%s is taken", bad_settings[i].name);
        assert_string_equal(kit.err.code, "settingInvalid");
        assert_null(coid);
        kit_close(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_iin_is_twelve_digits_and_the_last_one_by_a_setting),
        cmocka_unit_test(no_key_ends_as_an_iin_does),
        cmocka_unit_test(an_iin_whose_first_sum_is_ten_is_weighed_anew),
        cmocka_unit_test(a_period_is_checked_before_it_is_asked_for),
        cmocka_unit_test(a_month_is_sent_without_leading_zero_and_not_before_it_begins),
        cmocka_unit_test(the_list_of_vendors_is_asked_for_when_it_is_needed),
        cmocka_unit_test(an_unknown_vendor_ends_its_row),
        cmocka_unit_test(a_list_that_is_not_to_be_had_stops_no_comparison),
        cmocka_unit_test(each_new_item_of_the_news_is_told_once),
        cmocka_unit_test(news_that_could_not_be_kept_are_told_again),
        cmocka_unit_test(a_setting_that_cannot_be_meant_is_refused_at_the_start),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
