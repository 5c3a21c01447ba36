/* The comparisons that ЦОИД has registered, each billed once, in memory and in a file that is only
 * appended to: a restart forgets none. For src/sandbox/centre only; one thread at a time. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "sandbox/centre_answer.h"

#include <stdint.h>

enum { BILL_RESULT_TEXT = 24, BILLS_MAX = 2000000 };

struct bill {
    char key[CENTRE_KEY_TEXT]; /* x-idempotency-key */
    char iin[CENTRE_IIN_TEXT];
    char result[BILL_RESULT_TEXT]; /* as it stands in JSON */
    int vendor;
    int64_t at_ms;
};

struct bills;

/* Reads what is there; a last line that a kill has cut off is dropped. ST_INPUT: it cannot be read
 * or written, or holds something else. *ret_bills is the caller's. */
MUST_USE enum status bills_open(const char *path, struct bills **ret_bills, struct err *err);
/* NULL is fine. */
void bills_free(struct bills *bills);
DEFINE_AUTO(struct bills, bills_free)

size_t bills_count(const struct bills *bills);
const struct bill *bills_at(const struct bills *bills, size_t i);           /* in their order */
const struct bill *bills_find(const struct bills *bills, struct slice key); /* NULL: none */
/* The file first. ST_CONFLICT: that key is there; ST_INPUT: the file; ST_UNAVAILABLE: BILLS_MAX. */
MUST_USE enum status bills_add(struct bills *bills, const struct bill *bill, struct err *err);
/* Forgets all. */
MUST_USE enum status bills_clear(struct bills *bills, struct err *err);
