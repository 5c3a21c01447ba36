/* The one table that loader, checks, sample file and manual page are made from. Only for
 * src/conf and src/manual. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum conf_kind {
    CONF_TEXT,
    CONF_WORD,  /* one of the words in `words` */
    CONF_WORDS, /* a list of them */
    CONF_LIST,  /* separated by blanks or commas */
    CONF_INT,
    CONF_BOOL, /* yes | no */
};

struct conf_row {
    const char *section; /* "sender" and "gateway" carry a name */
    const char *key;
    enum conf_kind kind;
    size_t offset;      /* in struct conf, or in the named section's struct */
    const char *preset; /* NULL: required */
    int64_t min, max;   /* CONF_INT */
    const char *words;  /* CONF_WORD, CONF_WORDS: separated by blanks */
    const char *doc;    /* with its unit */
};

extern const struct conf_row conf_rows[];
extern const size_t conf_row_count;
