/* The INI syntax: sections, keys, values, comments. Only for src/conf. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

struct ini_line {
    struct slice section; /* word in the brackets */
    struct slice name;    /* of [section "name"]; empty otherwise */
    struct slice key;     /* empty: the line opens the section */
    struct slice value;   /* trimmed; a '#' after a blank starts a comment */
    int number;           /* from 1 */
};

struct ini {
    const char *path; /* for messages */
    struct slice rest;
    struct ini_line line; /* the current one */
};

/* Moves to the next section or key; *ret_more is false at the end. ST_INPUT: syntax, with its line.
 */
MUST_USE enum status ini_next(struct ini *ini, int *ret_more, struct err *err);
