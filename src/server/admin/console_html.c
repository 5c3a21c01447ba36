#include "server/admin/console_html.h"

#include "base/embedded.h"
#include "base/template.h"

extern const struct embedded console_assets[]; /* src/server/admin/assets */

enum { HTML_MAX = 8 << 20 /* bytes */, OWN_VALUES = 12 };

/* ---- words ---- */

static const struct console_word *const tables[] = { console_texts, pages_texts };
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

const char *console_text(enum language language, const char *name)
{
    for (size_t i = 0; i < TABLES; i++)
        for (const struct console_word *word = tables[i]; word->name; word++)
            if (strcmp(word->name, name) == 0)
                return word->in[language];
    return "";
}

static size_t count_words(void)
{
    size_t count = 0;

    for (size_t i = 0; i < TABLES; i++)
        for (const struct console_word *word = tables[i]; word->name; word++)
            count++;
    return count;
}

const struct template_value *console_words(enum language language,
                                           const struct template_value *more, struct arena *arena)
{
    struct template_value *values = arena_array(arena, count_words() + 1, sizeof(*values));
    size_t count = 0;

    if (!values)
        return NULL;
    for (size_t i = 0; i < TABLES; i++)
        for (const struct console_word *word = tables[i]; word->name; word++)
            values[count++] = (struct template_value){ .name = word->name,
                                                       .text = slice_str(word->in[language]) };
    values[count].more = more;
    return values;
}

static void put(struct bytes *html, const char *part, const struct template_value *values)
{
    const struct embedded *file = embedded_find(console_assets, SLICE("console.html"));

    template_add(html, template_part(file->bytes, part), values);
}

void console_part(struct bytes *html, const char *part, enum language language,
                  const struct template_value *values, struct arena *arena)
{
    const struct template_value *words = console_words(language, values, arena);

    if (!words)
        html->failed = true;
    else
        put(html, part, words);
}

/* ---- the frame ---- */

static const char *attribute(bool is)
{
    return is ? "true" : "false";
}

static void put_menu(struct bytes *html, const struct frame_view *view,
                     const struct template_value *values)
{
    put(html, "menu", values);
    for (const struct console_page *page = console_pages; page->path; page++) {
        if (!page->in_menu || !(page->roles & (1U << view->role)))
            continue;
        const bool here = strcmp(page->path, view->path) == 0;
        const struct template_value item[] = {
            { .name = "href", .text = slice_str(page->path) },
            { .name = "current", .text = slice_str(here ? "page" : "false") },
            { .name = "label", .text = slice_str(console_text(view->language, page->title)) },
            { .name = NULL, .more = values },
        };
        put(html, "item", item);
    }
    put(html, "menu-end", values);
}

static void put_languages(struct bytes *html, const struct frame_view *view,
                          const struct template_value *values)
{
    static const enum language order[] = { LANGUAGE_KK, LANGUAGE_RU, LANGUAGE_EN };
    static const struct {
        const char *code, *name;
    } names[LANGUAGE_COUNT_] = {
        [LANGUAGE_RU] = { "ru", "Русский" },
        [LANGUAGE_KK] = { "kk", "Қазақша" },
        [LANGUAGE_EN] = { "en", "English" },
    };

    put(html, "languages", values);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const struct template_value item[] = {
            { .name = "code", .text = slice_str(names[order[i]].code) },
            { .name = "name_of_it", .text = slice_str(names[order[i]].name) },
            { .name = "current", .text = slice_str(attribute(order[i] == view->language)) },
            { .name = NULL, .more = values },
        };
        put(html, "language", item);
    }
    put(html, "languages-end", values);
}

static void put_who(struct bytes *html, const struct frame_view *view,
                    const struct template_value *values)
{
    const struct template_value who[] = {
        { .name = "account", .text = slice_str(view->account) },
        { .name = "role", .text = slice_str(console_text(view->language, role_name(view->role))) },
        { .name = NULL, .more = values },
    };

    put(html, "who", who);
}

static void fill(struct bytes *html, const struct frame_view *view,
                 const struct template_value *values)
{
    put(html, "head", values);
    if (view->account && view->with_menu)
        put_menu(html, view, values);
    put(html, "side", values);
    if (view->account)
        put_who(html, view, values);
    put_languages(html, view, values);
    put(html, "main", values);
    if (view->sandbox)
        put(html, "sandbox", values);
    put(html, "title", values);
    bytes_add(html, view->main);
    put(html, "foot", values);
}

enum status frame_html(const struct frame_view *view, struct arena *arena, struct bytes **ret_html,
                       struct err *err)
{
    AUTO(bytes_free) struct bytes *html = bytes_new(HTML_MAX);
    const struct template_value own[OWN_VALUES] = {
        { .name = "page", .text = slice_str(console_text(view->language, view->title)) },
        { .name = "path", .text = slice_str(view->path) },
        { .name = "token", .text = slice_str(view->token) },
        { .name = "instance", .text = slice_str(view->instance) },
        { .name = "layout", .text = slice_str(view->account ? "inside" : "outside") },
        { .name = NULL },
    };
    const struct template_value *values = console_words(view->language, own, arena);

    if (!html || !values)
        return RAISE(err, ST_NOMEM, "console page");
    fill(html, view, values);
    TRY(bytes_check(html, "console page", err));
    *ret_html = TAKE(html);
    return ST_OK;
}
