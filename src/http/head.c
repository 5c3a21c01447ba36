#include "http/head.h"

#include "base/text.h"

#include <strings.h>

enum { MAX_LENGTH_DIGITS = 18, MAX_HOST = 255 };

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH" };

bool slice_eq_nocase(struct slice a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.at, b, a.len) == 0;
}

enum refusal head_find_end(struct slice bytes, size_t *seen, size_t *ret_end)
{
    *ret_end = 0;
    for (size_t i = *seen; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.at[i];
        bool after_cr = i > 0 && bytes.at[i - 1] == '\r';

        if (after_cr != (c == '\n'))
            return REFUSAL_LINE_END;
        if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return REFUSAL_CONTROL;
        if (c == '\n' && i >= 3 && memcmp(bytes.at + i - 3, "\r\n\r\n", 4) == 0) {
            *ret_end = i + 1;
            *seen = i + 1;
            return REFUSAL_NONE;
        }
    }
    *seen = bytes.len;
    return REFUSAL_NONE;
}

/* Cuts the next line off, without its CR LF; every line of a whole head has one. */
static struct slice take_line(struct slice *rest)
{
    const char *end = memmem(rest->at, rest->len, "\r\n", 2);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct slice line = { rest->at, len };

    *rest = slice_skip(*rest, end ? len + 2 : len);
    return line;
}

/* Cuts the next item off at c; false: c is not there. */
static bool take_until(struct slice *rest, char c, struct slice *ret)
{
    const char *end = memchr(rest->at, c, rest->len);

    if (!end)
        return false;
    *ret = (struct slice){ rest->at, (size_t)(end - rest->at) };
    *rest = slice_skip(*rest, ret->len + 1);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct slice s)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t i = 0; i < s.len; i++)
        if (!memchr(allowed, s.at[i], sizeof(allowed) - 1))
            return false;
    return s.len > 0;
}

static enum refusal parse_version(struct slice text, struct head *head)
{
    if (text.len != 8 || !slice_starts(text, SLICE("HTTP/")) || !is_digit(text.at[5]) ||
        text.at[6] != '.' || !is_digit(text.at[7]))
        return REFUSAL_REQUEST_LINE;
    if (text.at[5] != '1')
        return REFUSAL_VERSION;
    head->http11 = text.at[7] != '0'; /* a later 1.x speaks 1.1 (RFC 9110 section 2.5) */
    head->keep_alive = head->http11;
    return REFUSAL_NONE;
}

static enum refusal parse_method(struct slice text, struct head *head)
{
    if (!is_token(text))
        return REFUSAL_REQUEST_LINE;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (slice_eq_str(text, methods[i]))
            head->method = methods[i];
    return head->method ? REFUSAL_NONE : REFUSAL_METHOD;
}

static enum refusal parse_request_line(struct slice line, struct arena *arena, struct head *head)
{
    struct slice method;
    struct slice target;

    if (!take_until(&line, ' ', &method) || !take_until(&line, ' ', &target))
        return REFUSAL_REQUEST_LINE;
    enum refusal refusal = parse_version(line, head);
    if (refusal == REFUSAL_NONE)
        refusal = parse_method(method, head);
    if (refusal == REFUSAL_NONE)
        refusal = target_parse(target, arena, head);
    return refusal;
}

bool head_is_host(struct slice host)
{
    const struct slice name_chars =
        SLICE("-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const struct slice v6_chars = SLICE("0123456789abcdefABCDEF:.");
    bool v6 = host.len > 0 && host.at[0] == '[';
    struct slice allowed = v6 ? v6_chars : name_chars;
    size_t start = v6 ? 1 : 0;
    size_t i = start;

    if (host.len > MAX_HOST)
        return false;
    while (i < host.len && memchr(allowed.at, host.at[i], allowed.len))
        i++;
    if (i == start)
        return false;
    if (v6 && (i >= host.len || host.at[i++] != ']'))
        return false;
    if (i == host.len)
        return true;
    struct slice port = slice_skip(host, i + 1);
    return host.at[i] == ':' && port.len >= 1 && port.len <= 5 && text_is_digits(port, port.len);
}

static enum refusal on_host(struct slice value, struct head *head)
{
    if (!head_is_host(value))
        return REFUSAL_HOST;
    if (head->host.len == 0) /* an absolute target has set it already: RFC 9112 section 3.2.2 */
        head->host = value;
    return REFUSAL_NONE;
}

static enum refusal on_content_length(struct slice value, struct head *head)
{
    if (value.len == 0 || value.len > MAX_LENGTH_DIGITS || !text_is_digits(value, value.len))
        return REFUSAL_LENGTH;
    for (size_t i = 0; i < value.len; i++)
        head->content_length = head->content_length * 10 + (uint64_t)(value.at[i] - '0');
    head->has_length = true;
    return REFUSAL_NONE;
}

static enum refusal on_transfer_encoding(struct slice value, struct head *head)
{
    if (!head->http11)
        return REFUSAL_ENCODING_OLD;
    if (!slice_eq_nocase(value, "chunked"))
        return REFUSAL_ENCODING;
    head->chunked = true;
    return REFUSAL_NONE;
}

static enum refusal on_expect(struct slice value, struct head *head)
{
    if (!head->http11)
        return REFUSAL_NONE; /* RFC 9110 section 10.1.1: ignored */
    if (!slice_eq_nocase(value, "100-continue"))
        return REFUSAL_EXPECT;
    head->expect_continue = true;
    return REFUSAL_NONE;
}

static enum refusal on_connection(struct slice value, struct head *head)
{
    struct slice item;
    bool more = true;

    while (more) {
        more = take_until(&value, ',', &item);
        item = slice_trim(more ? item : value);
        if (slice_eq_nocase(item, "close"))
            head->keep_alive = false;
        else if (slice_eq_nocase(item, "keep-alive") && !head->http11)
            head->keep_alive = true;
    }
    return REFUSAL_NONE;
}

/* The headers that steer us, and those whose doubling two readers could read in two ways. */
static const struct rule {
    const char *name;
    bool once;
    enum refusal (*apply)(struct slice value, struct head *head);
} rules[] = {
    { "host", true, on_host },
    { "content-length", true, on_content_length },
    { "transfer-encoding", true, on_transfer_encoding },
    { "expect", true, on_expect },
    { "content-type", true, NULL },
    { "authorization", true, NULL },
    { "connection", false, on_connection },
};

static enum refusal apply_rules(const struct head_field *field, unsigned *met, struct head *head)
{
    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!slice_eq_nocase(field->name, rules[i].name))
            continue;
        if (rules[i].once && (*met & 1U << i))
            return REFUSAL_TWICE;
        *met |= 1U << i;
        return rules[i].apply ? rules[i].apply(field->value, head) : REFUSAL_NONE;
    }
    return REFUSAL_NONE;
}

static enum refusal parse_field(struct slice line, struct head_field *ret)
{
    if (line.at[0] == ' ' || line.at[0] == '\t')
        return REFUSAL_FOLD;
    if (!take_until(&line, ':', &ret->name) || !is_token(ret->name))
        return REFUSAL_FIELD; /* a blank before the colon too */
    ret->value = slice_trim(line);
    return REFUSAL_NONE;
}

static size_t count_lines(struct slice rest)
{
    size_t n = 0;

    while (take_line(&rest).len > 0)
        n++;
    return n;
}

static enum refusal parse_fields(struct slice rest, struct head *head)
{
    unsigned met = 0;
    bool host_met = false;

    for (size_t i = 0; i < head->field_count; i++) {
        struct head_field *field = &head->fields[i];
        enum refusal refusal = parse_field(take_line(&rest), field);
        if (refusal == REFUSAL_NONE)
            refusal = apply_rules(field, &met, head);
        if (refusal != REFUSAL_NONE)
            return refusal;
        host_met |= slice_eq_nocase(field->name, "host");
    }
    if (head->http11 && !host_met) /* an absolute target does not make up for it */
        return REFUSAL_HOST_MISSING;
    return head->chunked && head->has_length ? REFUSAL_LENGTH_AND_ENCODING : REFUSAL_NONE;
}

enum refusal head_parse(struct slice bytes, unsigned max_fields, struct arena *arena,
                        struct head *ret_head)
{
    struct head head = { 0 };
    enum refusal refusal = parse_request_line(take_line(&bytes), arena, &head);

    if (refusal != REFUSAL_NONE)
        return refusal;
    head.field_count = count_lines(bytes);
    if (head.field_count > max_fields)
        return REFUSAL_HEAD_FIELDS;
    head.fields = arena_array(arena, head.field_count, sizeof(*head.fields));
    if (!head.fields && head.field_count > 0)
        return REFUSAL_MEMORY;
    refusal = parse_fields(bytes, &head);
    if (refusal == REFUSAL_NONE)
        *ret_head = head;
    return refusal;
}

struct slice head_value(const struct head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (slice_eq_nocase(head->fields[i].name, name))
            return head->fields[i].value;
    return (struct slice){ "", 0 };
}
