/* Reading one field of a payload: gSOAP gives texts, this gives values or an error that names the
 * field and the limit; inside the room only. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "soap/shape.h"

#include <stdint.h>

struct reader {
    struct arena *arena;
    struct err *err;
};

struct field {
    const char *name;
    bool required;
    size_t max_chars; /* of texts */
};

/* Characters, not bytes: what XSD counts. */
size_t field_characters(struct slice text);

/* parent "" is the root. */
struct place place_child(const struct place *parent, const char *name);
struct place place_item(const struct place *parent, const char *name, size_t i); /* i from 0 */

/* ST_INPUT fieldMissing, fieldInvalid; an optional field that is absent or empty gives "", a
 * required one must hold more than blanks. A copy in the arena. */
MUST_USE enum status field_text(const struct reader *r, const struct place *parent,
                                const struct field *field, const char *value, const char **ret);
/* The same without blanks around. */
MUST_USE enum status field_token(const struct reader *r, const struct place *parent,
                                 const struct field *field, const char *value, const char **ret);

struct range {
    int64_t min, max;
};
/* 12 digits. */
MUST_USE enum status field_digits(const struct reader *r, const struct place *parent,
                                  const struct field *field, const char *value, const char **ret);
/* A required UUID, as it is written. */
MUST_USE enum status field_uuid(const struct reader *r, const struct place *parent,
                                const struct field *field, const char *value, const char **ret);
/* What base64 says, required; max_chars does not count here. */
MUST_USE enum status field_base64(const struct reader *r, const struct place *parent,
                                  const struct field *field, const char *value, struct slice *ret);
/* xs:boolean; absent gives false. */
MUST_USE enum status field_bool(const struct reader *r, const struct place *parent,
                                const struct field *field, const char *value, bool *ret);
/* A required xs:date as yyyymmdd; its time zone, if any, says nothing of which day is meant. */
MUST_USE enum status field_day(const struct reader *r, const struct place *parent,
                               const struct field *field, const char *value, int32_t *ret);
/* A decimal number within range; absent and optional gives 0. */
MUST_USE enum status field_number(const struct reader *r, const struct place *parent,
                                  const struct field *field, struct range range, const char *value,
                                  int64_t *ret);
