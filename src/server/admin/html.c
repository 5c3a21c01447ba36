#include "server/admin/html.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/form.h"

#include <stdarg.h>
#include <stdio.h>

enum { NUMBER_TEXT = 32, TEXT_MAX = 4096 };

enum status html_begin(const struct console_visit *visit, struct html *ret, struct err *err)
{
    *ret = (struct html){ .out = bytes_new(HTML_PAGE_MAX),
                          .language = visit->language,
                          .arena = visit->arena };
    return ret->out ? ST_OK : RAISE(err, ST_NOMEM, "page: out of memory");
}

enum status html_done(struct html *html, struct console_answer *answer, struct err *err)
{
    enum status status = bytes_check(html->out, "page", err);

    if (status == ST_OK)
        answer->body = TAKE(html->out);
    html_end(html);
    return status;
}

void html_end(struct html *html)
{
    bytes_free(html->out);
    html->out = NULL;
}

/* ---- one format ---- */

/* The length of a conversion: %s is 2, %lld is 4. */
static size_t conversion_length(const char *at)
{
    return 1 + strspn(at + 1, "lz") + 1;
}

static void add_conversion(struct bytes *out, const char *at, size_t length, va_list args)
{
    char text[NUMBER_TEXT] = "";

    if (strncmp(at, "%s", length) == 0)
        bytes_add_xml(out, slice_str(va_arg(args, const char *)));
    else if (strncmp(at, "%d", length) == 0)
        (void)snprintf(text, sizeof(text), "%d", va_arg(args, int));
    else if (strncmp(at, "%u", length) == 0)
        (void)snprintf(text, sizeof(text), "%u", va_arg(args, unsigned));
    else if (strncmp(at, "%zu", length) == 0)
        (void)snprintf(text, sizeof(text), "%zu", va_arg(args, size_t));
    else if (strncmp(at, "%lld", length) == 0)
        (void)snprintf(text, sizeof(text), "%lld", va_arg(args, long long));
    else if (strncmp(at, "%llu", length) == 0)
        (void)snprintf(text, sizeof(text), "%llu", va_arg(args, unsigned long long));
    else if (strncmp(at, "%%", length) == 0)
        (void)snprintf(text, sizeof(text), "%%");
    else
        out->failed = true; /* a format of ours that is not one of these */
    bytes_add_str(out, text);
}

void html_add(struct html *html, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    while (*format) {
        const size_t plain = strcspn(format, "%");
        bytes_add(html->out, (struct slice){ format, plain });
        format += plain;
        if (*format) {
            const size_t length = conversion_length(format);
            add_conversion(html->out, format, length, args);
            format += length;
        }
    }
    va_end(args);
}

/* ---- texts ---- */

static const char *keep(struct html *html, struct slice text)
{
    const char *kept = arena_text(html->arena, text);

    if (!kept)
        html->out->failed = true;
    return kept ? kept : "";
}

const char *html_text(struct html *html, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)text_vformat(text, sizeof(text), format, args);
    va_end(args);
    return keep(html, slice_str(text));
}

/* RFC 3986 section 2.1: all but the unreserved. */
const char *html_encoded(struct html *html, const char *text)
{
    AUTO(bytes_free) struct bytes *out = bytes_new((size_t)4 * TEXT_MAX);

    for (; out && *text; text++) {
        const unsigned char c = (unsigned char)*text;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || strchr("-._~", c);
        bytes_addf(out, plain ? "%c" : "%%%02X", c);
    }
    if (!out || out->failed)
        html->out->failed = true;
    return keep(html, bytes_slice(out));
}

const char *html_time(struct html *html, int64_t ms)
{
    char date[TIME_TEXT], time[TIME_TEXT];

    if (ms == 0)
        return "—";
    time_astana_date(ms, date);
    time_astana_time(ms, time);
    date[2] = date[5] = '.';
    return html_text(html, "%s %s", date, time);
}

const char *html_word(const struct html *html, const char *name)
{
    return console_text(html->language, name);
}

/* ---- parts ---- */

void html_fact(struct html *html, const char *word, const char *value)
{
    if (value && *value)
        html_add(html, "<dt>%s</dt><dd>%s</dd>\n", html_word(html, word), value);
}

void html_table(struct html *html, const char *caption, const char *const *words)
{
    html_add(html,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n"
             "<table class=\"list stack\">\n<thead><tr>",
             html_word(html, caption));
    for (; *words; words++)
        if (**words == '#')
            html_add(html, "<th class=\"number\" scope=\"col\">%s</th>",
                     html_word(html, *words + 1));
        else
            html_add(html, "<th scope=\"col\">%s</th>", html_word(html, *words));
    html_add(html, "</tr></thead>\n<tbody>\n");
}

void html_table_end(struct html *html)
{
    html_add(html, "</tbody></table></div>\n");
}

void html_cell(struct html *html, const char *word, const char *class, const char *text)
{
    html_add(html, "<td class=\"%s\" data-label=\"%s\">%s</td>", class, html_word(html, word),
             text);
}

/* ---- what was asked ---- */

static bool is_named(struct slice query, const char *field)
{
    const size_t length = strlen(field);

    while (query.len > 0) {
        const char *end = memchr(query.at, '&', query.len);
        const size_t part = end ? (size_t)(end - query.at) : query.len;
        if (part > length + 1 && memcmp(query.at, field, length) == 0 && query.at[length] == '=')
            return true;
        query = slice_skip(query, end ? part + 1 : part);
    }
    return false;
}

enum status html_asked(const struct console_visit *visit, const char *field, char *dst, size_t size,
                       struct err *err)
{
    const struct slice query = http_query(visit->request);
    char limit[32];
    char *end;

    if (!form_value(query, field, dst, size) && is_named(query, field)) {
        (void)text_format(limit, sizeof(limit), "%zu", size - 1);
        return html_refuse(visit, field, limit, "bad_text", err);
    }
    while (*dst == ' ')
        memmove(dst, dst + 1, strlen(dst));
    for (end = dst + strlen(dst); end > dst && end[-1] == ' ';)
        *--end = '\0';
    return ST_OK;
}

enum status html_refuse(const struct console_visit *visit, const char *field, const char *limit,
                        const char *word, struct err *err)
{
    char word_of[48];

    /* fields' words are named f_from, f_to … */
    (void)text_format(word_of, sizeof(word_of), "f_%s", field);
    const char *name = console_text(visit->language, word_of);

    return RAISE_CAUSE(err, ST_INPUT, "badSearch", field, limit, "«%s»: %s%s%s", name,
                       console_text(visit->language, word), limit && *limit ? " " : "",
                       limit ? limit : "");
}

const char *html_file_name(const struct console_visit *visit, const char *what, const char *id,
                           const char *suffix)
{
    char name[128];

    (void)text_format(name, sizeof(name), "%s-%s.%s", what, id, suffix);
    return arena_text(visit->arena, slice_str(name));
}
