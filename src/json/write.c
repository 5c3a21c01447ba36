/* Building and editing documents, and printing them under a ceiling. */
#include "json/node.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t max_exact = ((int64_t)1 << 53) - 1;

static void spoil(struct json *container, int how)
{
    if (container)
        node(container)->type |= how;
}

/* Takes item; a NULL item is memory that ran out. Returns it, borrowed, or NULL. */
static struct json *attach(struct json *object, const char *key, cJSON *item)
{
    if (!item) {
        spoil(object, NODE_NO_MEMORY);
        return NULL;
    }
    if (!json_is_object(object) || json_member(object, key)) {
        spoil(object, NODE_BAD_VALUE);
        cJSON_Delete(item);
        return NULL;
    }
    if (!cJSON_AddItemToObject(node(object), key, item)) {
        spoil(object, NODE_NO_MEMORY);
        cJSON_Delete(item);
        return NULL;
    }
    return value_of(item);
}

static struct json *push(struct json *array, cJSON *item)
{
    if (!item) {
        spoil(array, NODE_NO_MEMORY);
        return NULL;
    }
    if (!json_is_array(array) || !cJSON_AddItemToArray(node(array), item)) {
        spoil(array, NODE_BAD_VALUE);
        cJSON_Delete(item);
        return NULL;
    }
    return value_of(item);
}

/* NULL when out of memory. */
static char *copy_text(struct slice text)
{
    char *copy = cJSON_malloc(text.len + 1);

    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* A string item made with one copy; cJSON's own would want a NUL-terminated source. */
static cJSON *new_string(struct slice text)
{
    cJSON *item = cJSON_CreateNull();
    char *copy = item ? copy_text(text) : NULL;

    if (!copy) {
        cJSON_Delete(item);
        return NULL;
    }
    item->type = cJSON_String;
    item->valuestring = copy;
    return item;
}

struct json *json_new_object(void)
{
    return value_of(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
    return value_of(cJSON_CreateArray());
}

void json_set_string(struct json *object, const char *key, struct slice utf8)
{
    if (!object)
        return;
    if (!text_is_utf8(utf8))
        spoil(object, NODE_BAD_VALUE);
    else
        (void)attach(object, key, new_string(utf8));
}

void json_set_integer(struct json *object, const char *key, int64_t value)
{
    if (!object)
        return;
    if (value > max_exact || value < -max_exact)
        spoil(object, NODE_BAD_VALUE);
    else
        (void)attach(object, key, cJSON_CreateNumber((double)value));
}

void json_set_bool(struct json *object, const char *key, bool value)
{
    if (object)
        (void)attach(object, key, cJSON_CreateBool(value));
}

struct json *json_set_object(struct json *object, const char *key)
{
    return object ? attach(object, key, cJSON_CreateObject()) : NULL;
}

struct json *json_set_array(struct json *object, const char *key)
{
    return object ? attach(object, key, cJSON_CreateArray()) : NULL;
}

void json_set_copy(struct json *object, const char *key, const struct json *value)
{
    if (object)
        (void)attach(object, key, cJSON_Duplicate(node_c(value), 1));
}

struct json *json_push_object(struct json *array)
{
    return array ? push(array, cJSON_CreateObject()) : NULL;
}

struct json *json_push_array(struct json *array)
{
    return array ? push(array, cJSON_CreateArray()) : NULL;
}

void json_push_string(struct json *array, struct slice utf8)
{
    if (!array)
        return;
    if (!text_is_utf8(utf8))
        spoil(array, NODE_BAD_VALUE);
    else
        (void)push(array, new_string(utf8));
}

struct json *json_edit_member(struct json *object, const char *key)
{
    if (!json_is_object(object))
        return NULL;
    return value_of(cJSON_GetObjectItemCaseSensitive(node(object), key));
}

struct json *json_edit_item(struct json *array_or_object, size_t i)
{
    cJSON *item = node_is_container(node(array_or_object)) ? node(array_or_object)->child : NULL;

    while (item && i-- > 0)
        item = item->next;
    return value_of(item);
}

bool json_replace_string(struct json *object, const char *key, struct slice utf8)
{
    cJSON *item = node(json_edit_member(object, key));
    char *copy;

    if (node_kind(item) != cJSON_String)
        return false;
    if (!text_is_utf8(utf8)) {
        spoil(object, NODE_BAD_VALUE);
        return true;
    }
    copy = copy_text(utf8);
    if (!copy) {
        spoil(object, NODE_NO_MEMORY);
        return true;
    }
    cJSON_free(item->valuestring);
    item->valuestring = copy;
    return true;
}

static const char *short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void print_string(struct bytes *out, const char *text)
{
    bytes_add(out, SLICE("\""));
    for (;;) {
        size_t plain = 0;
        unsigned char c;

        while ((c = (unsigned char)text[plain]) >= 0x20 && c != '"' && c != '\\')
            plain++;
        bytes_add(out, (struct slice){ text, plain });
        if (c == '\0')
            break;
        if (short_escape(c))
            bytes_add_str(out, short_escape(c));
        else
            bytes_addf(out, "\\u%04x", c);
        text += plain + 1;
    }
    bytes_add(out, SLICE("\""));
}

/* d.ddde±x in the fewest digits: what 15 of them tell apart needs no more once zeros are gone. */
static void print_scientific(double number, char *dst, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(dst, size, "%.*e", digits - 1, number);
        if (strtod(dst, NULL) == number)
            return;
    }
}

/* Digits with their point behind the first `whole` of them, zeros put in where they are missing. */
static void lay_out(const char *digits, int whole, char *dst)
{
    const int n = (int)strlen(digits);

    if (whole <= 0)
        *dst++ = '0';
    for (int i = 0; i < whole; i++)
        *dst++ = (char)(i < n ? digits[i] : '0');
    if (n > whole)
        *dst++ = '.';
    for (int i = whole; i < n; i++)
        *dst++ = (char)(i < 0 ? '0' : digits[i]);
    *dst = '\0';
}

bool json_decimal(const struct json *value, char dst[JSON_DECIMAL])
{
    char text[40], digits[20] = "";
    double number;
    int n = 0;

    if (!json_real(value, &number))
        return false;
    print_scientific(number, text, sizeof(text));
    const char *exponent = strchr(text, 'e');
    for (const char *at = text; at < exponent; at++)
        if (*at >= '0' && *at <= '9')
            digits[n++] = *at;
    while (n > 0 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    if (number < 0)
        *dst++ = '-';
    lay_out(digits, n == 0 ? 0 : (int)strtol(exponent + 1, NULL, 10) + 1, dst);
    return true;
}

/* The shortest of 15 and 17 digits that reads back as the same number. */
static void print_number(struct bytes *out, double number)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.15g", number);
    if (strtod(text, NULL) != number)
        (void)snprintf(text, sizeof(text), "%.17g", number);
    bytes_add_str(out, text);
}

/* Flags of every container on the way gather in ret_spoilt. */
static void print_value(struct bytes *out, const cJSON *value, int *ret_spoilt)
{
    bool object = node_kind(value) == cJSON_Object;

    *ret_spoilt |= value->type & (NODE_NO_MEMORY | NODE_BAD_VALUE);
    switch (node_kind(value)) {
    case cJSON_String:
        print_string(out, value->valuestring);
        return;
    case cJSON_Number:
        print_number(out, value->valuedouble);
        return;
    case cJSON_Object:
    case cJSON_Array:
        break;
    default:
        bytes_add_str(out, cJSON_IsTrue(value) ? "true" : cJSON_IsNull(value) ? "null" : "false");
        return;
    }
    bytes_add_str(out, object ? "{" : "[");
    for (const cJSON *item = value->child; item; item = item->next) {
        if (object) {
            print_string(out, item->string);
            bytes_add(out, SLICE(":"));
        }
        print_value(out, item, ret_spoilt);
        if (item->next)
            bytes_add(out, SLICE(","));
    }
    bytes_add_str(out, object ? "}" : "]");
}

enum status json_print(const struct json *root, size_t max_bytes, struct bytes **ret,
                       struct err *err)
{
    AUTO(bytes_free) struct bytes *out = NULL;
    int spoilt = 0;

    if (!root)
        return RAISE(err, ST_NOMEM, "JSON: out of memory");
    out = bytes_new(max_bytes);
    if (!out)
        return RAISE(err, ST_NOMEM, "JSON: out of memory");
    print_value(out, node_c(root), &spoilt);
    if (spoilt & NODE_NO_MEMORY)
        return RAISE(err, ST_NOMEM, "JSON: out of memory");
    if (spoilt & NODE_BAD_VALUE)
        return RAISE(err, ST_INTERNAL, "JSON: a value that JSON cannot hold");
    TRY(bytes_check(out, "JSON text", err));
    *ret = TAKE(out);
    return ST_OK;
}
