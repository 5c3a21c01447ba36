/* A struct json is a cJSON item under another name; inside the room only. */
#pragma once

#include "json/json.h"

#include <cjson/cJSON.h>

/* Upper bits of cJSON's type are its users': this one marks a container that lost a write. */
enum { NODE_NO_MEMORY = 1 << 16, NODE_BAD_VALUE = 1 << 17 };

static inline cJSON *node(struct json *value)
{
    return (cJSON *)value;
}

static inline const cJSON *node_c(const struct json *value)
{
    return (const cJSON *)value;
}

static inline struct json *value_of(cJSON *item)
{
    return (struct json *)item;
}

static inline const struct json *value_of_c(const cJSON *item)
{
    return (const struct json *)item;
}

/* Kind without the flags in the upper bits; NULL is cJSON_Invalid. */
static inline int node_kind(const cJSON *item)
{
    return item ? item->type & 0xFF : cJSON_Invalid;
}

static inline bool node_is_container(const cJSON *item)
{
    return node_kind(item) == cJSON_Object || node_kind(item) == cJSON_Array;
}
