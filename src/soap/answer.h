/* Replies as the generated types, in gSOAP's memory; inside the room only. */
#pragma once

#include "model/reply.h"
#include "soap/engine.h"

struct writer {
    struct soap *soap; /* allocates; lives until engine_return() */
    struct err *err;
};

/* n zeroed items and a NUL behind them; NULL when out of memory. */
void *writer_alloc(const struct writer *w, size_t n, size_t size);
enum status writer_no_memory(const struct writer *w);
/* text as XML can carry it: what is no XML 1.0 character (or no UTF-8) becomes U+FFFD. NULL is "".
 * Borrowed where it is clean already. */
MUST_USE enum status writer_text(const struct writer *w, const char *text, char **ret);
/* The same; NULL (the element is left out) when it is empty. */
MUST_USE enum status writer_optional(const struct writer *w, const char *text, char **ret);
/* With Astana's offset. */
MUST_USE enum status writer_time(const struct writer *w, int64_t ms, char **ret);
/* NULL when 0. */
MUST_USE enum status writer_optional_time(const struct writer *w, int64_t ms, char **ret);
/* The names of a set of roles (enum role); ret_count becomes their number. */
MUST_USE enum status writer_roles(const struct writer *w, unsigned roles, char ***ret,
                                  int *ret_count);
MUST_USE enum status writer_number(const struct writer *w, int64_t number, char **ret);
/* Borrows data. */
MUST_USE enum status writer_base64(const struct writer *w, struct slice data,
                                   struct xsd__base64Binary *ret);

/* Whose names the payload of an answer has. */
enum vocabulary { VOCABULARY_COMMON, VOCABULARY_SIGNING, VOCABULARY_COID };
enum vocabulary answer_vocabulary(const struct reply *reply);

/* What stands in `data`: *ret is left empty (type 0, no text) when there is nothing. */
MUST_USE enum status answer_data(const struct writer *w, const struct reply *reply,
                                 struct data *ret);
/* getSigningResultResponse. */
MUST_USE enum status answer_result(const struct writer *w, const struct reply *reply,
                                   struct data *ret);
