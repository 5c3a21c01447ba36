#include "http/refusal.h"

#include "base/text.h"

#include <stddef.h>

enum limit_kind { LIMIT_NONE, LIMIT_BYTES, LIMIT_COUNT, LIMIT_MS };

struct row {
    int status;
    enum limit_kind kind;
    size_t limit; /* offset in struct http_limits */
    const char *text;
};

#define PLAIN(status, text)                                                                        \
    {                                                                                              \
        (status), LIMIT_NONE, 0, text                                                              \
    }
#define LIMITED(status, kind, member, text)                                                        \
    {                                                                                              \
        (status), (kind), offsetof(struct http_limits, member), text                               \
    }

static const struct row rows[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = PLAIN(500, "no refusal"),
    [REFUSAL_LINE_END] = PLAIN(400, "a line of the head does not end with CR LF"),
    [REFUSAL_CONTROL] = PLAIN(400, "a control character in the head"),
    [REFUSAL_REQUEST_LINE] = PLAIN(400, "malformed request line"),
    [REFUSAL_METHOD] = PLAIN(501, "this method is not implemented"),
    [REFUSAL_VERSION] = PLAIN(505, "only HTTP/1.1 and HTTP/1.0 are spoken here"),
    [REFUSAL_TARGET] = PLAIN(400, "malformed request target"),
    [REFUSAL_ESCAPE] = PLAIN(400, "malformed percent-encoding in the path"),
    [REFUSAL_PATH] = PLAIN(400, "the path holds an encoded slash, a control character, a dot "
                                "segment, a backslash or broken UTF-8"),
    [REFUSAL_FIELD] = PLAIN(400, "malformed header"),
    [REFUSAL_FOLD] = PLAIN(400, "folded headers are not accepted"),
    [REFUSAL_TWICE] = PLAIN(400, "a header that may stand once only stands twice"),
    [REFUSAL_HOST_MISSING] = PLAIN(400, "header Host is missing"),
    [REFUSAL_HOST] = PLAIN(400, "malformed Host"),
    [REFUSAL_LENGTH] = PLAIN(400, "malformed Content-Length"),
    [REFUSAL_LENGTH_AND_ENCODING] =
        PLAIN(400, "Content-Length and Transfer-Encoding exclude each other"),
    [REFUSAL_ENCODING] = PLAIN(501, "the only Transfer-Encoding is chunked"),
    [REFUSAL_ENCODING_OLD] = PLAIN(400, "HTTP/1.0 has no Transfer-Encoding"),
    [REFUSAL_EXPECT] = PLAIN(417, "the only Expect is 100-continue"),
    [REFUSAL_CHUNK] = PLAIN(400, "malformed chunk"),
    [REFUSAL_HEAD_BYTES] = LIMITED(431, LIMIT_BYTES, max_head_bytes, "the head is too long"),
    [REFUSAL_HEAD_FIELDS] = LIMITED(431, LIMIT_COUNT, max_headers, "too many headers"),
    [REFUSAL_BODY_BYTES] = LIMITED(413, LIMIT_BYTES, max_body_bytes, "the request is too large"),
    [REFUSAL_IN_FLIGHT] = LIMITED(503, LIMIT_BYTES, max_in_flight_bytes,
                                  "too much under way at the moment, try again"),
    [REFUSAL_HEAD_LATE] =
        LIMITED(408, LIMIT_MS, head_deadline_ms, "the head did not arrive in time"),
    [REFUSAL_BODY_LATE] =
        LIMITED(408, LIMIT_MS, body_deadline_ms, "the body did not arrive in time"),
    [REFUSAL_MEMORY] = PLAIN(503, "out of memory at the moment, try again"),
};

int refusal_status(enum refusal refusal)
{
    return rows[refusal].status;
}

void refusal_text(enum refusal refusal, const struct http_limits *limits, char dst[REFUSAL_TEXT])
{
    const struct row *row = &rows[refusal];
    const char *member = (const char *)limits + row->limit;

    switch (row->kind) {
    case LIMIT_NONE:
        text_copy(dst, REFUSAL_TEXT, row->text);
        break;
    case LIMIT_BYTES:
        text_format(dst, REFUSAL_TEXT, "%s: the limit is %zu bytes", row->text,
                    *(const size_t *)(const void *)member);
        break;
    case LIMIT_COUNT:
        text_format(dst, REFUSAL_TEXT, "%s: the limit is %u", row->text,
                    *(const unsigned *)(const void *)member);
        break;
    case LIMIT_MS:
        text_format(dst, REFUSAL_TEXT, "%s: the limit is %lld ms", row->text,
                    (long long)*(const int64_t *)(const void *)member);
        break;
    }
}
