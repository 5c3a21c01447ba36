/* From ЦОИД's JSON to the caller's XML: whatever is read is valid by coid.xsd when it leaves, be
 * its values what they may. */
#include "soap/encode_kit.h"

#include "coid/read.h"

#include <stdio.h>

enum { ANSWER_BYTES = 1 << 20 };

/* Values stand between @ and @: each is put in the place of others in turn. */
#define TERM                                                                                        \
    "{\"code\":@\"1\"@,\"nameRu\":@\"р\"@,\"nameKz\":@\"қ\"@,\"changeDate\":@\"2013-09-19T09:44:" \
    "33+06:00\"@}"
#define ADDRESS                                                                                    \
    "{\"country\":" TERM ",\"foreignData\":{\"districtName\":@\"d\"@,\"regionName\":@\"r\"@},"     \
    "\"city\":@\"c\"@,\"flat\":@\"f\"@,\"beginDate\":@\"2008-01-23\"@,\"arCode\":@\"1\"@,"         \
    "\"status\":@"                                                                                 \
    "null"                                                                                         \
    "@}"

static const struct sample {
    enum operation op;
    const char *json;
} samples[] = {
    { OP_VERIFY_PHOTO,
      "{\"iin\":@\"123456789012\"@,\"vendor\":@\"VisionLabs\"@,\"result\":@0.9959589839@,"
      "\"x_idempotency_key\":@\"" ID "\"@,\"photo\":@\"/9j/4AQ=\"@,\"requisites\":{\"name\":@"
      "\"ТОО\"@,\"bin\":@\"123456789012\"@},\"requestDate\":@\"2024-10-17T11:49:01.337+00:00\"@}" },
    { OP_GET_PERSON_DATA,
      "{\"person\":{\"iin\":@\"780202300018\"@,\"surname\":@\"О\"@,\"birthDate\":@\"1978-02-02\"@,"
      "\"gender\":" TERM ",\"citizenship\":@{}@,\"birthPlace\":{\"country\":" TERM "},"
      "\"regAddress\":" ADDRESS ",\"documents\":{\"document\":[{\"type\":" TERM ",\"number\":@1@,"
      "\"endDate\":@\"04.08.2013\"@},@{}@]},\"addresses\":{\"address\":[" ADDRESS "]},"
      "\"removed\":@false@,\"mobilephone\":@\"+7\"@,\"hair\":@\"red\"@}}" },
    { OP_GET_VENDORS, "{\"vendors\":[{\"id\":@1@,\"name\":@\"VisionLabs\"@},@{\"id\":2,\"name\":"
                      "\"F\"}@],\"note\":@1@}" },
    { OP_GET_TRANSACTIONS,
      "[{\"vendor_name\":@\"V\"@,\"datetime\":@\"24.09.2021 09:03:45\"@,\"similarity\":"
      "@0.014690000000000002@,\"x_idempotency_key\":@\"30db268b\"@},@{}@]" },
    { OP_GET_ACT_DETAIL, "[{\"date\":@\"2022-01-01\"@,\"vendorName\":@\"V с 1 по 1000\"@,\"count\":"
                         "@1000@,\"price\":@210.0@,\"amount\":@210000.0@}]" },
    { OP_GET_ACT, "{\"binary\":@\"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\"@,\"note\":@1@}" },
    { OP_GET_NEWS, "[{\"date\":@\"2021-10-29\"@,\"subject\":@\"s\"@,\"text\":@\"t\\n\"@}]" },
};

static const char *const values[] = {
    "null",
    "\"\"",
    "\"-\"",
    "\" \"",
    "true",
    "0",
    "-1",
    "0.0",
    "1",
    "1e-7",
    "0.1e1",
    "1e300",
    "123456789012345678901234567890",
    "9223372036854775807",
    "\"0.5\"",
    "\"0,5\"",
    "\"1e5\"",
    "\"NaN\"",
    "\"<&>\\\"']]>\"",
    "\"\\u0001\\u001f\\u007f\\ufffe\\uffff\"",
    "\"\\ud83d\\ude00\"",
    "\"a\\r\\nb\\tc\"",
    "[]",
    "[1,[2],\"<\"]",
    "{}",
    "{\"code\":{\"a\":[null]},\"новое\":1.50}",
    "\"2021-02-29\"",
    "\"0000-01-01\"",
    "\"0001-01-01\"",
    "\"9999-12-31T23:59:59.999Z\"",
    "\"1899-01-01 00:00:00\"",
    "\"2013-09-19 09:44:33\"",
    "\"2013-09-19T09:44:33.123456789+0600\"",
    "\"2013-09-19T09:44:60Z\"",
    "\"2013-09-19T24:00:00+06:00\"",
    "\"2013-09-19+06:00\"",
    "\"31.12.1999\"",
    "\"99.99.9999 99:99:99\"",
};

/* The sample with `value` in the n-th place; false: it has no such place. The places count from 0.
 */
static bool render(const char *sample, size_t n, const char *value, struct bytes *out)
{
    size_t place = 0;
    bool found = false;

    while (*sample) {
        const char *open = strchrnul(sample, '@');
        const char *close = *open ? strchr(open + 1, '@') : open;

        bytes_add(out, slice_mem(sample, (size_t)(open - sample)));
        if (!*open)
            break;
        found = found || place == n;
        if (place++ == n)
            bytes_add_str(out, value);
        else
            bytes_add(out, slice_mem(open + 1, (size_t)(close - open - 1)));
        sample = close + 1;
    }
    return found;
}

static enum status read_answer(enum operation op, struct reading *r, const struct json *json,
                               struct coid_answer *ret, struct err *err)
{
    switch (op) {
    case OP_VERIFY_PHOTO:
        TRY(read_verification(r, json, &ret->told.verification, err));
        ret->told.verification.idempotency_key = ID; /* coid compares it, and puts its own */
        return ST_OK;
    case OP_GET_PERSON_DATA:
        return read_person(r, json, &ret->told.person, err);
    case OP_GET_VENDORS:
        return read_vendors(r, json, ret, err);
    case OP_GET_TRANSACTIONS:
        return read_transactions(r, json, ret, err);
    case OP_GET_ACT_DETAIL:
        return read_act_detail(r, json, ret, err);
    case OP_GET_ACT:
        return read_act(r, json, true, &ret->told.act, err);
    default:
        return read_news(r, json, ret, err);
    }
}

/* false: it was refused, in which case nothing leaves. handed_on grows by the extras that left. */
static bool leaves_valid(const struct sample *sample, struct slice text, size_t *handed_on)
{
    static const struct json_limits limits = { ANSWER_BYTES, 32, 10000 };
    AUTO(arena_free) struct arena *arena = arena_new(ANSWER_BYTES);
    AUTO(json_free) struct json *json = NULL;
    AUTO(bytes_free) struct bytes *xml = NULL;
    struct coid_answer answer = { .idempotency_key = ID };
    struct reply reply = plain();
    struct err err;

    assert_non_null(arena);
    if (json_parse(text, &limits, &json, &err) != ST_OK)
        return false;
    struct reading *r = reading_new(arena);
    if (read_answer(sample->op, r, json, &answer, &err) != ST_OK) {
        assert_int_equal(err.status, ST_UPSTREAM);
        return false;
    }
    answer.extras = reading_extras(r, &answer.extra_count);
    reply.op = sample->op;
    reply.coid = &answer;
    if (soap_encode(shared_codec, NULL, &reply, &xml, &err) != ST_OK) {
        if (sample->op != OP_GET_ACT_DETAIL || !strstr(err.text, "too many digits"))
            fail_msg("%s: %.1000s", err.text, text.at);
        return false;
    }
    assert_valid(bytes_slice(xml));
    assert_int_equal(count_of(bytes_slice(xml), "member"), answer.extra_count);
    *handed_on += answer.extra_count;
    return true;
}

static void whatever_is_read_of_coid_leaves_valid_and_whole(void **state)
{
    size_t left = 0, refused = 0, handed_on[COUNT(samples)] = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        bool more = true;

        for (size_t n = 0; more; n++)
            for (size_t k = 0; k < COUNT(values) && more; k++) {
                AUTO(bytes_free) struct bytes *json = bytes_new(ANSWER_BYTES);

                more = render(samples[i].json, n, values[k], json);
                if (leaves_valid(&samples[i], bytes_slice(json), &handed_on[i]))
                    left++;
                else
                    refused++;
            }
    }
    print_message("%zu answers left, %zu were refused\n", left, refused);
    assert_true(left > 2000 && refused > 20);
    for (size_t i = 0; i < COUNT(samples); i++)
        assert_true(handed_on[i] > 10); /* no operation loses what no field takes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_read_of_coid_leaves_valid_and_whole),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
