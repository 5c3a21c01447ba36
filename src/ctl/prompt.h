/* What a person types, unseen: passwords. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

enum { PROMPT_MAX = 1024 }; /* bytes of an answer */

/* Asks on /dev/tty without echo, which is put back whatever happens in between, but for kill -9.
 * *ret_answer is the caller's, without its line end: bytes_wipe(). ST_INPUT: there is no terminal,
 * or no answer. */
MUST_USE enum status prompt_secret(const char *question, struct bytes **ret_answer,
                                   struct err *err);
/* The first line of a file, else by prompt_secret(). */
MUST_USE enum status prompt_or_file(const char *path, const char *question,
                                    struct bytes **ret_answer, struct err *err);
