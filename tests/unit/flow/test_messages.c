/* The words of an answer: Russian, at most 250 characters (req 0.70, flows.md section 4), and what
 * the journal says in their place. */
#include "world.h"

#define EXCHANGE "0193abcd-0000-7000-8000-00000000000f"
#define TEN(text) text text text text text text text text text text

static const struct {
    const char *name;
    enum status status;
    const char *code, *field, *text;
    bool request_known;
    const char *message, *on_record;
} cases[] = {
    { "a known code", ST_INPUT, "imageTooSmall", "photo", "the photo has 300x200 pixels", true,
      "Ошибка в бизнес-данных: меньше точек, чем берёт ЦОИД (правило 5)"
      " [the photo has 300x200 pixels]",
      "Ошибка в бизнес-данных: the photo has 300x200 pixels" },
    { "a field that the text does not name", ST_INPUT, "verificationUnknown", "idempotencyKey",
      "no such verification", true,
      "Ошибка в бизнес-данных: нет такой верификации отправителя, или ЦОИД её отверг"
      " [idempotencyKey: no such verification]",
      "Ошибка в бизнес-данных: no such verification" },
    { "the first code of the table", ST_UPSTREAM, "answerForged", NULL, "forged", true,
      "Необработанное исключение: подпись ответа ЦОИД неверна [forged]",
      "Необработанное исключение: forged" },
    { "an unknown code", ST_INPUT, "notInTheTable", "photo", "no photo", true,
      "Ошибка в бизнес-данных: no photo", "Ошибка в бизнес-данных: no photo" },
    { "no code", ST_INPUT, NULL, NULL, "no photo", true, "Ошибка в бизнес-данных: no photo",
      "Ошибка в бизнес-данных: no photo" },
    { "no code, and the status says why", ST_UNAVAILABLE, NULL, NULL, "the database is away", true,
      "Необработанное исключение: у нас что-то недоступно или занято [the database is away]",
      "Необработанное исключение: the database is away" },
    { "upstream", ST_UPSTREAM, "upstreamUnavailable", NULL, "ЦОИД is not available", true,
      "Необработанное исключение: 502 от ЦОИД [ЦОИД is not available]",
      "Необработанное исключение: ЦОИД is not available" },
    { "ours", ST_INTERNAL, "upstreamUnavailable", "photo", "an inner reason", true,
      "Необработанное исключение: обмен " EXCHANGE, "Необработанное исключение: an inner reason" },
    { "ours, out of memory", ST_NOMEM, NULL, NULL, "out of memory", true,
      "Необработанное исключение: обмен " EXCHANGE, "Необработанное исключение: out of memory" },
    { "ours, before the request was known", ST_INTERNAL, NULL, NULL, "an inner reason", false,
      "Внутренняя ошибка: обмен " EXCHANGE, "Внутренняя ошибка: an inner reason" },
    { "a Fault keeps its reason", ST_STALE, "timeout", "messageDate", "it is too old", true,
      "Срок действия транспортной подписи: it is too old",
      "Срок действия транспортной подписи: it is too old" },
};

static struct reply *answer_to(const struct err *cause, bool request_known)
{
    const struct peer peer = { .exchange = { EXCHANGE } };
    const struct request req = request_of("ekzamen", "secret");
    struct reply *reply = NULL;
    struct err err;

    assert_int_equal(flow_fault(cause, &peer, request_known ? &req : NULL, NOW_MS, &reply, &err),
                     ST_OK);
    assert_non_null(reply);
    return reply;
}

static void a_message_is_head_reason_and_particulars(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err cause;

        (void)RAISE_CAUSE(&cause, cases[i].status, cases[i].code, cases[i].field, NULL, "%s",
                          cases[i].text);
        AUTO(reply_free) struct reply *reply = answer_to(&cause, cases[i].request_known);
        if (strcmp(reply->message, cases[i].message) != 0 ||
            strcmp(reply->on_record, cases[i].on_record) != 0)
            fail_msg("%s: %s; on record: %s", cases[i].name, reply->message, reply->on_record);
    }
}

static size_t characters_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* The longest reason, and letters of two bytes behind it: the text gives way, by whole letters. */
static void a_message_has_at_most_250_characters(void **state)
{
    static const char head[] = "Необработанное исключение: 500 от ЦОИД: отказ биометрии. "
                               "Такой verifyPhoto больше не сравнивается: нужен новый messageId [";
    static const char letters[] = TEN("ЩЩЩЩ");
    static const char text[] = TEN("ЖЖЖЖЖЖЖЖЖЖ");
    const size_t rest = characters_of(head) + characters_of(text) + strlen(": ]");
    int whole = 0, cut = 0;

    (void)state;
    for (size_t n = 1; n <= characters_of(letters); n++) {
        struct err cause;
        char want[1024];

        (void)RAISE_CAUSE(&cause, ST_UPSTREAM, "upstreamBiometric",
                          letters + sizeof(letters) - 1 - 2 * n, NULL, "%s", text);
        AUTO(reply_free) struct reply *reply = answer_to(&cause, true);
        size_t over = rest + n > 250 ? rest + n - 250 + 1 : 0; /* one more for what shows the cut */
        (void)snprintf(want, sizeof(want), "%s%s: %.*s%s]", head, cause.field,
                       (int)(sizeof(text) - 1 - 2 * over), text, over ? "…" : "");
        assert_string_equal(reply->message, want);
        assert_true(characters_of(reply->message) <= 250);
        *(over ? &cut : &whole) += 1;
    }
    assert_true(whole > 1 && cut > 1);
}

static void a_message_without_reason_is_cut_too(void **state)
{
    static const char text[] = TEN("twenty-three letters   ");
    struct err cause;
    char want[512];

    (void)state;
    (void)snprintf(want, sizeof(want), "Ошибка в бизнес-данных: %.225s…", text);
    (void)RAISE_CAUSE(&cause, ST_INPUT, "notInTheTable", NULL, NULL, "%s", text);
    AUTO(reply_free) struct reply *reply = answer_to(&cause, true);
    assert_int_equal(characters_of(reply->message), 250);
    assert_string_equal(reply->message, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_head_reason_and_particulars),
        cmocka_unit_test(a_message_has_at_most_250_characters),
        cmocka_unit_test(a_message_without_reason_is_cut_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
