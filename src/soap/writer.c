/* Values on their way into XML. */
#include "soap/answer.h"

#include "base/clock.h"
#include "base/text.h"

#include <limits.h>

void *writer_alloc(const struct writer *w, size_t n, size_t size)
{
    void *at = n <= SIZE_MAX / size - 1 ? soap_malloc(w->soap, n * size + 1) : NULL;

    if (at)
        memset(at, 0, n * size + 1);
    return at;
}

enum status writer_no_memory(const struct writer *w)
{
    return RAISE(w->err, ST_NOMEM, "answer: out of memory");
}

/* XML 1.0 section 2.2 over UTF-8: bytes of the character at s, 0 when it is none. */
static size_t xml_char(struct slice s)
{
    unsigned char c = (unsigned char)s.at[0];
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    if (n > s.len || !text_is_utf8((struct slice){ s.at, n }))
        return 0;
    return n == 3 && (memcmp(s.at, "\xEF\xBF\xBE", 3) == 0 || memcmp(s.at, "\xEF\xBF\xBF", 3) == 0)
               ? 0
               : n;
}

static bool is_clean(struct slice s)
{
    while (s.len) {
        size_t n = xml_char(s);
        if (n == 0)
            return false;
        s = slice_skip(s, n);
    }
    return true;
}

enum status writer_text(const struct writer *w, const char *text, char **ret)
{
    struct slice s = slice_str(text);
    char *copy, *at;

    if (is_clean(s)) {
        *ret = (char *)s.at; /* gSOAP's types are not const; writing leaves them alone */
        return ST_OK;
    }
    copy = writer_alloc(w, s.len, 3);
    if (!copy)
        return writer_no_memory(w);
    at = copy;
    while (s.len) {
        size_t n = xml_char(s);
        memcpy(at, n ? s.at : "\xEF\xBF\xBD", n ? n : 3);
        at += n ? n : 3;
        s = slice_skip(s, n ? n : 1);
    }
    *ret = copy;
    return ST_OK;
}

enum status writer_optional(const struct writer *w, const char *text, char **ret)
{
    *ret = NULL;
    return text && *text ? writer_text(w, text, ret) : ST_OK;
}

enum status writer_time(const struct writer *w, int64_t ms, char **ret)
{
    char *text = writer_alloc(w, TIME_TEXT, 1);

    if (!text)
        return writer_no_memory(w);
    time_utc_offset_text(ms, text);
    *ret = text;
    return ST_OK;
}

enum status writer_optional_time(const struct writer *w, int64_t ms, char **ret)
{
    *ret = NULL;
    return ms ? writer_time(w, ms, ret) : ST_OK;
}

enum status writer_number(const struct writer *w, int64_t number, char **ret)
{
    enum { NUMBER_TEXT = 24 };
    char *text = writer_alloc(w, NUMBER_TEXT, 1);

    if (!text)
        return writer_no_memory(w);
    text_format(text, NUMBER_TEXT, "%lld", (long long)number);
    *ret = text;
    return ST_OK;
}

enum status writer_base64(const struct writer *w, struct slice data, struct xsd__base64Binary *ret)
{
    if (data.len > INT_MAX)
        return RAISE(w->err, ST_INTERNAL, "answer: %zu bytes in one element", data.len);
    *ret = (struct xsd__base64Binary){ 0 };
    ret->__ptr = (unsigned char *)data.at; /* only read */
    ret->__size = (int)data.len;
    return ST_OK;
}

enum status writer_roles(const struct writer *w, unsigned roles, char ***ret, int *ret_count)
{
    enum { ALL_ROLES = 16 /* bits looked at */ };
    char **names = writer_alloc(w, ALL_ROLES, sizeof(*names));
    int count = 0;

    if (!names)
        return writer_no_memory(w);
    for (unsigned i = 0; i < ALL_ROLES; i++) {
        const char *name = roles & 1u << i ? session_role_name(1u << i) : "";
        if (*name)
            TRY(writer_text(w, name, &names[count++]));
    }
    *ret = names;
    *ret_count = count;
    return ST_OK;
}
