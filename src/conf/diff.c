#include "conf/diff.h"

#include "base/text.h"
#include "conf/schema.h"

#include <string.h>

enum { SETTING_TEXT = 192 };

/* Whose values are nobody's business, though they are no secrets in the clear. */
static const struct {
    const char *section, *key;
} hidden[] = {
    { "sender", "password_hash" },
    { "sender", "iin" },
    { "sender", "business_iin" },
};

/* Folders that the configuration trusts; the others are those in which shepd writes. */
static const struct {
    const char *section, *key;
} folders[] = {
    { "trust", "dir" },
    { "jws", "pins_dir" },
};

/* ---- sections and values ---- */

/* One section's struct; base NULL: that configuration has no such section. */
struct place {
    const char *name; /* of a named section, NULL: plain */
    const char *base;
};

static bool is_sender(const struct conf_row *row)
{
    return strcmp(row->section, "sender") == 0;
}

static bool is_named(const struct conf_row *row)
{
    return is_sender(row) || strcmp(row->section, "gateway") == 0;
}

static size_t place_count(const struct conf *conf, const struct conf_row *row)
{
    if (!is_named(row))
        return 1;
    return is_sender(row) ? conf->sender_count : conf->gateway_count;
}

static struct place place_at(const struct conf *conf, const struct conf_row *row, size_t i)
{
    if (!is_named(row))
        return (struct place){ NULL, (const char *)conf };
    if (is_sender(row))
        return (struct place){ conf->senders[i].name, (const char *)&conf->senders[i] };
    return (struct place){ conf->gateways[i].name, (const char *)&conf->gateways[i] };
}

static struct place place_find(const struct conf *conf, const struct conf_row *row,
                               const char *name)
{
    for (size_t i = 0; i < place_count(conf, row); i++) {
        struct place place = place_at(conf, row, i);
        if (!name || (place.name && strcmp(place.name, name) == 0))
            return place;
    }
    return (struct place){ name, NULL };
}

static const char *text_of(const struct conf_row *row, const char *base)
{
    return *(const char *const *)(const void *)(base + row->offset);
}

static const char *const *list_of(const struct conf_row *row, const char *base)
{
    return *(const char *const *const *)(const void *)(base + row->offset);
}

static int64_t int_of(const struct conf_row *row, const char *base)
{
    return *(const int64_t *)(const void *)(base + row->offset);
}

static bool bool_of(const struct conf_row *row, const char *base)
{
    return *(const bool *)(const void *)(base + row->offset);
}

static bool lists_equal(const char *const *a, const char *const *b)
{
    for (; *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return !*a && !*b;
}

static bool is_same(const struct conf_row *row, const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    switch (row->kind) {
    case CONF_TEXT:
    case CONF_WORD:
        return strcmp(text_of(row, a), text_of(row, b)) == 0;
    case CONF_WORDS:
    case CONF_LIST:
        return lists_equal(list_of(row, a), list_of(row, b));
    case CONF_INT:
        return int_of(row, a) == int_of(row, b);
    case CONF_BOOL:
        return bool_of(row, a) == bool_of(row, b);
    }
    return false;
}

static void value_text(const struct conf_row *row, const char *base, char dst[CONF_VALUE_TEXT])
{
    size_t len = 0;

    dst[0] = '\0';
    switch (row->kind) {
    case CONF_TEXT:
    case CONF_WORD:
        (void)text_copy(dst, CONF_VALUE_TEXT, text_of(row, base));
        return;
    case CONF_INT:
        (void)text_format(dst, CONF_VALUE_TEXT, "%lld", (long long)int_of(row, base));
        return;
    case CONF_BOOL:
        (void)text_copy(dst, CONF_VALUE_TEXT, bool_of(row, base) ? "yes" : "no");
        return;
    case CONF_WORDS:
    case CONF_LIST:
        for (const char *const *word = list_of(row, base); *word; word++) {
            (void)text_format(dst + len, CONF_VALUE_TEXT - len, "%s%s", len ? " " : "", *word);
            len = strlen(dst);
        }
    }
}

/* https://user:password@host */
static bool has_credentials(const char *text)
{
    for (const char *at = strstr(text, "://"); at; at = strstr(at + 3, "://"))
        if (at[3 + strcspn(at + 3, "/ @")] == '@')
            return true;
    return false;
}

/* The whole value is looked at: what is told of it may be cut in the middle of a password. */
static bool carries_credentials(const struct conf_row *row, const char *base)
{
    if (row->kind == CONF_TEXT || row->kind == CONF_WORD)
        return has_credentials(text_of(row, base));
    if (row->kind != CONF_LIST && row->kind != CONF_WORDS)
        return false;
    for (const char *const *word = list_of(row, base); *word; word++)
        if (has_credentials(*word))
            return true;
    return false;
}

static bool is_hidden(const struct conf_row *row)
{
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (strcmp(row->section, hidden[i].section) == 0 && strcmp(row->key, hidden[i].key) == 0)
            return true;
    return false;
}

/* What may be told of it. */
static void told_text(const struct conf_row *row, const char *base, char dst[CONF_VALUE_TEXT])
{
    value_text(row, base, dst);
    if (*dst && (is_hidden(row) || carries_credentials(row, base)))
        (void)text_copy(dst, CONF_VALUE_TEXT, "hidden");
}

static void setting_text(const struct conf_row *row, const struct place *place,
                         char dst[SETTING_TEXT])
{
    if (place->name)
        (void)text_format(dst, SETTING_TEXT, "%s \"%s\".%s", row->section, place->name, row->key);
    else
        (void)text_format(dst, SETTING_TEXT, "%s.%s", row->section, row->key);
}

/* ---- differences ---- */

struct diff {
    const struct conf *before, *after;
    conf_tell_change *tell;
    void *ctx;
};

static bool is_preset(const struct conf_row *row, const char *base)
{
    char value[CONF_VALUE_TEXT];

    value_text(row, base, value);
    return row->preset && strcmp(value, row->preset) == 0;
}

static void tell_row(const struct diff *diff, const struct conf_row *row,
                     const struct place *before, const struct place *after)
{
    char setting[SETTING_TEXT];
    char old[CONF_VALUE_TEXT], new[CONF_VALUE_TEXT];
    const struct conf_change change = { .setting = setting,
                                        .before = before->base ? old : NULL,
                                        .after = after->base ? new : NULL };

    if (is_same(row, before->base, after->base))
        return;
    if ((!before->base && is_preset(row, after->base)) ||
        (!after->base && is_preset(row, before->base)))
        return;
    setting_text(row, after, setting);
    if (before->base)
        told_text(row, before->base, old);
    if (after->base)
        told_text(row, after->base, new);
    diff->tell(diff->ctx, &change);
}

/* Sections that are there now, then those that are gone. */
static void diff_row(const struct diff *diff, const struct conf_row *row)
{
    for (size_t i = 0; i < place_count(diff->after, row); i++) {
        const struct place after = place_at(diff->after, row, i);
        const struct place before = place_find(diff->before, row, after.name);
        tell_row(diff, row, &before, &after);
    }
    for (size_t i = 0; is_named(row) && i < place_count(diff->before, row); i++) {
        const struct place before = place_at(diff->before, row, i);
        const struct place after = place_find(diff->after, row, before.name);
        if (!after.base)
            tell_row(diff, row, &before, &after);
    }
}

void conf_diff(const struct conf *before, const struct conf *after, conf_tell_change *tell,
               void *ctx)
{
    const struct diff diff = { before, after, tell, ctx };

    for (size_t i = 0; i < conf_row_count; i++)
        diff_row(&diff, &conf_rows[i]);
}

/* ---- files ---- */

static bool names_file(const struct conf_row *row)
{
    static const char suffix[] = "_file";
    const size_t len = strlen(row->key);
    const size_t end = sizeof(suffix) - 1;

    if (row->kind != CONF_TEXT)
        return false;
    return (len > end && strcmp(row->key + len - end, suffix) == 0) ||
           strcmp(row->key, "pkcs11_module") == 0;
}

static bool names_folder(const struct conf_row *row)
{
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (strcmp(row->section, folders[i].section) == 0 && strcmp(row->key, folders[i].key) == 0)
            return true;
    return false;
}

static void tell_place(const struct conf_row *row, const struct place *place, conf_tell_file *tell,
                       void *ctx)
{
    const char *path = text_of(row, place->base);
    char setting[SETTING_TEXT];

    if (*path == '\0' || strncmp(path, "pkcs11:", strlen("pkcs11:")) == 0)
        return;
    setting_text(row, place, setting);
    tell(ctx,
         &(const struct conf_file){ .setting = setting,
                                    .path = path,
                                    .is_folder = names_folder(row),
                                    .is_secret = strstr(row->key, "key") || /* as they are named */
                                                 strstr(row->key, "pass") });
}

void conf_files(const struct conf *conf, conf_tell_file *tell, void *ctx)
{
    for (size_t i = 0; i < conf_row_count; i++) {
        const struct conf_row *row = &conf_rows[i];
        if (!names_file(row) && !names_folder(row))
            continue;
        for (size_t k = 0; k < place_count(conf, row); k++) {
            const struct place place = place_at(conf, row, k);
            tell_place(row, &place, tell, ctx);
        }
    }
}
