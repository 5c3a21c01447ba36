#include "server/page_html.h"

#include "base/arena.h"
#include "base/embedded.h"
#include "base/template.h"
#include "base/text.h"
#include "crypto/encode.h"

extern const struct embedded page_assets[]; /* src/server/assets */

enum { MAX_PAGE = 128 << 10, MAX_VALUE = 8 << 10 /* bytes */, MAX_VALUES = 64 };

/* A page on its way: what has been said so far, and the values that its templates may name. */
struct draft {
    enum language language;
    struct bytes *html;
    struct arena *arena; /* holds the values */
    struct template_value values[MAX_VALUES + 1];
    size_t count;
};

/* The name's value from now on; text is copied. Failures spoil the page. */
static void set_slice(struct draft *draft, const char *name, struct slice text)
{
    const char *copy = arena_text(draft->arena, text);
    size_t i = 0;

    while (i < draft->count && strcmp(draft->values[i].name, name) != 0)
        i++;
    if (i == MAX_VALUES || !copy) {
        draft->html->failed = true;
        return;
    }
    draft->values[i] = (struct template_value){ .name = name, .text = { copy, text.len } };
    if (i == draft->count)
        draft->count++;
}

static void set(struct draft *draft, const char *name, const char *text)
{
    set_slice(draft, name, slice_str(text));
}

static void setf(struct draft *draft, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void setf(struct draft *draft, const char *name, const char *fmt, ...)
{
    char text[MAX_VALUE];
    va_list args;

    va_start(args, fmt);
    text_vformat(text, sizeof(text), fmt, args);
    va_end(args);
    set(draft, name, text);
}

static const char *text_of(const struct draft *draft, const char *name)
{
    for (const struct page_text *row = page_texts; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row->in[draft->language];
    return "";
}

static void put(struct draft *draft, const char *part)
{
    const struct embedded *file = embedded_find(page_assets, SLICE("sign.html"));

    template_add(draft->html, template_part(file->bytes, part), draft->values);
}

/* ---- the parts ---- */

static bool is_live(const struct mobile_page *session)
{
    return session->state <= SESSION_DOCUMENTS_SENT;
}

static void put_top(struct draft *draft)
{
    static const char *const names[LANGUAGE_COUNT_] = { "Русский", "Қазақша", "English" };
    static const enum language order[] = { LANGUAGE_KK, LANGUAGE_RU, LANGUAGE_EN };
    const struct page_text *codes = page_texts; /* the first row is lang */

    put(draft, "top");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        set(draft, "code", codes->in[order[i]]);
        set(draft, "name", names[order[i]]);
        set(draft, "current", order[i] == draft->language ? "true" : "false");
        put(draft, "language");
    }
    put(draft, "top-end");
}

/* RFC 3986 section 2.1: all but the unreserved. */
static void add_encoded(struct bytes *b, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~", c));
        bytes_addf(b, plain ? "%c" : "%%%02X", c);
    }
}

static void put_sandbox(struct draft *draft, const struct page_view *view)
{
    AUTO(bytes_free) struct bytes *phone = bytes_new(MAX_VALUE);

    put(draft, "sandbox");
    if (phone && *view->phone_url && is_live(view->session)) {
        bytes_addf(phone, "%s?lang=%s&qr=", view->phone_url, text_of(draft, "lang"));
        add_encoded(phone, slice_str(view->session->qr_text));
        set_slice(draft, "phone", bytes_slice(phone));
        put(draft, "phone");
    }
    put(draft, "sandbox-end");
}

/* One sentence of page_texts with numbers in it, as a value. */
static void put_progress(struct draft *draft, const struct mobile_page *session)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(MAX_VALUE);

    if (session->signer_count < 2 || !text)
        return;
    setf(draft, "signed", "%zu", session->signed_count);
    setf(draft, "signers", "%zu", session->signer_count);
    template_add(text, slice_str(text_of(draft, "signed_of")), draft->values);
    set_slice(draft, "progress", bytes_slice(text));
    put(draft, "progress");
}

static void put_main(struct draft *draft, const struct mobile_page *session)
{
    put(draft, "main");
    if (*session->why && (session->refusals || is_live(session))) { /* else it is the hint */
        set(draft, "why", session->why);
        put(draft, "refused");
    }
    put_progress(draft, session);
    put(draft, "panel");
}

static void put_panel(struct draft *draft, const struct page_view *view)
{
    const struct mobile_page *session = view->session;

    set(draft, "link", session->link);
    set(draft, "business_link", session->business_link);
    set(draft, "back_url", session->back_url);
    if (is_live(session))
        put(draft, view->device == PAGE_TELEPHONE ? "telephone" : "qr");
    else
        put(draft, *session->back_url ? "back" : "close");
    put(draft, "way");
}

/* A step that was taken, the one that is waited for, and those to come. */
static void put_steps(struct draft *draft, const struct page_view *view)
{
    const int now = (int)view->session->state;

    if (now > SESSION_SIGNED)
        return;
    put(draft, "steps");
    for (int i = 0; i < PAGE_STEPS; i++) {
        const bool done = i < now || now == SESSION_SIGNED;
        set(draft, "step", page_step(i, view->device, draft->language));
        set(draft, "step_tone", done ? "done" : i == now ? "now" : "later");
        set(draft, "step_current", !done && i == now ? "step" : "false");
        set(draft, "step_done", done ? text_of(draft, "done") : "");
        put(draft, "step");
    }
    put(draft, "steps-end");
    if (now != SESSION_SIGNED)
        put(draft, "clock");
}

/* ---- the words ---- */

void page_version(const struct mobile_page *session, char ret[PAGE_VERSION_TEXT])
{
    char said[MAX_VALUE];
    uint8_t hash[SHA256_BYTES];

    text_format(said, sizeof(said), "%s-%zu-%u-%s", session_state_name(session->state),
                session->signed_count, session->refusals, session->why);
    sha256(slice_str(said), hash);
    text_hex(slice_mem(hash, PAGE_VERSION_TEXT / 2), ret);
}

int64_t page_seconds_left(const struct mobile_page *session)
{
    return (session->left_ms + 999) / 1000;
}

static const char *hint_of(const struct draft *draft, const struct page_view *view,
                           const struct page_state_text *text)
{
    const char *hint = text->hint[draft->language];

    if (*hint)
        return hint;
    return view->session->refusals ? message_text(MSG_FAILED, draft->language) : view->session->why;
}

static const char *tone_of(enum session_state state)
{
    static const char *const tones[] = {
        [SESSION_SIGNED] = "over good",
        [SESSION_EXPIRED] = "over bare",
        [SESSION_CANCELLED] = "over bare",
        [SESSION_FAILED] = "over bare bad",
    };

    return state >= SESSION_SIGNED ? tones[state] : "live";
}

static void set_words(struct draft *draft, const struct page_view *view)
{
    const struct mobile_page *session = view->session;
    const struct page_state_text *text =
        page_state_text(session->state, view->device, session->was_opened);
    const long long left = (long long)page_seconds_left(session);
    char version[PAGE_VERSION_TEXT];

    page_version(session, version);
    set(draft, "version", version);
    setf(draft, "left", "%lld", left);
    if (left >= 3600)
        setf(draft, "clock", "%lld:%02lld:%02lld", left / 3600, left / 60 % 60, left % 60);
    else
        setf(draft, "clock", "%lld:%02lld", left / 60, left % 60);
    setf(draft, "heading", "%s %s", session->organisation, text_of(draft, "asks"));
    set(draft, "state", text->state[draft->language]);
    set(draft, "hint", hint_of(draft, view, text));
    set(draft, "tone", tone_of(session->state));
    set_slice(draft, "id", view->id);
}

/* `fill` says it all; what fails meanwhile spoils the page, and is seen once, here. */
static enum status make(enum language language, void (*fill)(struct draft *, const void *),
                        const void *what, struct bytes **ret_html, struct err *err)
{
    AUTO(bytes_free) struct bytes *html = bytes_new(MAX_PAGE);
    AUTO(arena_free) struct arena *arena = arena_new((size_t)4 * MAX_PAGE);
    struct draft draft = { .language = language, .html = html, .arena = arena };

    if (!html || !arena)
        return RAISE(err, ST_NOMEM, "signing page");
    for (const struct page_text *row = page_texts; row->name; row++)
        set(&draft, row->name, row->in[language]);
    fill(&draft, what);
    TRY(bytes_check(html, "signing page", err));
    *ret_html = TAKE(html);
    return ST_OK;
}

static void fill_page(struct draft *draft, const void *what)
{
    const struct page_view *view = what;

    set_words(draft, view);
    put(draft, "head");
    if (is_live(view->session))
        put(draft, "script");
    put_top(draft);
    if (view->sandbox)
        put_sandbox(draft, view);
    put_main(draft, view->session);
    put_panel(draft, view);
    put_steps(draft, view);
    put(draft, "foot");
}

enum status page_html(const struct page_view *view, struct bytes **ret_html, struct err *err)
{
    return make(view->language, fill_page, view, ret_html, err);
}

static void fill_error(struct draft *draft, const void *what)
{
    const struct page_error *error = what;

    set(draft, "state", text_of(draft, error->state));
    set(draft, "hint", message_text(error->hint, error->language));
    put(draft, "head");
    put_top(draft);
    put(draft, "error");
}

enum status page_error_html(const struct page_error *error, struct bytes **ret_html,
                            struct err *err)
{
    return make(error->language, fill_error, error, ret_html, err);
}
