/* Our records and ЦОИД's reports laid side by side: each kind of difference, and none that is none.
 */
#include "coid/ledger.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include "support/cmocka.h"
#include "support/torture.h"

enum { FINDINGS = 16 };

#define KEY(n) "30db268b-438d-40cd-80d7-8e7ee2fe760" #n
#define NOON INT64_C(1795330800000) /* 2026-11-22, 12:00 of Astana */
#define TODAY 20261128
#define DAY_MS INT64_C(86400000)

/* What was told, a line each. */
struct told {
    char lines[FINDINGS][256];
    size_t count;
};

static const char *const names[] = {
    [COID_UNKNOWN_HERE] = "unknown here", [COID_UNKNOWN_THERE] = "unknown there",
    [COID_TWICE_THERE] = "twice there",   [COID_STATE_DIFFERS] = "state",
    [COID_VENDOR_DIFFERS] = "vendor",     [COID_RESULT_DIFFERS] = "result",
    [COID_COUNT_DIFFERS] = "count",
};

static enum status tell(void *ctx, const struct coid_finding *f, struct err *err)
{
    struct told *told = ctx;

    (void)err;
    assert_true(told->count < FINDINGS);
    assert_true(text_format(
        told->lines[told->count++], sizeof(told->lines[0]), "%d %s%s%s %s: %s | %s", (int)f->day,
        names[f->difference], *f->idempotency_key ? " " : "",
        *f->idempotency_key ? f->idempotency_key + 35 : "", f->vendor, f->here, f->there));
    return ST_OK;
}

struct row_here {
    const char *key, *vendor, *result;
    enum coid_state state;
    int days;       /* begun so many days after 2026-11-22 */
    int asked_days; /* and asked for, likewise */
};
struct row_there {
    const char *key, *vendor, *result, *date_time;
};
struct row_act {
    const char *date, *vendor;
    int64_t count;
};
enum { ROWS = 6 };
struct scene {
    const char *name;
    int32_t from, to;
    struct row_here here[ROWS], elsewhere[ROWS]; /* elsewhere: found by key alone */
    struct row_there there[ROWS];
    struct row_act act[ROWS];
    const char *want[FINDINGS];
    struct coid_reconciled sums;
};

static struct coid_call call_of(const struct row_here *row)
{
    struct coid_call call = { .state = row->state, .day = day_add(20261122, row->days) };

    assert_true(id_parse(slice_str(row->key), &call.key));
    (void)text_copy(call.vendor_name, sizeof(call.vendor_name), row->vendor);
    (void)text_copy(call.result, sizeof(call.result), row->result);
    if (row->state == COID_REFUSED)
        (void)text_copy(call.refused_code, sizeof(call.refused_code), "imageRefused");
    if (row->state != COID_WRITTEN)
        call.asked_ms = NOON + row->asked_days * DAY_MS;
    return call;
}

static enum status find(void *ctx, const struct id *key, struct coid_call *ret, struct err *err)
{
    const struct scene *scene = ctx;

    for (size_t i = 0; i < ROWS && scene->elsewhere[i].key; i++)
        if (strcmp(scene->elsewhere[i].key, key->text) == 0) {
            *ret = call_of(&scene->elsewhere[i]);
            return ST_OK;
        }
    return RAISE(err, ST_NOT_FOUND, "no such key");
}

static enum status fill(struct ledger *ledger, const struct scene *scene, struct err *err)
{
    struct coid_act_row rows[ROWS];
    size_t act_count = 0;

    for (size_t i = 0; i < ROWS && scene->here[i].key; i++) {
        const struct coid_call call = call_of(&scene->here[i]);
        TRY(ledger_add_call(ledger, &call, err));
    }
    for (size_t i = 0; i < ROWS && scene->there[i].key; i++) {
        const struct row_there *row = &scene->there[i];
        const struct coid_transaction transaction = { .vendor_name = row->vendor,
                                                      .date_time = { row->date_time, "" },
                                                      .similarity = row->result,
                                                      .idempotency_key = row->key };
        TRY(ledger_add_transaction(ledger, &transaction, err));
    }
    for (; act_count < ROWS && scene->act[act_count].date; act_count++) {
        const struct row_act *row = &scene->act[act_count];
        rows[act_count] = (struct coid_act_row){ .date = { row->date, row->date },
                                                 .vendor_name = row->vendor,
                                                 .count = row->count,
                                                 .price = "210",
                                                 .amount = "1" };
    }
    return act_count > 0 ? ledger_add_act(ledger, 202611, rows, act_count, err) : ST_OK;
}

static const struct scene scenes[] = {
    { .name = "what agrees is not told: spelling of keys, single precision, tariff steps",
      .from = 20261122,
      .to = 20261123,
      .here = { { KEY(1), "Verigram", "0.0146900000", COID_DONE, 0, 0 },
                { KEY(2), "VisionLabs", "0.9959589839", COID_DONE, 1, 1 },
                { KEY(3), "VisionLabs", "0", COID_DONE, 1, 1 } },
      .there = { { "30DB268B-438D-40CD-80D7-8E7EE2FE7601", " verigram ", "0.014690000000000002",
                   "22.11.2026 09:03:45" },
                 { KEY(2), "VisionLabs", "0.99595898", "23.11.2026 00:00:00" },
                 { KEY(3), "VisionLabs", "0.0", "23.11.2026 23:59:59" } }, /* req 3.17 */
      .act = { { "2026-11-22", "Verigram с 1 по 1000", 1 },
               { "2026-11-23", "VisionLabs с 1 по 1000", 1 },
               { "2026-11-23", "VisionLabs с 1001 по 3000", 1 },
               { "2026-11-24", "VisionLabs с 1001 по 3000", 7 } },
      .sums = { .here = 3, .there = 3, .acts_compared = true } },
    { .name = "each side's unknown comparisons, another system's of the same contract among them",
      .from = 20261122,
      .to = 20261122,
      .here = { { KEY(1), "Verigram", "0.5", COID_DONE, 0, 0 } },
      .there = { { KEY(2), "Verigram", "0.7", "22.11.2026 10:00:00" },
                 { "CD0305201705-of-some-other-system-XY", "BTSDigital", "0.1",
                   "22.11.2026 11:00:00" } },
      .want = { "20261122 unknown here 2 Verigram:  | 0.7",
                "20261122 unknown here Y BTSDigital:  | 0.1",
                "20261122 unknown there 1 Verigram: 0.5 | " },
      .sums = { .here = 1, .there = 2, .differences = 3 } },
    { .name = "what ЦОИД compared and is open or refused here; open here alone costs nothing",
      .from = 20261122,
      .to = 20261122,
      .here = { { KEY(1), "", "", COID_ASKED, 0, 0 },
                { KEY(2), "", "", COID_REFUSED, 0, 0 },
                { KEY(3), "", "", COID_WRITTEN, 0, 0 },
                { KEY(4), "", "", COID_ASKED, 0, 0 },
                { KEY(5), "", "", COID_REFUSED, 0, 0 },
                { KEY(6), "", "", COID_WRITTEN, 0, 0 } },
      .there = { { KEY(1), "Verigram", "0.9", "22.11.2026 10:00:00" },
                 { KEY(2), "Verigram", "0.8", "22.11.2026 10:00:00" },
                 { KEY(3), "Verigram", "0.7", "22.11.2026 10:00:00" } },
      .want = { "20261122 state 1 Verigram: asked | 0.9",
                "20261122 state 2 Verigram: refused imageRefused | 0.8",
                "20261122 state 3 Verigram: written | 0.7" },
      .sums = { .there = 3, .differences = 3, .open = 2 } },
    { .name = "vendor and result of one key",
      .from = 20261122,
      .to = 20261122,
      .here = { { KEY(1), "Verigram", "0.91", COID_DONE, 0, 0 },
                { KEY(2), "Verigram", "0.91", COID_DONE, 0, 0 },
                { KEY(3), "Verigram", "0.91", COID_DONE, 0, 0 } },
      .there = { { KEY(1), "VisionLabs", "0.91", "22.11.2026 10:00:00" },
                 { KEY(2), "Verigram", "0.92", "22.11.2026 10:00:00" },
                 { KEY(3), "Verigram", "NaN", "22.11.2026 10:00:00" } },
      .want = { "20261122 vendor 1 VisionLabs: Verigram | VisionLabs",
                "20261122 result 2 Verigram: 0.91 | 0.92",
                "20261122 result 3 Verigram: 0.91 | NaN" },
      .sums = { .here = 3, .there = 3, .differences = 3 } },
    { .name = "a key that was compared twice",
      .from = 20261122,
      .to = 20261122,
      .here = { { KEY(1), "Verigram", "0.91", COID_DONE, 0, 0 } },
      .there = { { KEY(1), "Verigram", "0.91", "22.11.2026 10:00:00" },
                 { KEY(1), "Verigram", "0.90", "22.11.2026 10:00:01" } },
      .act = { { "2026-11-22", "Verigram с 1 по 1000", 2 } },
      .want = { "20261122 twice there 1 Verigram: 0.91 | 0.90", "20261122 count Verigram: 1 | 2" },
      .sums = { .here = 1, .there = 2, .differences = 2, .acts_compared = true } },
    { .name = "the act's number of a day and vendor",
      .from = 20261121,
      .to = 20261123,
      .here = { { KEY(1), "Verigram", "0.91", COID_DONE, 0, 0 },
                { KEY(2), "VisionLabs", "0.91", COID_DONE, 1, 1 } },
      .there = { { KEY(1), "Verigram", "0.91", "22.11.2026 10:00:00" },
                 { KEY(2), "VisionLabs", "0.91", "23.11.2026 10:00:00" } },
      .act = { { "2026-11-21", "Forensics", 2 },
               { "2026-11-22", "Verigram с 1 по 1000", 1 },
               { "2026-11-22", "Verigram с 1001 по 3000", 2 } },
      .want = { "20261121 count Forensics: 0 | 2, and 0 transactions",
                "20261122 count Verigram: 1 | 3, and 1 transactions",
                "20261123 count VisionLabs: 1 | 0, and 1 transactions" },
      .sums = { .here = 2, .there = 2, .differences = 3, .acts_compared = true } },
    { .name = "at midnight and after a late repeat ЦОИД's day counts",
      .from = 20261122,
      .to = 20261122,
      .here = { { KEY(1), "Verigram", "0.91", COID_DONE, 0, 0 },   /* listed on the next day */
                { KEY(2), "Verigram", "0.91", COID_DONE, 0, 3 } }, /* asked for three days later */
      .elsewhere = { { KEY(3), "Verigram", "0.5", COID_DONE, -2, 0 },
                     { KEY(4), "Verigram", "0.5", COID_DONE, -2, 0 } },
      .there = { { KEY(1), "Verigram", "0.1", "23.11.2026 00:00:01" },
                 { KEY(2), "Verigram", "0.1", "25.11.2026 12:00:00" },
                 { KEY(3), "Verigram", "0.5", "22.11.2026 12:00:00" },
                 { KEY(4), "Verigram", "0.6", "22.11.2026 12:00:00" },
                 { KEY(5), "Verigram", "0.6", "21.11.2026 23:59:59" } },
      .act = { { "2026-11-22", "Verigram с 1 по 1000", 2 } },
      .want = { "20261122 result 4 Verigram: 0.5 | 0.6" },
      .sums = { .here = 2, .there = 2, .differences = 1, .acts_compared = true } },
    { .name = "an act of one date is the month's sums, compared when all of the month is there",
      .from = 20261101,
      .to = 20261130,
      .here = { { KEY(1), "Verigram", "0.91", COID_DONE, 0, 0 },
                { KEY(2), "Verigram", "0.91", COID_DONE, 1, 1 } },
      .there = { { KEY(1), "Verigram", "0.91", "22.11.2026 10:00:00" },
                 { KEY(2), "Verigram", "0.91", "23.11.2026 10:00:00" } },
      .act = { { "2026-11-01", "Verigram с 1 по 1", 1 },
               { "2026-11-01", "Verigram с 2 по 3", 1 },
               { "2026-11-01", "VisionLabs с 1 по 10", 1 } },
      .want = { "20261101 count VisionLabs: 0 | 1, and 0 transactions" },
      .sums = { .here = 2, .there = 2, .differences = 1, .acts_compared = true } },
    { .name = "the month's sums say nothing of a part of it",
      .from = 20261102,
      .to = 20261130,
      .act = { { "2026-11-30", "Verigram с 1 по 1000", 7 } },
      .sums = { .acts_compared = false } },
    { .name = "the month's sums up to today",
      .from = 20261101,
      .to = 20261128,
      .act = { { "2026-11-30", "Verigram с 1 по 1000", 7 } },
      .want = { "20261130 count Verigram: 0 | 7, and 0 transactions" },
      .sums = { .differences = 1, .acts_compared = true } },
    { .name = "a comparison whose date cannot be read is not lost, and counts once",
      .from = 20261122,
      .to = 20261122,
      .there = { { KEY(1), "Verigram", "0.1", "yesterday" },
                 { KEY(1), "Verigram", "0.1", "yesterday" } },
      .want = { "0 unknown here 1 Verigram:  | 0.1" },
      .sums = { .there = 1, .differences = 1 } },
};

static void check_sums(const struct scene *scene, const struct coid_reconciled *sums)
{
    const struct coid_reconciled *want = &scene->sums;

    if (sums->here != want->here || sums->there != want->there ||
        sums->differences != want->differences || sums->open != want->open ||
        sums->acts_compared != want->acts_compared)
        fail_msg("%s: %d here, %d there, %d differences, %d open", scene->name, (int)sums->here,
                 (int)sums->there, (int)sums->differences, (int)sums->open);
}

/* req 2.24 2.25 3.06 3.15 3.17 C-18 */
static void each_kind_of_difference_is_found_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scenes); i++) {
        const struct scene *scene = &scenes[i];
        const struct coid_days days = { scene->from, scene->to };
        AUTO(ledger_free) struct ledger *ledger = NULL;
        const struct ledger_find by_key = { .ctx = (void *)scene, .call = find };
        struct coid_reconciled sums;
        struct told told = { .count = 0 };
        struct err err;
        size_t n = 0;

        assert_int_equal(ledger_new(&days, TODAY, &ledger, &err), ST_OK);
        assert_int_equal(fill(ledger, scene, &err), ST_OK);
        assert_int_equal(ledger_compare(ledger, &by_key, tell, &told, &sums, &err), ST_OK);
        for (; n < FINDINGS && scene->want[n]; n++)
            if (n >= told.count || strcmp(told.lines[n], scene->want[n]) != 0)
                fail_msg("%s: want «%s», got «%s»", scene->name, scene->want[n],
                         n < told.count ? told.lines[n] : "nothing");
        if (told.count > n)
            fail_msg("%s: got «%s» too", scene->name, told.lines[n]);
        check_sums(scene, &sums);
    }
}

static void the_day_up_to_which_transactions_matter_is_that_of_the_last_repeat(void **state)
{
    const struct coid_days days = { 20261120, 20261122 };
    AUTO(ledger_free) struct ledger *ledger = NULL;
    const struct row_here row = { KEY(1), "Verigram", "0.5", COID_DONE, 0, 4 };
    const struct coid_call call = call_of(&row);
    struct err err;

    (void)state;
    assert_int_equal(ledger_new(&days, TODAY, &ledger, &err), ST_OK);
    assert_int_equal(ledger_last_day(ledger), 20261122);
    assert_int_equal(ledger_add_call(ledger, &call, &err), ST_OK);
    assert_int_equal(ledger_last_day(ledger), 20261126);
}

static void a_vendor_is_known_without_its_tariff_step(void **state)
{
    static const char *const rows[][2] = {
        { "Verigram с 1 по 1000", "Verigram" },
        { "Verigram с 1001 по 3000", "Verigram" },
        { "Verigram c 1 по 1000", "Verigram" }, /* a Latin c */
        { "Biometric.kz от 1 до 1 000", "Biometric.kz" },
        { "BTSDigital свыше 10000", "BTSDigital" },
        { "BTSDigital С 1 по 1000", "BTSDigital" },
        { "BTSDigital с 3001 и более", "BTSDigital" },
        { " VisionLabs ", "VisionLabs" },
        { "Face 2", "Face 2" },
        { "Vendor 2 с 1 по 10", "Vendor 2" },
        { "1000", "1000" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice name = ledger_vendor_name(slice_str(rows[i][0]));
        if (!slice_eq_str(name, rows[i][1]))
            fail_msg("«%s» is «%.*s»", rows[i][0], (int)name.len, name.at);
    }
}

static void a_period_is_one_to_366_days(void **state)
{
    static const struct {
        int32_t from, to;
        enum status want;
    } rows[] = {
        { 20240101, 20241231, ST_OK },     { 20240101, 20250101, ST_INPUT },
        { 20261122, 20261122, ST_OK },     { 20261122, 20261121, ST_INPUT },
        { 20261131, 20261201, ST_INPUT },  { 0, 20261122, ST_INPUT },
        { -20261122, 20261122, ST_INPUT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct coid_days days = { rows[i].from, rows[i].to };
        AUTO(ledger_free) struct ledger *ledger = NULL;
        struct err err = { .code = "" };

        if (ledger_new(&days, TODAY, &ledger, &err) != rows[i].want)
            fail_msg("row %zu: %s", i, err.text);
        if (rows[i].want != ST_OK)
            assert_string_equal(err.code, "periodInvalid");
    }
}

static void sides_and_vendors_have_a_ceiling_and_an_act_its_dates(void **state)
{
    const struct coid_days days = { 20261122, 20261122 };
    AUTO(ledger_free) struct ledger *ledger = NULL;
    AUTO(ledger_free) struct ledger *other = NULL;
    const struct row_here row = { KEY(1), "Verigram", "0.5", COID_DONE, 0, 0 };
    const struct coid_call call = call_of(&row);
    struct coid_act_row act = { .date = { "2026-11-22", "" }, .count = INT64_MAX };
    enum status status = ST_OK;
    char name[16];
    struct err err;

    (void)state;
    assert_int_equal(ledger_new(&days, TODAY, &ledger, &err), ST_OK);
    for (int i = 0; i < LEDGER_MAX; i++)
        status = status == ST_OK ? ledger_add_call(ledger, &call, &err) : status;
    assert_int_equal(status, ST_OK);
    assert_int_equal(ledger_add_call(ledger, &call, &err), ST_INPUT);
    assert_string_equal(err.code, "periodTooLarge");

    assert_int_equal(ledger_new(&days, TODAY, &other, &err), ST_OK);
    for (int i = 0; i <= LEDGER_VENDORS_MAX; i++) {
        assert_true(text_format(name, sizeof(name), "vendor%d", i));
        act.vendor_name = name;
        assert_int_equal(ledger_add_act(other, 202611, &act, 1, &err),
                         i < LEDGER_VENDORS_MAX ? ST_OK : ST_UPSTREAM);
    }
    act.vendor_name = "vendor0";
    assert_int_equal(ledger_add_act(other, 202611, &act, 1, &err), ST_UPSTREAM); /* overflow */
    act.count = -1;
    assert_int_equal(ledger_add_act(other, 202611, &act, 1, &err), ST_UPSTREAM);
    act.count = 0;
    act.date = (struct coid_date){ "soon", "" };
    assert_int_equal(ledger_add_act(other, 202611, &act, 1, &err), ST_UPSTREAM);
}

static enum status stumble(void *ctx, const struct coid_finding *f, struct err *err)
{
    (void)ctx;
    (void)f;
    return RAISE(err, ST_UNAVAILABLE, "the paper is out");
}

static void who_is_told_may_end_it(void **state)
{
    const struct coid_days days = { scenes[1].from, scenes[1].to };
    AUTO(ledger_free) struct ledger *ledger = NULL;
    const struct ledger_find by_key = { .ctx = (void *)&scenes[1], .call = find };
    struct coid_reconciled sums;
    struct err err;

    (void)state;
    assert_int_equal(ledger_new(&days, TODAY, &ledger, &err), ST_OK);
    assert_int_equal(fill(ledger, &scenes[1], &err), ST_OK);
    assert_int_equal(ledger_compare(ledger, &by_key, stumble, NULL, &sums, &err), ST_UNAVAILABLE);
}

/* One comparison of all scenes' kinds, from the beginning. */
struct attempt {
    const struct scene *scene;
    enum status status;
    struct told told;
    struct err err;
};

static enum status lay(struct attempt *a, struct err *err)
{
    const struct coid_days days = { a->scene->from, a->scene->to };
    const struct ledger_find by_key = { .ctx = (void *)a->scene, .call = find };
    AUTO(ledger_free) struct ledger *ledger = NULL;
    struct coid_reconciled sums;

    TRY(ledger_new(&days, TODAY, &ledger, err));
    TRY(fill(ledger, a->scene, err));
    return ledger_compare(ledger, &by_key, tell, &a->told, &sums, err);
}

static void attempt(void *ctx)
{
    struct attempt *a = ctx;

    a->told.count = 0;
    a->status = lay(a, &a->err);
}

static void check_attempt(void *ctx, bool starved)
{
    const struct attempt *a = ctx;
    size_t wanted = 0;

    while (a->scene->want[wanted])
        wanted++;
    if (a->status == ST_OK)
        assert_int_equal(a->told.count, wanted);
    else if (!starved || a->status != ST_NOMEM)
        fail_msg("%s: %s", a->scene->name, a->err.text);
}

static void memory_that_runs_out_is_said_and_loses_no_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scenes); i++) {
        struct attempt a = { .scene = &scenes[i] };
        const struct torture t = { scenes[i].name, attempt, check_attempt, &a, false };

        assert_true(torture(&t) >= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_difference_is_found_and_nothing_else),
        cmocka_unit_test(the_day_up_to_which_transactions_matter_is_that_of_the_last_repeat),
        cmocka_unit_test(a_vendor_is_known_without_its_tariff_step),
        cmocka_unit_test(a_period_is_one_to_366_days),
        cmocka_unit_test(sides_and_vendors_have_a_ceiling_and_an_act_its_dates),
        cmocka_unit_test(who_is_told_may_end_it),
        cmocka_unit_test(memory_that_runs_out_is_said_and_loses_no_difference),
    };
    struct err err;

    torture_begin();
    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
