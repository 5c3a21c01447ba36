/* HTML of the console's pages, escaped by construction: markup is what the program's own formats
 * say, everything else goes in through %s and cannot become markup. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "server/admin/console.h"

enum { HTML_PAGE_MAX = 6 << 20 /* bytes */ };

struct html {
    struct bytes *out; /* sticky: bytes_check() says whether all is there */
    enum language language;
    struct arena *arena;
};

/* For <main> of this visit; html_done() hands it over. */
MUST_USE enum status html_begin(const struct console_visit *visit, struct html *ret,
                                struct err *err);
MUST_USE enum status html_done(struct html *html, struct console_answer *answer, struct err *err);
/* NULL-safe, after a failure. */
void html_end(struct html *html);

/* %s is text: escaped for content and for attributes in double quotes; NULL is "". %d %u %zu %lld
 * %llu %% as printf() has them, and nothing else. */
void html_add(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The arena's; "" without memory, and the page is spoilt. */
const char *html_encoded(struct html *html, const char *text); /* for a query's value */
const char *html_time(struct html *html, int64_t ms);          /* 22.11.2026 14:03:07; 0: — */
const char *html_text(struct html *html, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of pages_texts and console_texts. */
const char *html_word(const struct html *html, const char *name);

/* dl.facts' pair; a value that is "" is left out. */
void html_fact(struct html *html, const char *word, const char *value);
/* The head of a table: words' names, ended by NULL; one that begins with # is a number's. */
void html_table(struct html *html, const char *caption, const char *const *words);
void html_table_end(struct html *html);
/* A cell with its label for telephones; class may be "". */
void html_cell(struct html *html, const char *word, const char *class, const char *text);

/* What a page was asked: the value of a query's field, of size bytes with NUL; "" when it is not
 * there. ST_INPUT names a field that is too long or is no text. */
MUST_USE enum status html_asked(const struct console_visit *visit, const char *field, char *dst,
                                size_t size, struct err *err);
/* A refusal in the reader's language: `word` of pages_texts. */
enum status html_refuse(const struct console_visit *visit, const char *field, const char *limit,
                        const char *word, struct err *err);
/* A download's name: WHAT-ID.SUFFIX; the visit's arena's. NULL: out of memory. */
const char *html_file_name(const struct console_visit *visit, const char *what, const char *id,
                           const char *suffix);
