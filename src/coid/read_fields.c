/* Values, lists and objects, by the tables of fields. */
#include "coid/read_fields.h"

#include "base/text.h"
#include "crypto/encode.h"

#include <strings.h>

enum { IIN_DIGITS = 12 };
static const int64_t iin_end = 1000000000000;

/* ---- values ---- */

static bool is_absent(const struct json *value)
{
    struct slice text;

    if (!json_string(value, &text))
        return !value || json_is_null(value);
    text = slice_trim(text);
    return text.len == 0 || slice_eq(text, SLICE("-"));
}

static void *place_in(const struct member *m)
{
    return (char *)m->base + m->field->offset;
}

static void *also_in(const struct member *m)
{
    return (char *)m->base + m->field->also;
}

/* A text of any scalar. false: there is none. */
static bool scalar(struct reading *r, const struct json *value, const char **ret)
{
    char number[JSON_DECIMAL];
    struct slice text;
    bool yes;

    if (json_string(value, &text))
        *ret = read_keep(r, text);
    else if (json_decimal(value, number))
        *ret = read_keep(r, slice_str(number));
    else if (json_bool(value, &yes))
        *ret = yes ? "true" : "false";
    else
        return false;
    return true;
}

static bool take_text(struct reading *r, const struct member *m)
{
    return scalar(r, m->value, place_in(m));
}

static bool take_digits(struct reading *r, const struct member *m)
{
    char text[24];
    int64_t number;

    if (!json_integer(m->value, &number) || number < 0 || number >= iin_end)
        return take_text(r, m);
    (void)text_format(text, sizeof(text), "%0*lld", IIN_DIGITS, (long long)number);
    *(const char **)place_in(m) = read_keep(r, slice_str(text));
    return true;
}

/* The number that a string holds, by JSON's own grammar; the caller's. NULL: it holds none. */
static struct json *number_in(struct reading *r, const struct json *value)
{
    static const struct json_limits one = { 64, 1, 1 };
    AUTO(json_free) struct json *number = NULL;
    struct slice text;
    struct err err;
    double real;

    if (!json_string(value, &text))
        return NULL;
    if (json_parse(text, &one, &number, &err) == ST_NOMEM)
        read_no_memory(r);
    return json_real(number, &real) ? TAKE(number) : NULL;
}

static bool take_decimal(struct reading *r, const struct member *m)
{
    AUTO(json_free) struct json *inside = number_in(r, m->value);
    char text[JSON_DECIMAL];

    if (!json_decimal(inside ? inside : m->value, text))
        return false;
    *(const char **)place_in(m) = read_keep(r, slice_str(text));
    return true;
}

static bool take_integer(struct reading *r, const struct member *m)
{
    AUTO(json_free) struct json *inside = number_in(r, m->value);

    return json_integer(inside ? inside : m->value, place_in(m));
}

static bool take_base64(struct reading *r, const struct member *m)
{
    AUTO(bytes_wipe) struct bytes *bytes = NULL;
    struct slice text;
    struct err err;

    if (!json_string(m->value, &text))
        return false;
    /* more than it can hold: that it does not fit is then memory, and no fault of the text */
    const enum status status = base64_decode(text, text.len + 4, &bytes, &err);
    if (status == ST_NOMEM)
        read_no_memory(r);
    else if (status != ST_OK)
        read_spoil(r, &m->place, NULL, "is not base64");
    else
        *(struct slice *)place_in(m) =
            (struct slice){ read_keep(r, bytes_slice(bytes)), bytes->len };
    return true;
}

static bool take_date(struct reading *r, const struct member *m)
{
    struct coid_date *date = place_in(m);
    char meaning[DATE_MEANING];

    if (!scalar(r, m->value, &date->text))
        return false;
    date_meaning(slice_str(date->text), meaning);
    date->meaning = read_keep(r, slice_str(meaning));
    return true;
}

static const struct field term_fields[] = {
    { "code", .kind = FIELD_TEXT, .offset = offsetof(struct coid_term, code) },
    { "nameRu", .kind = FIELD_TEXT, .offset = offsetof(struct coid_term, name_ru) },
    { "nameKz", .kind = FIELD_TEXT, .offset = offsetof(struct coid_term, name_kz) },
    { "changeDate", .kind = FIELD_DATE, .offset = offsetof(struct coid_term, change_date) },
};
static const struct shape term_shape = ROWS(term_fields);

/* true: at least one of its members is a field that is there. */
static bool read_object(struct reading *r, const struct place *place, const struct json *object,
                        const struct shape *shape, void *base);

static bool take_term(struct reading *r, const struct member *m)
{
    struct coid_term *term = place_in(m);
    struct slice text;
    double number;
    bool is_code;

    if (json_is_object(m->value)) {
        term->present = read_object(r, &m->place, m->value, &term_shape, term);
        return true;
    }
    is_code = json_real(m->value, &number) ||
              (json_string(m->value, &text) && text_is_digits(text, text.len));
    if (!is_code && !json_string(m->value, &text))
        return false;
    term->present = true;
    return scalar(r, m->value, is_code ? &term->code : &term->name_ru);
}

static bool take_object(struct reading *r, const struct member *m)
{
    if (!json_is_object(m->value))
        return false;
    *(bool *)also_in(m) = read_object(r, &m->place, m->value, &m->field->shape, place_in(m));
    return true;
}

/* ---- lists ---- */

static void blank(const struct shape *shape, void *base);

struct items {
    const struct list *list;
    const char *name; /* where the root is the list */
    void *at;         /* NULL: nothing was read yet */
    size_t count;
};

static void take_item(struct reading *r, const struct place *place, const struct json *value,
                      struct items *items)
{
    const struct list *list = items->list;
    char *at = (char *)items->at + items->count * list->item_bytes;

    if (is_absent(value))
        return;
    if (!json_is_object(value)) {
        read_extra(r, place, value);
        return;
    }
    blank(&list->item, at);
    (void)read_object(r, place, value, &list->item, at);
    items->count++;
}

static bool take_items(struct reading *r, const struct place *place, const struct json *value,
                       struct items *items)
{
    const struct list *list = items->list;
    const size_t n = json_is_array(value) ? json_count(value) : 1;
    struct place at = { .above = place };
    char limit[32];

    if (!json_is_array(value) && !json_is_object(value))
        return false;
    if (n > list->max) {
        (void)text_format(limit, sizeof(limit), "%zu items", list->max);
        read_spoil(r, place ? place : &(struct place){ NULL, items->name, 0 }, limit,
                   "has too many items");
        return true;
    }
    items->at = arena_array(read_arena(r), n, list->item_bytes);
    if (!items->at)
        read_no_memory(r);
    else if (json_is_object(value))
        take_item(r, place, value, items);
    else
        for (const struct json *item = json_first(value); item; item = json_next(item), at.index++)
            take_item(r, &at, item, items);
    return true;
}

static bool is_key(const char *key, const char *wanted)
{
    return wanted && strcasecmp(key, wanted) == 0;
}

static void take_holder(struct reading *r, const struct member *m, struct items *items)
{
    const struct json *item = json_first(m->value);

    for (; item; item = json_next(item)) {
        const struct place place = { .above = &m->place, .key = json_key(item) };
        const bool ours = is_key(place.key, items->list->holder) && !items->at;

        if (ours && is_absent(item))
            continue;
        if (!ours || !take_items(r, &place, item, items))
            read_extra(r, &place, item);
    }
}

static bool take_list(struct reading *r, const struct member *m)
{
    struct items items = { .list = m->field->list };
    bool taken = true;

    if (json_is_object(m->value) && items.list->holder)
        take_holder(r, m, &items);
    else
        taken = take_items(r, &m->place, m->value, &items);
    memcpy(place_in(m), &items.at,
           sizeof(items.at)); /* a pointer to what, the table's struct knows */
    *(size_t *)also_in(m) = items.count;
    return taken;
}

/* ---- objects ---- */

static void blank_date(struct coid_date *date)
{
    *date = (struct coid_date){ "", "" };
}

/* What is not there is "" and never NULL. The struct is zeroed before. */
static void blank(const struct shape *shape, void *base)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        void *at = (char *)base + field->offset;

        switch (field->kind) {
        case FIELD_TEXT:
        case FIELD_DIGITS:
        case FIELD_DECIMAL:
            *(const char **)at = "";
            break;
        case FIELD_BASE64:
            *(struct slice *)at = SLICE("");
            break;
        case FIELD_DATE:
            blank_date(at);
            break;
        case FIELD_TERM:
            blank(&term_shape, at);
            break;
        case FIELD_OBJECT:
            blank(&field->shape, at);
            break;
        case FIELD_INTEGER:
        case FIELD_LIST:
            break;
        }
    }
}

static bool (*const takers[])(struct reading *r, const struct member *m) = {
    [FIELD_TEXT] = take_text,       [FIELD_DIGITS] = take_digits, [FIELD_DECIMAL] = take_decimal,
    [FIELD_INTEGER] = take_integer, [FIELD_BASE64] = take_base64, [FIELD_DATE] = take_date,
    [FIELD_TERM] = take_term,       [FIELD_OBJECT] = take_object, [FIELD_LIST] = take_list,
};

/* The row for a key; shape->count: none. */
static size_t row_of(const struct shape *shape, const char *key)
{
    size_t i = 0;

    while (i < shape->count && !is_key(key, shape->fields[i].key) &&
           !is_key(key, shape->fields[i].alias))
        i++;
    return i;
}

/* One member. Returns the bit of the row that took it, 0 when none did. */
static uint64_t read_member(struct reading *r, const struct shape *shape, struct member *m,
                            uint64_t taken)
{
    const size_t row = row_of(shape, m->place.key);
    const uint64_t bit = row < shape->count ? (uint64_t)1 << row : 0;

    if (bit && is_absent(m->value))
        return 0;
    if (bit && !(taken & bit)) {
        m->field = &shape->fields[row];
        if (takers[m->field->kind](r, m))
            return bit;
    }
    read_extra(r, &m->place, m->value);
    return 0;
}

static bool read_object(struct reading *r, const struct place *place, const struct json *object,
                        const struct shape *shape, void *base)
{
    uint64_t taken = 0;

    for (const struct json *value = json_first(object); value; value = json_next(value)) {
        struct member m = { { place, json_key(value), 0 }, NULL, value, base };
        taken |= read_member(r, shape, &m, taken);
    }
    for (size_t i = 0; i < shape->count; i++) {
        const struct place missing = { place, shape->fields[i].key, 0 };
        if (shape->fields[i].required && !(taken & (uint64_t)1 << i))
            read_spoil(r, &missing, NULL, "is missing or cannot be read");
    }
    return taken != 0;
}

void read_root(struct reading *r, const struct json *json, const struct shape *shape, void *to)
{
    blank(shape, to);
    if (json_is_object(json))
        (void)read_object(r, NULL, json, shape, to);
    else
        read_spoil(r, &(struct place){ NULL, shape->fields[0].key, 0 }, NULL,
                   "is missing: no JSON object");
}

void read_root_list(struct reading *r, const struct json *json, const struct list *list,
                    const char *name, const void **ret_items, size_t *ret_count)
{
    struct items items = { .list = list, .name = name };

    if (json_is_array(json))
        (void)take_items(r, NULL, json, &items);
    else
        read_spoil(r, &(struct place){ NULL, name, 0 }, NULL, "is missing: no JSON array");
    *ret_items = items.at;
    *ret_count = items.count;
}
