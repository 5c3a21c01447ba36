/* The reader behind read.h: an object of ЦОИД's is read by a table of its fields, and whatever no
 * row takes becomes an extra. Errors stick: read on, and ask read_end() once. For read_*.c only. */
#pragma once

#include "coid/read.h"

/* How a member is read, and the type of its place. A value of another JSON type is not taken; null,
 * "" and "-" are absent, whatever is expected. */
enum field_kind {
    FIELD_TEXT,   /* const char *: a string as it stands, a number in decimal notation, a boolean */
    FIELD_DIGITS, /* const char *: the same, but of 12 digits: a number has lost leading zeros */
    FIELD_DECIMAL, /* const char *: a number, or a string that is one, in decimal notation */
    FIELD_INTEGER, /* int64_t: the same, whole */
    FIELD_BASE64,  /* struct slice: its bytes; what is no base64 spoils the answer */
    FIELD_DATE,    /* struct coid_date */
    FIELD_TERM,    /* struct coid_term: an object; digits alone are its code, a text its nameRu */
    FIELD_OBJECT,  /* a struct with a table of its own */
    FIELD_LIST,    /* const T *: the items, see struct list */
};

struct list;

struct shape {
    const struct field *fields;
    size_t count;
};
#define ROWS(table)                                                                                \
    {                                                                                              \
        (table), sizeof(table) / sizeof((table)[0])                                                \
    }

struct field {
    const char *key, *alias; /* compared without case (C-11); NULL: no alias */
    enum field_kind kind;
    size_t offset; /* of the place */
    size_t also;   /* OBJECT: of its bool present; LIST: of its size_t count */
    struct shape shape;
    const struct list *list;
    bool required; /* not there, or not taken: the answer is spoilt */
};

/* An array, or one item in its place; both may stand in an object under `holder`. */
struct list {
    const char *holder; /* documents: {"document": […]}; NULL: none */
    size_t item_bytes;
    size_t max;
    struct shape item;
};

/* Where a value stands in the answer. */
struct place {
    const struct place *above; /* NULL: of the root */
    const char *key;           /* NULL: an item of an array, by its index */
    size_t index;
};

/* What a table's row is applied to. */
struct member {
    struct place place;
    const struct field *field;
    const struct json *value;
    void *base; /* the struct that the row's offsets are of */
};

/* The root's members into the struct at `to`, which is blank before. */
void read_root(struct reading *r, const struct json *json, const struct shape *shape, void *to);
/* The root's items; `name` is the field of the error when the root is no array. */
void read_root_list(struct reading *r, const struct json *json, const struct list *list,
                    const char *name, const void **ret_items, size_t *ret_count);

/* What no field takes is handed on as it stands. place NULL: the whole. */
void read_extra(struct reading *r, const struct place *place, const struct json *value);
/* The answer is spoilt: code answerInvalid, the first of these counts. place NULL: the whole. */
void read_spoil(struct reading *r, const struct place *place, const char *limit, const char *why);
void read_no_memory(struct reading *r);
enum status read_end(const struct reading *r, struct err *err);

struct arena *read_arena(struct reading *r);
/* A copy in the arena; "" when there is no room, which sticks. */
const char *read_keep(struct reading *r, struct slice text);

/* What a date or time means, "" when that is unclear (read_date.c). */
enum { DATE_MEANING = 48 };
void date_meaning(struct slice text, char dst[DATE_MEANING]);
