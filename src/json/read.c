/* Looking things up in a document, and comparing two of them. */
#include "json/node.h"

#include <math.h>

#define MAX_EXACT 9007199254740991.0 /* 2^53 - 1 */

const struct json *json_member(const struct json *object, const char *key)
{
    if (!json_is_object(object))
        return NULL;
    return value_of_c(cJSON_GetObjectItemCaseSensitive(node_c(object), key));
}

const struct json *json_first(const struct json *array_or_object)
{
    const cJSON *item = node_c(array_or_object);

    return node_is_container(item) ? value_of_c(item->child) : NULL;
}

const struct json *json_next(const struct json *item)
{
    return item ? value_of_c(node_c(item)->next) : NULL;
}

size_t json_count(const struct json *array_or_object)
{
    size_t n = 0;

    for (const struct json *item = json_first(array_or_object); item; item = json_next(item))
        n++;
    return n;
}

const struct json *json_item(const struct json *array_or_object, size_t i)
{
    const struct json *item = json_first(array_or_object);

    while (item && i-- > 0)
        item = json_next(item);
    return item;
}

const char *json_key(const struct json *member)
{
    return member && node_c(member)->string ? node_c(member)->string : "";
}

bool json_is_object(const struct json *value)
{
    return node_kind(node_c(value)) == cJSON_Object;
}

bool json_is_array(const struct json *value)
{
    return node_kind(node_c(value)) == cJSON_Array;
}

bool json_is_null(const struct json *value)
{
    return node_kind(node_c(value)) == cJSON_NULL;
}

bool json_string(const struct json *value, struct slice *ret)
{
    if (node_kind(node_c(value)) != cJSON_String)
        return false;
    *ret = slice_str(node_c(value)->valuestring); /* no NUL inside: the scanner refused it */
    return true;
}

bool json_real(const struct json *value, double *ret)
{
    if (node_kind(node_c(value)) != cJSON_Number)
        return false;
    *ret = node_c(value)->valuedouble;
    return true;
}

bool json_integer(const struct json *value, int64_t *ret)
{
    double number;

    if (!json_real(value, &number) || fabs(number) > MAX_EXACT || number != trunc(number))
        return false;
    *ret = (int64_t)number;
    return true;
}

bool json_bool(const struct json *value, bool *ret)
{
    int kind = node_kind(node_c(value));

    if (kind != cJSON_True && kind != cJSON_False)
        return false;
    *ret = kind == cJSON_True;
    return true;
}

struct exempt {
    const struct json *const *values;
    size_t n;
};

static bool is_exempt(const struct exempt *but, const cJSON *value)
{
    for (size_t i = 0; i < but->n; i++)
        if (but->values[i] == value_of_c(value))
            return true;
    return false;
}

static bool equal(const cJSON *a, const cJSON *b, const struct exempt *but);

static bool equal_objects(const cJSON *a, const cJSON *b, const struct exempt *but)
{
    const cJSON *beside = b->child; /* documents mostly keep the order: look there first */

    for (const cJSON *item = a->child; item; item = item->next) {
        const cJSON *twin = beside;
        if (!twin || strcmp(twin->string, item->string) != 0)
            twin = cJSON_GetObjectItemCaseSensitive(b, item->string);
        if (!twin || !equal(item, twin, but))
            return false;
        beside = twin->next;
    }
    return json_count(value_of_c(a)) == json_count(value_of_c(b)); /* keys are unique */
}

static bool equal_arrays(const cJSON *a, const cJSON *b, const struct exempt *but)
{
    const cJSON *twin = b->child;

    for (const cJSON *item = a->child; item; item = item->next, twin = twin->next)
        if (!twin || !equal(item, twin, but))
            return false;
    return !twin;
}

static bool equal(const cJSON *a, const cJSON *b, const struct exempt *but)
{
    if (is_exempt(but, a))
        return node_kind(b) == cJSON_String;
    if (node_kind(a) != node_kind(b))
        return false;
    switch (node_kind(a)) {
    case cJSON_Object:
        return equal_objects(a, b, but);
    case cJSON_Array:
        return equal_arrays(a, b, but);
    case cJSON_String:
        return strcmp(a->valuestring, b->valuestring) == 0;
    case cJSON_Number:
        return a->valuedouble == b->valuedouble;
    default:
        return true; /* true, false, null: the kind says all */
    }
}

bool json_equal_but(const struct json *a, const struct json *b, const struct json *const *but,
                    size_t n)
{
    const struct exempt exempt = { but, n };

    return a && b && equal(node_c(a), node_c(b), &exempt);
}

bool json_equal(const struct json *a, const struct json *b)
{
    return json_equal_but(a, b, NULL, 0);
}
