/* Text to document: our scanner first, then cJSON builds the tree, then keys are held unique. */
#include "json/node.h"
#include "json/scan.h"

#include <stdlib.h>

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* keys: scratch with room for every value of the document. */
static enum status check_object(const cJSON *object, const char **keys, struct err *err)
{
    size_t n = 0;

    for (const cJSON *item = object->child; item; item = item->next)
        keys[n++] = item->string;
    qsort(keys, n, sizeof(keys[0]), compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            return RAISE(err, ST_FORMAT, "JSON: key \"%.60s\" stands twice in one object", keys[i]);
    return ST_OK;
}

static enum status check_unique_keys(const cJSON *value, const char **keys, struct err *err)
{
    if (node_kind(value) == cJSON_Object)
        TRY(check_object(value, keys, err));
    if (node_is_container(value))
        for (const cJSON *item = value->child; item; item = item->next)
            TRY(check_unique_keys(item, keys, err));
    return ST_OK;
}

/* Most members an object of the tree has. */
static size_t widest_object(const cJSON *value)
{
    size_t widest = 0, n = 0;

    if (!node_is_container(value))
        return 0;
    for (const cJSON *item = value->child; item; item = item->next) {
        size_t below = widest_object(item);
        widest = below > widest ? below : widest;
        n++;
    }
    return n > widest ? n : widest;
}

static enum status check_tree(const cJSON *root, struct err *err)
{
    const char **keys = calloc(widest_object(root) + 1, sizeof(*keys));
    enum status status;

    if (!keys)
        return RAISE(err, ST_NOMEM, "JSON: out of memory");
    status = check_unique_keys(root, keys, err);
    free(keys);
    return status;
}

enum status json_parse(struct slice text, const struct json_limits *limits, struct json **ret,
                       struct err *err)
{
    AUTO(json_free) struct json *json = NULL;

    TRY(json_scan(text, limits, err));
    json = value_of(cJSON_ParseWithLengthOpts(text.at, text.len, NULL, 0));
    if (!json) /* the grammar is right, so only memory can be missing */
        return RAISE(err, ST_NOMEM, "JSON: out of memory");
    TRY(check_tree(node_c(json), err));
    *ret = TAKE(json);
    return ST_OK;
}

struct json *json_dup(const struct json *value)
{
    return value_of(cJSON_Duplicate(node_c(value), 1));
}

void json_free(struct json *json)
{
    cJSON_Delete(node(json));
}
