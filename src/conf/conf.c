#include "conf/conf.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/check.h"
#include "conf/ini.h"
#include "conf/schema.h"

#include <errno.h>
#include <string.h>

enum {
    MAX_FILE = 1 << 20,  /* bytes of a configuration file */
    MAX_ARENA = 4 << 20, /* bytes of everything read from it */
    MAX_NAMED = 256,     /* [sender] or [gateway] sections */
    MAX_LIST = 64,       /* words of one list */
    MAX_ROWS = 256,      /* of the table: size of the "was it set" flags */
};

struct loader {
    struct conf conf; /* first: conf_free() gets a pointer to it */
    struct arena *arena;
    const char *path;
    struct conf_sender senders[MAX_NAMED];
    struct conf_gateway gateways[MAX_NAMED];
    int set_line[MAX_ROWS]; /* of the section being read: line where a row was set, 0 = not yet */
};

/* What the current section's rows write into. */
struct target {
    char *base;
    struct slice section;
    struct slice name;
    int line;
};

static enum status out_of_memory(struct err *err)
{
    return RAISE(err, ST_NOMEM, "configuration: out of memory or over %d bytes", MAX_ARENA);
}

static enum status bad_value(const struct loader *l, const struct conf_row *row, int line,
                             const char *why, struct err *err)
{
    return RAISE_CAUSE(err, ST_INPUT, "configuration", row->key, NULL, "%s:%d: [%s] %s: %s",
                       l->path, line, row->section, row->key, why);
}

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

static struct slice take_word(struct slice *rest)
{
    size_t len = 0;

    while (rest->len > 0 && is_separator(rest->at[0]))
        *rest = slice_skip(*rest, 1);
    while (len < rest->len && !is_separator(rest->at[len]))
        len++;
    struct slice word = { rest->at, len };
    *rest = slice_skip(*rest, len);
    return word;
}

static bool is_allowed(const char *words, struct slice word)
{
    struct slice rest = slice_str(words);

    for (struct slice one = take_word(&rest); one.len > 0; one = take_word(&rest))
        if (slice_eq(one, word))
            return true;
    return false;
}

static enum status set_text(struct loader *l, const struct conf_row *row, struct slice value,
                            const char **place, struct err *err)
{
    (void)row;
    *place = arena_text(l->arena, value);
    return *place ? ST_OK : out_of_memory(err);
}

static enum status set_list(struct loader *l, const struct conf_row *row, struct slice value,
                            int line, const char *const **place, struct err *err)
{
    const char **list = arena_array(l->arena, MAX_LIST + 1, sizeof(*list));
    size_t n = 0;

    if (!list)
        return out_of_memory(err);
    for (struct slice word = take_word(&value); word.len > 0; word = take_word(&value)) {
        if (n == MAX_LIST)
            return bad_value(l, row, line, "more than 64 words", err);
        if (row->words && !is_allowed(row->words, word))
            return bad_value(l, row, line, row->words, err);
        list[n] = arena_text(l->arena, word);
        if (!list[n++])
            return out_of_memory(err);
    }
    *place = list;
    return ST_OK;
}

static enum status set_int(struct loader *l, const struct conf_row *row, struct slice value,
                           int line, int64_t *place, struct err *err)
{
    char digits[24];
    char why[96];
    char *end;

    text_format(why, sizeof(why), "wants a whole number from %lld to %lld", (long long)row->min,
                (long long)row->max);
    if (value.len == 0 || !text_copy_slice(digits, sizeof(digits), value))
        return bad_value(l, row, line, why, err);
    errno = 0;
    long long number = strtoll(digits, &end, 10);
    if (errno != 0 || *end != '\0' || number < row->min || number > row->max)
        return bad_value(l, row, line, why, err);
    *place = number;
    return ST_OK;
}

static enum status set_bool(struct loader *l, const struct conf_row *row, struct slice value,
                            int line, bool *place, struct err *err)
{
    if (!slice_eq_str(value, "yes") && !slice_eq_str(value, "no"))
        return bad_value(l, row, line, "wants yes or no", err);
    *place = slice_eq_str(value, "yes");
    return ST_OK;
}

static enum status set_value(struct loader *l, const struct conf_row *row,
                             const struct target *target, struct slice value, struct err *err)
{
    void *place = target->base + row->offset;

    switch (row->kind) {
    case CONF_WORD:
        if (!is_allowed(row->words, value))
            return bad_value(l, row, target->line, row->words, err);
        return set_text(l, row, value, (const char **)place, err);
    case CONF_TEXT:
        return set_text(l, row, value, (const char **)place, err);
    case CONF_WORDS:
    case CONF_LIST:
        return set_list(l, row, value, target->line, (const char *const **)place, err);
    case CONF_INT:
        return set_int(l, row, value, target->line, (int64_t *)place, err);
    case CONF_BOOL:
        return set_bool(l, row, value, target->line, (bool *)place, err);
    }
    return RAISE(err, ST_INTERNAL, "configuration table: row %s has no kind", row->key);
}

static bool in_section(const struct conf_row *row, struct slice section)
{
    return slice_eq_str(section, row->section);
}

static bool is_named(struct slice section)
{
    return slice_eq_str(section, "sender") || slice_eq_str(section, "gateway");
}

/* Defaults of what a named section left out; a required key that is missing is refused. */
static enum status close_section(struct loader *l, const struct target *target, struct err *err)
{
    for (size_t i = 0; i < conf_row_count; i++) {
        const struct conf_row *row = &conf_rows[i];
        if (!in_section(row, target->section) || l->set_line[i] != 0)
            continue;
        if (!row->preset)
            return bad_value(l, row, target->line, "is required", err);
        TRY(set_value(l, row, target, slice_str(row->preset), err));
    }
    return ST_OK;
}

static void forget_section(struct loader *l, struct slice section)
{
    for (size_t i = 0; i < conf_row_count; i++)
        if (in_section(&conf_rows[i], section))
            l->set_line[i] = 0;
}

static enum status add_named(struct loader *l, struct target *target, struct err *err)
{
    bool sender = slice_eq_str(target->section, "sender");
    size_t *count = sender ? &l->conf.sender_count : &l->conf.gateway_count;
    const char *name = arena_text(l->arena, target->name);

    if (!name)
        return out_of_memory(err);
    if (target->name.len == 0 || *count == MAX_NAMED)
        return RAISE(err, ST_INPUT,
                     "%s:%d: [%.*s \"name\"] wants a name, and there may be %d at most", l->path,
                     target->line, (int)target->section.len, target->section.at, MAX_NAMED);
    if (sender)
        l->senders[*count].name = name;
    else
        l->gateways[*count].name = name;
    target->base = sender ? (char *)&l->senders[*count] : (char *)&l->gateways[*count];
    (*count)++;
    return ST_OK;
}

static bool section_exists(struct slice section)
{
    for (size_t i = 0; i < conf_row_count; i++)
        if (in_section(&conf_rows[i], section))
            return true;
    return false;
}

static enum status open_section(struct loader *l, const struct ini_line *line,
                                struct target *target, struct err *err)
{
    if (target->section.len > 0 && is_named(target->section))
        TRY(close_section(l, target, err));
    *target = (struct target){ (char *)&l->conf, line->section, line->name, line->number };
    if (!section_exists(line->section))
        return RAISE(err, ST_INPUT, "%s:%d: there is no section [%.*s]", l->path, line->number,
                     (int)line->section.len, line->section.at);
    if (!is_named(line->section))
        return ST_OK;
    forget_section(l, line->section);
    return add_named(l, target, err);
}

static enum status read_key(struct loader *l, const struct ini_line *line, struct target *target,
                            struct err *err)
{
    target->line = line->number;
    for (size_t i = 0; i < conf_row_count; i++) {
        const struct conf_row *row = &conf_rows[i];
        if (!in_section(row, line->section) || !slice_eq_str(line->key, row->key))
            continue;
        if (l->set_line[i] != 0)
            return bad_value(l, row, line->number, "stands here for the second time", err);
        l->set_line[i] = line->number;
        return set_value(l, row, target, line->value, err);
    }
    return RAISE(err, ST_INPUT, "%s:%d: [%.*s] has no key %.*s", l->path, line->number,
                 (int)line->section.len, line->section.at, (int)line->key.len, line->key.at);
}

/* Sections without a name may be absent as a whole: their defaults and demands count all the same.
 */
static enum status close_plain_sections(struct loader *l, struct err *err)
{
    for (size_t i = 0; i < conf_row_count; i++) {
        struct target target = { (char *)&l->conf, slice_str(conf_rows[i].section), SLICE(""), 0 };
        if (!is_named(target.section) && l->set_line[i] == 0)
            TRY(close_section(l, &target, err));
    }
    return ST_OK;
}

static enum status read_all(struct loader *l, struct slice text, struct err *err)
{
    struct ini ini = { .path = l->path, .rest = text };
    struct target target = { 0 };
    int more;

    for (;;) {
        TRY(ini_next(&ini, &more, err));
        if (!more)
            break;
        if (ini.line.key.len == 0)
            TRY(open_section(l, &ini.line, &target, err));
        else
            TRY(read_key(l, &ini.line, &target, err));
    }
    if (target.section.len > 0 && is_named(target.section))
        TRY(close_section(l, &target, err));
    return close_plain_sections(l, err);
}

enum status conf_parse(const char *path, struct slice text, const struct conf **ret_conf,
                       struct err *err)
{
    AUTO_FREE struct loader *l = calloc(1, sizeof(*l));
    AUTO(arena_free) struct arena *arena = arena_new(MAX_ARENA);

    if (!l || !arena || conf_row_count > MAX_ROWS)
        return out_of_memory(err);
    l->arena = arena;
    l->path = path;
    if (!text_is_utf8(text))
        return RAISE(err, ST_INPUT, "%s: is not UTF-8", path);
    TRY(read_all(l, text, err));
    l->conf.senders = l->senders;
    l->conf.gateways = l->gateways;
    TRY(conf_check(path, &l->conf, err));
    (void)TAKE(arena);
    *ret_conf = &TAKE(l)->conf;
    return ST_OK;
}

enum status conf_load(const char *path, const struct conf **ret_conf, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = NULL;

    TRY(file_load(path, MAX_FILE, &text, err));
    return conf_parse(path, bytes_slice(text), ret_conf, err);
}

void conf_free(const struct conf *conf)
{
    struct loader *l = (struct loader *)(uintptr_t)conf; /* conf is its first member */

    if (!l)
        return;
    arena_free(l->arena);
    free(l);
}
