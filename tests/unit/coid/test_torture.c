/* Memory that runs out while an answer is read: it says so, or it is whole; never half an answer
 * that passes for one, and never a refusal in ЦОИД's name. */
#include "support/torture.h"

#include "coid/image.h"
#include "coid/read.h"
#include "support/cmocka.h"

#include "base/clock.h"

enum { ARENA_MAX = 1 << 20 };

struct answer {
    const char *name;
    enum status (*read)(struct reading *r, const struct json *json, struct coid_answer *ret,
                        struct err *err);
    const char *json;
    size_t extras; /* when whole */
};

static enum status verification(struct reading *r, const struct json *json, struct coid_answer *ret,
                                struct err *err)
{
    return read_verification(r, json, &ret->told.verification, err);
}

static enum status person(struct reading *r, const struct json *json, struct coid_answer *ret,
                          struct err *err)
{
    return read_person(r, json, &ret->told.person, err);
}

static enum status act(struct reading *r, const struct json *json, struct coid_answer *ret,
                       struct err *err)
{
    return read_act(r, json, true, &ret->told.act, err);
}

/* The ZIP holds a.txt, «Акт» in windows-1251, stored. */
static const struct answer answers[] = {
    { "verification", verification,
      "{\"iin\":101350000012,\"result\":\"0.85\",\"photo\":\"/9j/4AAQ\",\"vendor\":\"A\","
      "\"requisites\":{\"name\":\"B\",\"bin\":1,\"kbe\":17},\"requestDate\":\"2024-10-17\","
      "\"note\":{\"a\":[1,2]}}",
      2 },
    { "person", person,
      "{\"person\":{\"iin\":\"1\",\"gender\":{\"code\":1,\"x\":2},\"citizenship\":\"398\","
      "\"documents\":{\"document\":[{\"number\":\"1\"},7]},"
      "\"addresses\":[{\"type\":\"A\",\"foreignData\":{\"regionName\":\"R\"}}]}}",
      2 },
    { "vendors", read_vendors,
      "{\"vendors\":[{\"id\":\"1\",\"name\":\"A\"},{\"id\":2,\"name\":3}]}", 0 },
    { "transactions", read_transactions,
      "[{\"vendor_name\":\"A\",\"datetime\":\"24.09.2021 09:03:45\",\"similarity\":\"0.5\","
      "\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,"
      "\"l\":12,\"m\":13,\"n\":14,\"o\":15,\"p\":16,\"q\":17}]",
      17 },
    { "act rows", read_act_detail, "[{\"count\":\"7\",\"price\":\"1.5\",\"amount\":10.5}]", 0 },
    { "act", act,
      "{\"binary\":"
      "\"UEsDBBQAAAAAAAAAIQAEx8yZAwAAAAMAAAAFAAAAYS50eHTA6vJQSwECFAMUAAAAAAAAACEABMfMmQMAAAAD"
      "AAAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQSwUGAAAAAAEAAQAzAAAAJgAAAAAA\"}",
      0 },
    { "news", read_news, "[{\"date\":\"2021-10-29\",\"subject\":\"A\",\"text\":\"B\"}]", 0 },
};

struct attempt {
    const struct answer *answer;
    struct arena *arena;
    struct json *json;
    struct coid_answer told;
    size_t extras;
    enum status status;
    struct err err;
};

static void attempt(void *ctx)
{
    static const struct json_limits limits = { 4096, 16, 200 };
    struct attempt *a = ctx;
    struct reading *r;

    a->status = ST_NOMEM;
    a->arena = arena_new(ARENA_MAX);
    r = a->arena ? reading_new(a->arena) : NULL;
    if (!r)
        return;
    a->status = json_parse(slice_str(a->answer->json), &limits, &a->json, &a->err);
    if (a->status == ST_OK)
        a->status = a->answer->read(r, a->json, &a->told, &a->err);
    if (a->status == ST_OK)
        (void)reading_extras(r, &a->extras);
}

static void check(void *ctx, bool starved)
{
    struct attempt *a = ctx;

    if (a->status != ST_OK && !(starved && a->status == ST_NOMEM))
        fail_msg("%s: %s: %s", a->answer->name, status_name(a->status), a->err.text);
    if (a->status == ST_OK)
        assert_int_equal(a->extras, a->answer->extras);
    if (a->status == ST_OK && a->answer->read == act)
        assert_string_equal(a->told.told.act.files[0].text, "Акт");
    if (a->status == ST_OK && a->answer->read == verification)
        assert_string_equal(a->told.told.verification.result, "0.85");
    json_free(a->json);
    arena_free(a->arena);
    *a = (struct attempt){ .answer = a->answer };
}

static void memory_that_runs_out_is_said_and_never_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct attempt a = { .answer = &answers[i] };
        const struct torture t = { answers[i].name, attempt, check, &a, false };

        assert_true(torture(&t) > 5);
    }
}

static void refuse(void *ctx)
{
    static const char *const bodies[] = { "{\"message\":\"a\"}", "<title>b</title>", "<p>c</p>",
                                          "\xc0\xea\xf2" };
    char said[32];

    (void)ctx;
    for (size_t i = 0; i < COUNT(bodies); i++)
        (void)read_refusal(slice_str(bodies[i]), 404, said, sizeof(said));
}

static void look(void *ctx, bool starved)
{
    (void)ctx;
    (void)starved;
}

static void a_refusal_is_read_without_memory_as_well_as_can_be(void **state)
{
    const struct torture t = { "refusal", refuse, look, NULL, false };

    (void)state;
    assert_true(torture(&t) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_runs_out_is_said_and_never_an_answer),
        cmocka_unit_test(a_refusal_is_read_without_memory_as_well_as_can_be),
    };
    struct err err;

    torture_begin();
    return clock_use_astana(&err) == ST_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
