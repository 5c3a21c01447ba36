/* What the database knows of an instance's journal, for its proof (journal/proof.h). */
#pragma once

#include "store/store.h"

/* The first line that must be there: what was removed from the archive by its time is the beginning
 * of a journal. *ret_seq 0: all of it. */
MUST_USE enum status journal_begins(struct store *store, const char *instance, uint64_t *ret_seq,
                                    struct err *err);
/* For struct proof_params, whose ctx leads to the store. */
MUST_USE enum status journal_table(struct store *store, const char *instance, uint64_t seq,
                                   uint64_t *ret_last, struct bytes **ret_line, struct err *err);
