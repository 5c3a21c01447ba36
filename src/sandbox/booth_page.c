#include "sandbox/booth_page.h"

#include "base/text.h"
#include "sandbox/view.h"
#include "sandbox/words.h"

enum {
    PAGE_MAX = 8 * 1024 * 1024,  /* bytes */
    SHOWN_MAX = 1024 * 1024,     /* of text, of all documents of a page: six times that, escaped */
    SHOWN_EACH_MAX = 128 * 1024, /* of one */
    NUMBER_TEXT = 24,
    KEY_TEXT = 64,
};

/* A page that is being written. */
struct page {
    struct bytes *b;
    enum language language;
};

/* Adds a part with values that end in PAGE_WORDS(page). */
static void add(const struct page *page, const char *part, const struct template_value *values)
{
    const struct embedded *file = embedded_find(booth_assets, SLICE("phone.html"));

    template_add(page->b, template_part(file->bytes, part), values);
}

#define VALUE(word, value)                                                                         \
    {                                                                                              \
        .name = (word), .text = (value)                                                            \
    }
#define PAGE_WORDS(page)                                                                           \
    {                                                                                              \
        .more = words_all((page)->language)                                                        \
    }
#define ADD(page, part, ...)                                                                       \
    add((page), (part), (const struct template_value[]){ __VA_ARGS__, PAGE_WORDS(page) })

static void add_plain(const struct page *page, const char *part)
{
    add(page, part, words_all(page->language));
}

static struct slice word(const struct page *page, const char *name)
{
    return words_find(page->language, name);
}

static struct slice number_text(size_t number, char dst[NUMBER_TEXT])
{
    (void)text_format(dst, NUMBER_TEXT, "%zu", number);
    return slice_str(dst);
}

/* family/holder, as the form writes it. */
static struct slice key_text(const struct family *family, const struct entity *holder,
                             char dst[KEY_TEXT])
{
    (void)text_format(dst, KEY_TEXT, "%s/%s", family->name, holder->name);
    return slice_str(dst);
}

/* ---- the form ---- */

bool booth_may_sign(const struct entity *holder)
{
    return holder->kind == KIND_SIGN;
}

static void add_keys(const struct page *page, const struct booth_form *form,
                     const struct family *family)
{
    ADD(page, "family", VALUE("family", word(page, family->name)));
    for (size_t i = 0; i < HOLDER_COUNT; i++) {
        bool chosen = family == form->family && &holders[i] == form->holder;

        if (booth_may_sign(&holders[i]))
            ADD(page, chosen ? "chosen_key" : "key", VALUE("family_name", slice_str(family->name)),
                VALUE("holder_name", slice_str(holders[i].name)),
                VALUE("common_name", slice_str(holders[i].common_name)),
                VALUE("holder", word(page, holders[i].name)));
    }
    add_plain(page, "family_end");
}

static struct slice truth(bool is)
{
    return is ? SLICE("true") : SLICE("false");
}

struct bytes *booth_page_form(const struct booth_form *form)
{
    struct page page = { bytes_new(PAGE_MAX), form->language };
    char key[KEY_TEXT];

    if (!page.b)
        return NULL;
    ADD(&page, "top", VALUE("heading", word(&page, "scan_title")));
    ADD(&page, "scan", VALUE("qr", slice_str(form->qr)),
        VALUE("key", key_text(form->family, form->holder, key)),
        VALUE("is_ru", truth(form->language == LANGUAGE_RU)),
        VALUE("is_kk", truth(form->language == LANGUAGE_KK)),
        VALUE("is_en", truth(form->language == LANGUAGE_EN)));
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        add_keys(&page, form, &families[i]);
    add_plain(&page, "scan_end");
    add_plain(&page, "bottom");
    return page.b;
}

/* ---- what is to be signed ---- */

/* What of a text is shown: *left bytes at most, whole characters. */
static struct slice take_shown(struct slice text, size_t *left)
{
    size_t max = *left < SHOWN_EACH_MAX ? *left : SHOWN_EACH_MAX;

    if (text.len > max) {
        while (max > 0 && ((unsigned char)text.at[max] & 0xc0) == 0x80)
            max--;
        text.len = max;
    }
    *left -= text.len;
    return text;
}

static void add_file(const struct page *page, const struct phone_document *document,
                     const struct view *view, const struct template_value *file, size_t *left)
{
    struct slice text;

    switch (view->kind) {
    case VIEW_TEXT:
    case VIEW_XML:
        text = take_shown(view->content, left);
        ADD(page, view->kind == VIEW_TEXT ? "text" : "xml", VALUE("name", document->name),
            VALUE("text", text));
        if (text.len < view->content.len)
            add(page, "cut", file);
        return;
    case VIEW_PDF:
        add(page, "pdf", file);
        return;
    case VIEW_HIDDEN:
    case VIEW_BROKEN:
        break;
    }
    const char *reason = view->kind == VIEW_BROKEN ? "data_broken"
                         : document->mime.len == 0 ? "xml_hidden"
                                                   : "type_hidden";
    add(page, "hidden",
        (const struct template_value[]){
            VALUE("reason", word(page, reason)), VALUE("mime", document->mime), { .more = file } });
}

static void add_metas(const struct page *page, const struct phone *phone, size_t i, size_t count)
{
    if (count == 0)
        return;
    add_plain(page, "meta_top");
    for (size_t k = 0; k < count; k++) {
        struct phone_meta meta = phone_document_meta(phone, i, k);

        ADD(page, "meta", VALUE("meta_name", meta.name), VALUE("meta_value", meta.value));
    }
    add_plain(page, "meta_end");
}

/* number: of the document in its PDF's URL. */
static void add_document(const struct page *page, const struct phone *phone, size_t number,
                         const char *id, size_t *left)
{
    const struct phone_document document = phone_document(phone, number);
    AUTO(bytes_free) struct bytes *decoded = NULL;
    struct view view;
    char bytes[NUMBER_TEXT], place[NUMBER_TEXT];
    struct err err;

    if (view_make(&document, &view, &decoded, &err) != ST_OK) {
        page->b->failed = true;
        return;
    }
    const struct template_value file[] = {
        VALUE("id", slice_str(id)),
        VALUE("number", number_text(number, place)),
        VALUE("name", document.name),
        VALUE("bytes", number_text(view.content.len, bytes)),
        PAGE_WORDS(page),
    };
    ADD(page, "document", VALUE("name", document.name));
    add_metas(page, phone, number, document.meta_count);
    add_file(page, &document, &view, file, left);
    add_plain(page, "document_end");
}

/* As the app writes it: 30-09-2023, 15:00 of Astana (req 1.46); what is no date stays as it is. */
static struct slice expiry_text(const struct phone_offer *offer, char dst[TIME_TEXT])
{
    struct time_span span;

    if (!time_parse(slice_str(offer->expiry_date), &span))
        return slice_str(offer->expiry_date);
    time_astana_minute(span.from_ms, dst);
    return slice_str(dst);
}

static void add_decision(const struct page *page, const struct walk *walk, const char *id)
{
    const struct phone_offer *offer = walk_offer(walk);
    const struct phone *phone = walk_phone(walk);
    char expiry[TIME_TEXT];
    size_t left = SHOWN_MAX;

    ADD(page, "offer", VALUE("description", slice_str(offer->description)),
        VALUE("expiry", expiry_text(offer, expiry)),
        VALUE("organisation", slice_str(offer->organisation)), VALUE("bin", slice_str(offer->bin)));
    add_plain(page, "documents");
    for (size_t i = 0; i < phone_document_count(phone); i++)
        add_document(page, phone, i, id, &left);
    ADD(page, "decide", VALUE("id", slice_str(id)));
}

/* ---- what came of it ---- */

static bool is_good(const struct walk_end *end)
{
    return end->err->status == ST_OK && end->answer->status >= 200 && end->answer->status < 300;
}

/* The word that says how a step ended. */
static const char *outcome_word(const struct walk_end *end)
{
    static const struct {
        const char *good, *bad;
    } outcomes[] = {
        [WALK_SCANNED] = { "failed_scan", "failed_scan" },
        [WALK_FETCHED] = { "failed_fetch", "failed_fetch" },
        [WALK_SIGNED] = { "failed_sign", "failed_sign" },
        [WALK_SENT] = { "done_signed", "failed_send" },
        [WALK_REFUSED] = { "done_refused", "failed_refuse" },
    };

    return is_good(end) ? outcomes[end->step].good : outcomes[end->step].bad;
}

/* What the server's silence means; NULL: it has spoken, or nobody asked it. */
static const char *why_word(const struct walk_end *end)
{
    if (strcmp(end->err->code, "hostNotAllowed") == 0)
        return "not_allowed";
    if (end->answer->status == 0 &&
        (end->err->status == ST_UPSTREAM || end->err->status == ST_TIMEOUT))
        return "no_answer";
    return NULL;
}

static void add_answer(const struct page *page, const struct phone_answer *answer)
{
    char status[NUMBER_TEXT];

    if (answer->message[0])
        ADD(page, "message", VALUE("message", slice_str(answer->message)));
    if (answer->status > 0)
        ADD(page, "status", VALUE("http_status", number_text((size_t)answer->status, status)));
}

/* Another scheme would be a script, or a program of this computer. */
static bool is_followed(const char *url)
{
    return slice_starts(slice_str(url), SLICE("https://"));
}

static void add_outcome(const struct page *page, const struct walk *walk)
{
    const struct walk_end end = walk_end(walk);
    const char *why = why_word(&end);
    char key[KEY_TEXT];

    ADD(page, "outcome", VALUE("outcome", word(page, outcome_word(&end))),
        VALUE("mood", slice_str(is_good(&end) ? "good" : "bad")));
    if (end.step != WALK_SIGNED) /* whose trouble is another server's, or the key's */
        add_answer(page, end.answer);
    if (why)
        ADD(page, "why", VALUE("why", word(page, why)));
    if (end.err->status != ST_OK)
        ADD(page, "detail", VALUE("detail", slice_str(end.err->text)));
    if (end.step == WALK_SENT && is_followed(end.answer->back_url))
        ADD(page, "back_url", VALUE("back_url", slice_str(end.answer->back_url)));
    add_plain(page, "outcome_end");
    ADD(page, "again", VALUE("qr", slice_str(walk_qr(walk))),
        VALUE("key", key_text(walk_family(walk), walk_holder(walk), key)));
}

/* ---- the walk ---- */

static void add_wire(const struct page *page, const struct walk *walk)
{
    static const struct phone_offer none = { .api1 = "", .uri = "", .auth_type = "" };
    const struct phone_offer *offer = walk_offer(walk) ? walk_offer(walk) : &none;

    ADD(page, "wire", VALUE("api1", slice_str(offer->api1)), VALUE("api2", slice_str(offer->uri)),
        VALUE("auth_type", slice_str(offer->auth_type)),
        VALUE("common_name", slice_str(walk_holder(walk)->common_name)),
        VALUE("holder", word(page, walk_holder(walk)->name)),
        VALUE("family", word(page, walk_family(walk)->name)));
}

struct bytes *booth_page_walk(const struct walk *walk, const char *id)
{
    struct page page = { bytes_new(PAGE_MAX), walk_language(walk) };
    const struct walk_end end = walk_end(walk);

    if (!page.b)
        return NULL;
    ADD(&page, "top",
        VALUE("heading", walk_is_open(walk) ? slice_str(walk_offer(walk)->description)
                                            : word(&page, outcome_word(&end))));
    if (walk_is_open(walk))
        add_decision(&page, walk, id);
    else
        add_outcome(&page, walk);
    add_wire(&page, walk);
    return page.b;
}

struct bytes *booth_page_gone(enum language language)
{
    struct page page = { bytes_new(PAGE_MAX), language };

    if (!page.b)
        return NULL;
    ADD(&page, "top", VALUE("heading", word(&page, "gone")));
    ADD(&page, "outcome", VALUE("outcome", word(&page, "gone")), VALUE("mood", SLICE("bad")));
    add_plain(&page, "outcome_end");
    ADD(&page, "again", VALUE("qr", SLICE("")), VALUE("key", SLICE("")));
    add_plain(&page, "bottom");
    return page.b;
}
