/* Strict JSON (RFC 8259) in front of cJSON: what cJSON would wave through is refused here
 * (peers.md section 4). Opaque; a document owns all its values. */
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
    int max_depth;
    size_t max_values; /* of the whole document */
};

/**
 * ST_FORMAT  not RFC 8259 JSON in UTF-8, a BOM, a NUL, an unpaired surrogate, a duplicate key, too
 *            long, too deep, too many values; the text names the place
 * *ret is the caller's: json_free().
 */
MUST_USE enum status json_parse(struct slice text, const struct json_limits *limits,
                                struct json **ret, struct err *err);
/* Frees a document (a root, never a member). NULL is fine. */
void json_free(struct json *json);
DEFINE_AUTO(struct json, json_free)

/* Readers; borrowed results. Keys are compared with their case (req 1.40). */
const struct json *json_member(const struct json *object, const char *key); /* NULL: none */
size_t json_count(const struct json *array_or_object);                      /* 0 for others */
const struct json *json_item(const struct json *array_or_object, size_t i);
const char *json_key(const struct json *member); /* of a member got by json_item(); "" otherwise */
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_string(const struct json *value, struct slice *ret); /* false: not a string */
bool json_integer(const struct json *value, int64_t *ret); /* false: not an integer within 2^53 */
/* Deep equality: key order never matters, numbers by value. */
bool json_equal(const struct json *a, const struct json *b);

/* Writers; sticky: check once in json_print(). Each returns the new value, borrowed, or NULL. */
struct json *json_new_object(void); /* a root, the caller's */
struct json *json_new_array(void);
void json_set_string(struct json *object, const char *key, struct slice utf8);
void json_set_integer(struct json *object, const char *key, int64_t value);
void json_set_bool(struct json *object, const char *key, bool value);
struct json *json_set_object(struct json *object, const char *key);
struct json *json_set_array(struct json *object, const char *key);
struct json *json_push_object(struct json *array);
void json_push_string(struct json *array, struct slice utf8);
/* Replaces the string `key` of object (the signed value in place of the data). */
MUST_USE enum status json_print(const struct json *root, size_t max_bytes, struct bytes **ret,
                                struct err *err);
