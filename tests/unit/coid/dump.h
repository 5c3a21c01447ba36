/* What was read, as text that a table can hold: a line a field that is there, «name=value», of a
 * date «name=text (meaning)», and after all «extra path=json» each. */
#pragma once

#include "base/bytes.h"
#include "coid/read.h"

enum told { VERIFICATION, PERSON, VENDORS, TRANSACTIONS, ACT_ROWS, ACT, ACT_UNPACKED, NEWS };

/* The dump of what the JSON says; on an error «code field|limit|text». The caller's. */
struct bytes *dump_json(enum told told, struct slice json);
/* The same with single quotes for the JSON's double ones; ends the test when it is not want. */
void assert_told(enum told told, const char *json, const char *want);
/* Ends the test when the answer is not refused for this field and limit, in such words. */
void assert_spoilt(enum told told, const char *json, const char *field, const char *limit,
                   const char *says);
