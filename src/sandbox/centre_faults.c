#include "sandbox/centre_faults.h"

#include <string.h>

enum { DEPTH = 1000, BIG_BYTES = 24 * 1024 * 1024, SLOW_MS = 5000, SLOW_BYTE_MS = 100 };

const char *const centre_operation_names[CENTRE_OPERATIONS] = {
    "verify", "get", "data", "vendors", "transactions", "actdetail", "act", "news",
};

#define REFUSAL(n, s, t, a)                                                                        \
    {                                                                                              \
        .name = (n), .status = (s), .text = (t), .about = (a)                                      \
    }
#define CHANGED(n, c, t, a)                                                                        \
    {                                                                                              \
        .name = (n), .runs = true, .change = (c), .text = (t), .about = (a)                        \
    }
#define SIGNED(n, s, a)                                                                            \
    {                                                                                              \
        .name = (n), .runs = true, .sign = (s), .about = (a)                                       \
    }
/* What a proxy in front of ЦОИД says. */
#define PAGE(words)                                                                                \
    "<html>\r\n<head><title>" words "</title></head>\r\n<body>\r\n<center><h1>" words              \
    "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
#define FOREIGN(n, s, t, a)                                                                        \
    {                                                                                              \
        .name = (n), .status = (s), .text = (t), .content_type = "text/html", .about = (a)         \
    }

/* The words of refusals are those of seed 002 annex 4. */
static const struct fault faults[] = {
    REFUSAL("400", 400, NULL, "the request is wrong, or our certificate is"),
    REFUSAL("401", 401, NULL, "nobody is known"),
    REFUSAL("403", 403, NULL, "the participant may not"),
    REFUSAL("404-person", 404, "No one person find! Possibly bad IIN", "ГБД ФЛ has no photo"),
    REFUSAL("404-vendor", 404, "Vendor not found", "no such vendor"),
    REFUSAL("404-similarity", 404, "SIMILARITY for Idempotency Key not found",
            "no comparison of that key"),
    REFUSAL("404-plain", 404, NULL, "it is not said what was not found"),
    REFUSAL("405", 405, NULL, "the method is not supported"),
    REFUSAL("406-key", 406, "повтор значения заголовка x-idempotency-key", "the key is known"),
    REFUSAL("406-late", 406,
            "запрос на персональные данные происходит по истечении 24 часов после проведения "
            "процедуры верификации",
            "24 hours are over"),
    REFUSAL("406-low", 406, "результат верификации ниже 85%", "the similarity is too low"),
    REFUSAL("406-image", 406, "не соответствие требованиям к изображению в Приложение 1",
            "the photo breaks annex 1"),
    REFUSAL("500-faces", 500, "на фото более 1 лица", "two faces"),
    REFUSAL("500-face", 500, "лицо не распознано", "no face"),
    REFUSAL("500-quality", 500, "не качественное изображение", "a poor photo"),
    FOREIGN("400-html", 400, PAGE("400 The SSL certificate error"),
            "a page of HTML: our certificate is not accepted"),
    FOREIGN("404-html", 404, PAGE("404 Not Found"), "a page of HTML: it never reached ЦОИД"),
    FOREIGN("502-html", 502, PAGE("502 Bad Gateway"), "a page of HTML"),
    FOREIGN("502-empty", 502, "", "no body"),
    REFUSAL("503", 503, NULL, "a status that no description names"),
    REFUSAL("504", 504, NULL, "ГБД ФЛ or КДП does not answer"),
    REFUSAL("523-gbdfl", 523, "GBDFL is unavailable", "ГБД ФЛ is away"),
    REFUSAL("523-kdp", 523, "Error obtaining KDP token", "КДП is away"),
    CHANGED("empty-body", CHANGE_WHOLE, "", "200, signed, and no body"),
    { .name = "html",
      .runs = true,
      .change = CHANGE_WHOLE,
      .text = PAGE("Welcome"),
      .content_type = "text/html",
      .sign = SIGN_NOT,
      .about = "200, unsigned, and a page of HTML" },
    { .name = "wrong-type",
      .runs = true,
      .content_type = "text/html; charset=utf-8",
      .about = "JSON that calls itself HTML" },
    CHANGED("truncated-json", CHANGE_HALF, "", "the first half of the JSON, signed"),
    CHANGED("huge-number", CHANGE_MEMBER, "\"huge\":1e999", "a number beyond a double"),
    CHANGED("duplicate-key", CHANGE_MEMBER, "\"twice\":1,\"twice\":2", "a key twice"),
    CHANGED("nan", CHANGE_MEMBER, "\"nan\":NaN", "NaN in place of a number"),
    CHANGED("new-member", CHANGE_ROW,
            "\"newMember\":{\"since\":\"2027-01-01\",\"values\":[1.50,null,\"Ұ<&>\"]}",
            "sound, and one member more than is written down"),
    CHANGED("deep", CHANGE_DEEP, "", "a thousand arrays in each other"),
    CHANGED("not-json", CHANGE_WHOLE, "Сервис временно недоступен", "signed words, no JSON"),
    { .name = "big-body",
      .runs = true,
      .change = CHANGE_BIG,
      .sign = SIGN_OTHER_BYTES,
      .about = "24 MiB" },
    SIGNED("bad-jws", SIGN_OTHER_BYTES, "the signature is of other bytes"),
    SIGNED("no-jws", SIGN_NOT, "no signature"),
    SIGNED("unknown-kid", SIGN_UNKNOWN_KID, "nobody has the certificate"),
    SIGNED("garbage-jws", SIGN_GARBAGE, "the header is no JWS"),
    SIGNED("expired-signer", SIGN_EXPIRED, "the signer's certificate has run out"),
    { .name = "register-then-504",
      .runs = true,
      .status = 504,
      .about = "carried out and billed; the answer is 504" },
    { .name = "register-then-hang",
      .runs = true,
      .end = FAULT_HANG,
      .about = "carried out and billed; no answer ever comes" },
    { .name = "register-then-reset",
      .runs = true,
      .end = FAULT_RESET,
      .about = "carried out and billed; the connection is reset" },
    { .name = "hang", .end = FAULT_HANG, .about = "no answer ever comes" },
    { .name = "reset", .end = FAULT_RESET, .about = "the connection is reset without an answer" },
    { .name = "cut-body",
      .runs = true,
      .end = FAULT_CUT,
      .about = "the connection is reset in the middle of the body" },
    { .name = "slow-headers",
      .runs = true,
      .end = FAULT_SLOW_HEAD,
      .ms = SLOW_BYTE_MS,
      .about = "the answer comes a byte each 100 ms from its status line on" },
    { .name = "slow-body",
      .runs = true,
      .end = FAULT_SLOW_BODY,
      .ms = SLOW_BYTE_MS,
      .about = "the headers come at once, the body a byte each 100 ms" },
    { .name = "slow", .runs = true, .ms = SLOW_MS, .about = "the answer comes later, by 5000 ms" },
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

size_t faults_count(void)
{
    return FAULTS;
}

const struct fault *faults_at(size_t i)
{
    return &faults[i];
}

const struct fault *faults_find(struct slice name)
{
    static const struct slice prefix = { "status-", 7 };

    if (slice_starts(name, prefix))
        name = slice_skip(name, prefix.len);
    for (size_t i = 0; i < FAULTS; i++)
        if (slice_eq_str(name, faults[i].name))
            return &faults[i];
    return NULL;
}

/* ---- changed bodies ---- */

static void add_repeated(struct bytes *json, char c, size_t count)
{
    char *at = bytes_extend(json, count);

    if (at)
        memset(at, c, count);
}

static void add_member(struct bytes *json, const struct fault *fault)
{
    switch (fault->change) {
    case CHANGE_DEEP:
        bytes_add_str(json, "\"deep\":");
        add_repeated(json, '[', DEPTH);
        add_repeated(json, ']', DEPTH);
        break;
    case CHANGE_BIG:
        bytes_add_str(json, "\"big\":\"");
        add_repeated(json, 'a', BIG_BYTES);
        bytes_add_str(json, "\"");
        break;
    default:
        bytes_add_str(json, fault->text);
        break;
    }
}

/* In front of an object's members, or in an object in front of an array's: an item of its own, but
 * for CHANGE_ROW. */
static struct bytes *with_member(struct slice body, const struct fault *fault)
{
    struct bytes *json = bytes_new(CENTRE_BODY_MAX);
    bool is_array = body.len > 0 && body.at[0] == '[';

    if (!json || body.len < 2)
        return json;
    const bool in_row = is_array && fault->change == CHANGE_ROW && body.at[1] == '{';
    body = slice_skip(body, in_row ? 2 : 1);
    bytes_add_str(json, is_array ? "[{" : "{");
    add_member(json, fault);
    if (is_array && !in_row)
        bytes_add_str(json, "}");
    if (!strchr("]}", body.at[0]))
        bytes_add_str(json, ",");
    bytes_add(json, body);
    return json;
}

static struct bytes *changed(struct slice body, const struct fault *fault)
{
    switch (fault->change) {
    case CHANGE_HALF:
        return bytes_dup((struct slice){ body.at, body.len / 2 });
    case CHANGE_WHOLE:
        return bytes_dup(slice_str(fault->text));
    default:
        return with_member(body, fault);
    }
}

void fault_apply(const struct fault *fault, struct centre_answer *answer)
{
    if (fault->content_type)
        answer->content_type = fault->content_type;
    if (fault->change == CHANGE_NONE)
        return;
    struct bytes *body = changed(bytes_slice(answer->body), fault);
    bytes_free(answer->body);
    answer->body = body;
}

/* ---- the queue ---- */

bool fault_queue_add(struct fault_queue *queue, const struct fault_wish *wish)
{
    if (queue->count == FAULTS_QUEUED_MAX)
        return false;
    queue->at[queue->count++] = *wish;
    return true;
}

const struct fault *fault_queue_take(struct fault_queue *queue, int64_t *ret_ms)
{
    if (queue->count == 0)
        return NULL;
    const struct fault_wish wish = queue->at[0];
    queue->at[0].times--;
    if (queue->at[0].times <= 0) {
        queue->count--;
        memmove(&queue->at[0], &queue->at[1], queue->count * sizeof(queue->at[0]));
    }
    *ret_ms = wish.ms;
    return wish.fault;
}
