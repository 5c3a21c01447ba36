/* Signing sessions, and one of them with documents, signers and seal: for the administrator. */
#include "base/text.h"
#include "server/admin/pages.h"

#include <stdlib.h>

enum {
    LIST_ROWS = 50,
    FILES_MAX = 2000,
    CONTENT_BYTES = 128 << 20,
    ROWS_BYTES = 32 << 20,
};
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define PREFIX "/admin/sessions/"

static const char *state_class(const char *state)
{
    return strcmp(state, "signed") == 0                                       ? "good"
           : strcmp(state, "failed") == 0                                     ? "bad"
           : strcmp(state, "expired") == 0 || strcmp(state, "cancelled") == 0 ? "off"
                                                                              : "";
}

/* ---- the list ---- */

static enum status ask_sessions(const struct console_visit *visit, struct session_search *search,
                                char from[TIME_TEXT], char to[TIME_TEXT], struct err *err)
{
    const int64_t now_ms = clock_now(service_rooms(visit->service)->clock);
    enum session_state state;
    struct time_span span;
    char before[64];

    *search = (struct session_search){ .max = LIST_ROWS,
                                       .to_ms = now_ms + DAY_MS,
                                       .from_ms = now_ms - 31 * DAY_MS };
    TRY(html_asked(visit, "from", from, TIME_TEXT, err));
    TRY(html_asked(visit, "to", to, TIME_TEXT, err));
    TRY(html_asked(visit, "sender", search->sender, sizeof(search->sender), err));
    TRY(html_asked(visit, "state", search->state, sizeof(search->state), err));
    TRY(html_asked(visit, "before", before, sizeof(before), err));
    if (*from && !time_parse(slice_str(from), &span))
        return html_refuse(visit, "from", "yyyy-mm-dd", "bad_time", err);
    if (*from)
        search->from_ms = span.from_ms;
    if (*to && !time_parse(slice_str(to), &span))
        return html_refuse(visit, "to", "yyyy-mm-dd", "bad_time", err);
    if (*to)
        search->to_ms = span.to_ms;
    if (search->from_ms < 0 || search->to_ms < search->from_ms)
        return html_refuse(visit, "to", "", "bad_order", err);
    if (*search->state && !session_state_parse(slice_str(search->state), &state))
        return html_refuse(visit, "state", "", "bad_state", err);
    if (*before && !id_parse(slice_str(before), &search->before))
        return html_refuse(visit, "after", "", "bad_place", err);
    return ST_OK;
}

static void add_form(struct html *h, const struct session_search *search, const char *from,
                     const char *to)
{
    html_add(h,
             "<form class=\"search\" method=\"get\" action=\"/admin/sessions\">\n"
             "<p class=\"field\"><label for=\"f_from\">%s</label>"
             "<input id=\"f_from\" name=\"from\" type=\"date\" value=\"%s\"></p>\n"
             "<p class=\"field\"><label for=\"f_to\">%s</label>"
             "<input id=\"f_to\" name=\"to\" type=\"date\" value=\"%s\"></p>\n"
             "<p class=\"field\"><label for=\"f_sender\">%s</label>"
             "<input id=\"f_sender\" name=\"sender\" value=\"%s\" autocomplete=\"off\"></p>\n"
             "<p class=\"field\"><label for=\"f_state\">%s</label>"
             "<select id=\"f_state\" name=\"state\"><option value=\"\">%s</option>",
             html_word(h, "f_from"), from, html_word(h, "f_to"), to, html_word(h, "f_sender"),
             search->sender, html_word(h, "f_state"), html_word(h, "any"));
    for (int i = SESSION_CREATED; i <= (int)SESSION_FAILED; i++) {
        const char *name = session_state_name((enum session_state)i);
        html_add(h,
                 strcmp(name, search->state) == 0 ? "<option value=\"%s\" selected>%s</option>"
                                                  : "<option value=\"%s\">%s</option>",
                 name, name);
    }
    html_add(h,
             "</select></p>\n<p class=\"actions\"><button>%s</button>"
             "<a class=\"button quiet\" href=\"/admin/sessions\">%s</a></p>\n</form>\n",
             html_word(h, "find"), html_word(h, "clear"));
}

static void add_found(struct html *h, const struct session_found *found, size_t count)
{
    static const char *const heads[] = { "c_created",    "c_state",   "c_sender", "c_description",
                                         "#c_documents", "#c_signed", "c_ended",  NULL };

    html_table(h, "sessions_title", heads);
    for (size_t i = 0; i < count; i++) {
        const struct session_found *f = &found[i];
        html_add(h,
                 "<tr><td class=\"time\" data-label=\"%s\"><a href=\"" PREFIX "%s\">%s</a></td>"
                 "<td data-label=\"%s\"><span><span class=\"badge %s\">%s</span></span></td>",
                 html_word(h, "c_created"), f->id.text, html_time(h, f->created_ms),
                 html_word(h, "c_state"), state_class(f->state), f->state);
        html_cell(h, "c_sender", "", f->sender);
        html_cell(h, "c_description", "wrap", f->description);
        html_cell(h, "c_documents", "number", html_text(h, "%lld", (long long)f->documents));
        html_cell(h, "c_signed", "number",
                  html_text(h, "%lld / %lld", (long long)f->turns,
                            (long long)(f->signers ? f->signers : 1)));
        html_cell(h, "c_ended", "time", html_time(h, f->ended_ms));
        html_add(h, "</tr>\n");
    }
    html_table_end(h);
}

enum status sessions_give(const struct console_visit *visit, struct console_answer *ret,
                          struct err *err)
{
    struct session_search *search = arena_alloc(visit->arena, sizeof(*search));
    struct session_found *found = arena_array(visit->arena, LIST_ROWS, sizeof(*found));
    char from[TIME_TEXT], to[TIME_TEXT];
    size_t count = 0;
    struct html h;

    if (!search || !found)
        return RAISE(err, ST_NOMEM, "sessions: out of memory");
    TRY(ask_sessions(visit, search, from, to, err));
    TRY(store_session_list(service_rooms(visit->service)->store, search, visit->arena, found,
                           &count, err));
    TRY(html_begin(visit, &h, err));
    add_form(&h, search, from, to);
    if (count == 0)
        html_add(&h, "<p class=\"soft\">%s</p>\n", html_word(&h, "nothing"));
    else
        add_found(&h, found, count);
    if (count == LIST_ROWS)
        html_add(&h,
                 "<nav class=\"pager\"><a rel=\"next\" href=\"/admin/sessions?from=%s&to=%s"
                 "&sender=%s&state=%s&before=%s\">%s</a></nav>\n",
                 from, to, html_encoded(&h, search->sender), search->state,
                 found[count - 1].id.text, html_word(&h, "older"));
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "rows=%zu sender=%.100s state=%s",
                      count, search->sender, search->state);
    return html_done(&h, ret, err);
}

/* ---- one of them ---- */

static void add_times(struct html *h, const struct signing_session *s)
{
    const struct {
        const char *word;
        int64_t ms;
    } times[] = {
        { "c_created", s->created_ms },     { "c_scanned", s->scanned_ms },
        { "c_sent", s->documents_sent_ms }, { "c_ended", s->ended_ms },
        { "c_expires", s->expires_ms },     { "c_wiped", s->wiped_ms },
    };

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (times[i].ms)
            html_fact(h, times[i].word, html_time(h, times[i].ms));
}

static void add_head(struct html *h, const struct signing_session *s)
{
    const char *state = session_state_name(s->state);

    html_add(h,
             "<div class=\"card\"><dl class=\"facts\">\n<dt>%s</dt><dd class=\"mono\">%s</dd>\n"
             "<dt>%s</dt><dd><span class=\"badge %s\">%s</span> %s</dd>\n",
             html_word(h, "t_session"), s->id.text, html_word(h, "c_state"), state_class(state),
             state, s->reason);
    html_fact(h, "c_sender", s->sender_id);
    html_fact(h, "c_organisation", s->organisation.name.ru);
    html_fact(h, "c_description", s->description);
    html_fact(h, "c_method", session_method_name(s->method));
    html_fact(h, "c_auth", session_auth_name(s->auth));
    add_times(h, s);
    if (s->failed_puts)
        html_fact(h, "c_refusals", html_text(h, "%u", s->failed_puts));
    html_add(h, "</dl></div>\n");
}

static const struct session_file *file_of(const struct session_file *files, size_t count,
                                          int64_t document, int64_t turn)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].document == document && files[i].turn == turn)
            return &files[i];
    return NULL;
}

static void add_file(struct html *h, const struct session_file *file)
{
    char hex[65] = "";

    if (file)
        text_hex(slice_mem(file->sha256, sizeof(file->sha256)), hex);
    html_cell(h, "c_bytes", "number", file ? html_text(h, "%lld", (long long)file->bytes) : "—");
    html_cell(h, "c_sha256", "mono", hex);
}

static void add_documents(struct html *h, const struct signing_session *s,
                          const struct session_file *files, size_t count)
{
    static const char *const heads[] = { "#c_number", "c_name",   "c_method", "c_mime",
                                         "#c_bytes",  "c_sha256", NULL };

    html_add(h, "<h2>%s</h2>\n", html_word(h, "documents"));
    html_table(h, "documents", heads);
    for (size_t i = 0; i < s->document_count; i++) {
        const struct document *d = &s->documents[i];
        html_add(h, "<tr>");
        html_cell(h, "c_number", "number", html_text(h, "%lld", (long long)d->id));
        html_cell(h, "c_name", "wrap", d->name.ru);
        html_cell(h, "c_method", "", session_method_name(d->method ? d->method : s->method));
        html_cell(h, "c_mime", "", d->mime ? d->mime : "XML");
        add_file(h, file_of(files, count, d->id, -1));
        html_add(h, "</tr>\n");
    }
    html_table_end(h);
}

static void add_signers(struct html *h, const struct signing_session *s)
{
    static const char *const heads[] = { "#c_turn", "c_iin", "c_bin", "c_signed_at", NULL };

    if (s->signer_count == 0)
        return;
    html_add(h, "<h2>%s</h2>\n", html_word(h, "expected"));
    html_table(h, "expected", heads);
    for (size_t i = 0; i < s->signer_count; i++) {
        html_add(h, "<tr>");
        html_cell(h, "c_turn", "number", html_text(h, "%zu", i + 1));
        html_cell(h, "c_iin", "mono", s->signers[i].iin);
        html_cell(h, "c_bin", "mono", s->signers[i].bin);
        html_cell(h, "c_signed_at", "time", html_time(h, s->signers[i].signed_ms));
        html_add(h, "</tr>\n");
    }
    html_table_end(h);
}

static void add_signed(struct html *h, const struct signing_session *s,
                       const struct session_file *files, size_t count)
{
    static const char *const heads[] = { "#c_number", "#c_turn",     "c_who",
                                         "c_serial",  "c_signed_at", "#c_bytes",
                                         "c_sha256",  "c_files",     NULL };

    if (s->signed_count == 0)
        return;
    html_add(h, "<h2>%s</h2>\n", html_word(h, "signatures"));
    html_table(h, "signatures", heads);
    for (size_t i = 0; i < s->signed_count; i++) {
        const struct signed_document *d = &s->signed_documents[i];
        html_add(h, "<tr>");
        html_cell(h, "c_number", "number", html_text(h, "%lld", (long long)d->id));
        html_cell(h, "c_turn", "number", html_text(h, "%u", d->turn + 1));
        html_add(
            h, "<td data-label=\"%s\"><span>%s <span class=\"mono soft\">%s %s</span></span></td>",
            html_word(h, "c_who"), d->signer.common_name, d->signer.iin, d->signer.bin);
        html_cell(h, "c_serial", "mono", d->signer.serial);
        html_cell(h, "c_signed_at", "time", html_time(h, d->signed_at_ms));
        add_file(h, file_of(files, count, d->id, d->turn));
        html_add(h,
                 "<td data-label=\"%s\"><span><a href=\"" PREFIX "%s/signed/%lld/%u\">%s</a>"
                 " <a href=\"" PREFIX "%s/report/%lld/%u\">%s</a></span></td></tr>\n",
                 html_word(h, "c_files"), s->id.text, (long long)d->id, d->turn,
                 html_word(h, "signed_bytes"), s->id.text, (long long)d->id, d->turn,
                 html_word(h, "verdict"));
    }
    html_table_end(h);
}

static enum status give_whole(struct html *h, const struct console_visit *visit,
                              const struct signing_session *s, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ROWS_BYTES);
    struct session_file *files = arena_array(h->arena, FILES_MAX, sizeof(*files));
    struct timeline *timeline = arena_alloc(h->arena, sizeof(*timeline));
    size_t count = 0;

    if (!arena || !files || !timeline)
        return RAISE(err, ST_NOMEM, "session: out of memory");
    TRY(store_session_files(service_rooms(visit->service)->store, &s->id, FILES_MAX, files, &count,
                            err));
    TRY(timeline_read(visit, NULL, &s->id, arena, timeline, err));
    add_head(h, s);
    add_documents(h, s, files, count);
    add_signers(h, s);
    add_signed(h, s, files, count);
    if (s->seal.xml.len > 0)
        html_add(h,
                 "<p><a href=\"" PREFIX
                 "%s/seal.xml\">%s</a> <span class=\"soft\">%s, %s</span></p>\n",
                 s->id.text, html_word(h, "seal"), s->seal.is_stamped ? "XAdES-T" : "XAdES-BES",
                 html_time(h, s->seal.made_ms));
    html_add(h, "<h2>%s</h2>\n", html_word(h, "timeline"));
    timeline_add(h, timeline, "-", false);
    return ST_OK;
}

/* ---- downloads ---- */

static const struct signed_document *signed_at(const struct signing_session *s, struct slice place)
{
    char text[64], here[64];

    (void)text_copy_slice(text, sizeof(text), place);
    for (size_t i = 0; i < s->signed_count; i++) {
        (void)text_format(here, sizeof(here), "%lld/%u", (long long)s->signed_documents[i].id,
                          s->signed_documents[i].turn);
        if (strcmp(here, text) == 0)
            return &s->signed_documents[i];
    }
    return NULL;
}

static struct slice report_of(const struct signed_document *document)
{
    for (size_t i = 0; i < document->evidence_count; i++)
        if (document->evidence[i].kind == EVIDENCE_REPORT)
            return document->evidence[i].data;
    return SLICE("");
}

static bool is_xml(struct slice content)
{
    return content.len > 0 && content.at[0] == '<';
}

/* A part of what is kept, and how it is to be called. */
struct part {
    struct slice content;
    const char *type, *name, *suffix;
};

static struct part part_at(const struct console_visit *visit, const struct signing_session *s,
                           struct slice rest, struct console_answer *ret)
{
    struct part part = { SLICE(""), "application/xml", "seal", "xml" };
    const bool is_report = slice_starts(rest, SLICE("report/"));

    if (slice_eq_str(rest, "seal.xml"))
        part.content = s->seal.xml;
    if (!is_report && !slice_starts(rest, SLICE("signed/")))
        return part;
    const struct signed_document *d = signed_at(s, slice_skip(rest, 7));
    if (!d)
        return part;
    ret->iin = arena_text(visit->arena, slice_str(d->signer.iin));
    if (is_report)
        return (struct part){ report_of(d), "application/json", "verdict", "json" };
    if (is_xml(d->content))
        return (struct part){ d->content, "application/xml", "signed", "xml" };
    return (struct part){ d->content, "application/pkcs7-signature", "signed", "p7s" };
}

static enum status give_part(const struct console_visit *visit, const struct signing_session *s,
                             struct slice rest, struct console_answer *ret, struct err *err)
{
    const struct part part = part_at(visit, s, rest, ret);

    if (part.content.len == 0)
        return RAISE(err, ST_NOT_FOUND, "there is none");
    ret->content_type = part.type;
    ret->file_name = html_file_name(visit, part.name, s->id.text, part.suffix);
    ret->body = bytes_dup(part.content);
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "download of %zu bytes",
                      part.content.len);
    return ret->body ? ST_OK : RAISE(err, ST_NOMEM, "download: out of memory");
}

enum status session_give(const struct console_visit *visit, struct console_answer *ret,
                         struct err *err)
{
    AUTO(signing_session_free) struct signing_session *session = NULL;
    struct id *id = arena_alloc(visit->arena, sizeof(*id));
    struct slice rest = SLICE("");
    struct html h;

    if (!id)
        return RAISE(err, ST_NOMEM, "session: out of memory");
    TRY(page_id(visit, PREFIX, id, &rest, err));
    TRY(store_session_find(service_rooms(visit->service)->store, &(struct session_key){ .id = id },
                           SESSION_RESULT, CONTENT_BYTES, &session, err));
    ret->signing = id->text;
    ret->personal = true; /* who signs, by IIN and name */
    if (rest.len > 0)
        return give_part(visit, session, rest, ret, err);
    if (session->signer_count > 0 && *session->signers[0].iin)
        ret->iin = arena_text(visit->arena, slice_str(session->signers[0].iin));
    TRY(html_begin(visit, &h, err));
    enum status status = give_whole(&h, visit, session, err);
    if (status != ST_OK) {
        html_end(&h);
        return status;
    }
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "sender=%.100s", session->sender_id);
    return html_done(&h, ret, err);
}
