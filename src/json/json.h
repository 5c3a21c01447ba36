/* Strict JSON (RFC 8259) in front of cJSON: what cJSON would wave through is refused here
 * (peers.md section 4). Opaque; a document owns all its values.
 *
 * Threads: a document belongs to one thread at a time, or to many that only read it. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct json; /* any value: object, array, string, number, literal */

struct json_limits {
    size_t max_bytes;
    int max_depth;     /* of objects and arrays, the root's being 1; never more than 512 */
    size_t max_values; /* of the whole document, containers included */
};

/**
 * ST_FORMAT  not RFC 8259 JSON in UTF-8, a BOM, a NUL (raw or \u0000), an unpaired surrogate, a
 *            duplicate key, too long, too deep, too many values, a number of more than 63
 *            characters or beyond a double's range; the text names the place (byte offset from 0)
 * *ret is the caller's: json_free().
 */
MUST_USE enum status json_parse(struct slice text, const struct json_limits *limits,
                                struct json **ret, struct err *err);
/* A deep copy, the caller's; NULL when out of memory. */
struct json *json_dup(const struct json *value);
/* Frees a document (a root, never a member). NULL is fine. */
void json_free(struct json *json);
DEFINE_AUTO(struct json, json_free)

/* Readers; borrowed results; a NULL value is read as "nothing there", so that lookups chain. Keys
 * are compared with their case (req 1.40). */
const struct json *json_member(const struct json *object, const char *key); /* NULL: none */
size_t json_count(const struct json *array_or_object);                      /* 0 for others */
const struct json *json_item(const struct json *array_or_object, size_t i); /* walks i steps */
/* Iteration in one walk: first item (NULL: empty or no container), then its neighbours. */
const struct json *json_first(const struct json *array_or_object);
const struct json *json_next(const struct json *item);
const char *json_key(const struct json *member); /* of an object's item; "" otherwise */
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_null(const struct json *value);
bool json_string(const struct json *value, struct slice *ret); /* false: not a string */
/* false: not an integer within ±(2^53 - 1), the range in which every integer is exact (RFC 7493
 * section 2.2); 1.0 and 1e2 are integers. */
bool json_integer(const struct json *value, int64_t *ret);
bool json_real(const struct json *value, double *ret); /* false: not a number */
bool json_bool(const struct json *value, bool *ret);   /* false: neither true nor false */
enum { JSON_DECIMAL = 360 }; /* room for any number in decimal notation, with NUL */
/* The shortest text that reads back as the same number, never with an exponent: 0.1, 210000, 0.
 * false: not a number. */
bool json_decimal(const struct json *value, char dst[JSON_DECIMAL]);

/* Deep equality: key order never matters, numbers by value. */
bool json_equal(const struct json *a, const struct json *b);
/* The same, but the n values of a listed in `but` match any string in their place in b: the
 * document that came back equals the issued one but for the signed fields (req 1.36). */
bool json_equal_but(const struct json *a, const struct json *b, const struct json *const *but,
                    size_t n);

/* Writers; sticky: a value that could not be written (out of memory, not UTF-8, an integer beyond
 * ±(2^53 - 1), a key twice) spoils the document, and json_print() says so once. NULL containers are
 * ignored. Each returns the new value, borrowed, or NULL. */
struct json *json_new_object(void); /* a root, the caller's */
struct json *json_new_array(void);
void json_set_string(struct json *object, const char *key, struct slice utf8);
void json_set_integer(struct json *object, const char *key, int64_t value);
void json_set_bool(struct json *object, const char *key, bool value);
struct json *json_set_object(struct json *object, const char *key);
struct json *json_set_array(struct json *object, const char *key);
struct json *json_push_object(struct json *array);
struct json *json_push_array(struct json *array);
void json_push_string(struct json *array, struct slice utf8);
/* A deep copy of value under key. */
void json_set_copy(struct json *object, const char *key, const struct json *value);

/* Editing a parsed document: the same values, writable. */
struct json *json_edit_member(struct json *object, const char *key);
struct json *json_edit_item(struct json *array_or_object, size_t i);
/* Puts utf8 in place of the string `key` of object (the signed value in place of the data).
 * false: there is no such string; running out of memory spoils the document as above. */
bool json_replace_string(struct json *object, const char *key, struct slice utf8);

/**
 * A document, or any value of one, without white space, UTF-8 raw, keys in their order.
 * ST_NOMEM     out of memory, or longer than max_bytes
 * ST_INTERNAL  a writer was given what JSON cannot hold
 */
MUST_USE enum status json_print(const struct json *root, size_t max_bytes, struct bytes **ret,
                                struct err *err);
