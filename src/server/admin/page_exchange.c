/* One exchange as it went, with what is kept of it: for the administrator. */
#include "base/text.h"
#include "server/admin/pages.h"
#include "store/coid.h"

#include <stdlib.h>

enum { EVIDENCE_MAX = 32, ROWS_BYTES = 32 << 20 };
#define HOUR_MS (INT64_C(3600) * 1000)
#define PREFIX "/admin/exchange/"

/* ---- the lines ---- */

static int by_time(const void *a, const void *b)
{
    const struct journal_found *x = *(struct journal_found *const *)a;
    const struct journal_found *y = *(struct journal_found *const *)b;

    if (strcmp(x->instance, y->instance) == 0)
        return (x->seq > y->seq) - (x->seq < y->seq);
    return (x->end_ms > y->end_ms) - (x->end_ms < y->end_ms);
}

static bool has_row(const struct timeline *timeline, const struct journal_found *row)
{
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->rows[i]->seq == row->seq && timeline->rows[i]->day == row->day &&
            strcmp(timeline->rows[i]->instance, row->instance) == 0)
            return true;
    return false;
}

/* An id of ours tells when it was born: what belongs to it came at most so many days later. */
static void set_time(const struct console_visit *visit, const struct id *id,
                     struct journal_search *search)
{
    const int64_t now_ms = clock_now(service_rooms(visit->service)->clock);
    uint8_t raw[ID_BYTES];
    int64_t born_ms = 0;

    id_to_bytes(id, raw);
    for (int i = 0; i < 6; i++)
        born_ms = born_ms << 8 | raw[i];
    search->from_ms = born_ms - HOUR_MS;
    search->to_ms = born_ms + INT64_C(24) * (SEARCH_DAYS - 2) * HOUR_MS;
    if (raw[6] >> 4 != 7 || born_ms > now_ms + HOUR_MS || born_ms < HOUR_MS) {
        search->to_ms = now_ms;
        search->from_ms = now_ms - INT64_C(24) * (SEARCH_DAYS - 1) * HOUR_MS;
    }
}

static enum status add_lines(const struct console_visit *visit, const struct id *exchange,
                             const struct id *signing, struct arena *arena,
                             struct timeline *timeline, struct err *err)
{
    struct journal_search *search = arena_alloc(arena, sizeof(*search));
    struct journal_page page = { .max = TIMELINE_ROWS / 2 };

    if (!search)
        return RAISE(err, ST_NOMEM, "exchange: out of memory");
    set_time(visit, exchange ? exchange : signing, search);
    if (exchange)
        search->exchange = *exchange;
    else
        search->signing = *signing;
    TRY(store_journal_search(service_rooms(visit->service)->store, search, arena, &page, err));
    for (size_t i = 0; i < page.count; i++)
        if (!has_row(timeline, page.found[i]))
            timeline->rows[timeline->count++] = page.found[i];
    timeline->cut |= page.more;
    return ST_OK;
}

enum status timeline_read(const struct console_visit *visit, const struct id *exchange,
                          const struct id *signing, struct arena *arena, struct timeline *ret,
                          struct err *err)
{
    struct id session = signing ? *signing : (struct id){ "" };

    *ret = (struct timeline){ .count = 0 };
    if (exchange)
        TRY(add_lines(visit, exchange, NULL, arena, ret, err));
    for (size_t i = 0; i < ret->count && !session.text[0]; i++)
        session = ret->rows[i]->signing;
    if (session.text[0])
        TRY(add_lines(visit, NULL, &session, arena, ret, err));
    qsort(ret->rows, ret->count, sizeof(struct journal_found *), by_time);
    return ST_OK;
}

static const char *gap_text(struct html *h, int64_t ms)
{
    if (ms < 0)
        return "";
    if (ms < 10000)
        return html_text(h, "+%lld %s", (long long)ms, html_word(h, "ms"));
    if (ms < INT64_C(600000))
        return html_text(h, "+%lld %s", (long long)(ms / 1000), html_word(h, "seconds"));
    return html_text(h, "+%lld %s", (long long)(ms / 60000), html_word(h, "minutes"));
}

static const char *dot_of(const struct journal_found *row)
{
    const char *class = level_row(row->level);

    if (strcmp(class, "error") == 0)
        return "bad";
    if (*class)
        return "warn";
    return strcmp(row->code, "SCSS001") == 0 || strcmp(row->event, "put.accepted") == 0 ? "good"
                                                                                        : "";
}

/* Texts with a dot between them, without those that are "". */
static const char *joined(struct html *h, const char *const *texts, size_t count)
{
    const char *all = "";

    for (size_t i = 0; i < count; i++)
        if (*texts[i])
            all = html_text(h, "%s%s%s", all, *all ? " · " : "", texts[i]);
    return all;
}

static void add_event(struct html *h, const struct journal_found *row, int64_t before_ms,
                      bool with_exchange)
{
    const char *const details[] = {
        html_text(h, "%s %s", row->account, row->ip),
        row->message_id,
        html_text(h, "%s #%llu", row->instance, (unsigned long long)row->seq),
        html_text(h, "%lld %s", (long long)(row->end_ms - row->start_ms), html_word(h, "ms")),
    };
    char time[TIME_TEXT];

    time_astana_time_ms(row->end_ms, time);
    html_add(h, "<li class=\"%s\"><time>%s %s</time> <span class=\"soft\">%s</span>\n", dot_of(row),
             html_text(h, "%.10s", html_time(h, row->end_ms)), time,
             before_ms ? gap_text(h, row->end_ms - before_ms) : "");
    html_add(h, "<h3>%s %s <span class=\"badge %s\">%s</span></h3>\n", row->event, row->code,
             level_class(row->level), row->level);
    html_add(h, "<p>%s</p>\n<p class=\"soft\">%s", row->text,
             joined(h, details, sizeof(details) / sizeof(details[0])));
    if (with_exchange && row->exchange.text[0])
        html_add(h, " · <a href=\"" PREFIX "%s\">%s</a>", row->exchange.text,
                 html_word(h, "t_exchange"));
    html_add(h, "</p></li>\n");
}

void timeline_add(struct html *h, const struct timeline *timeline, const char *exchange, bool own)
{
    int64_t before_ms = 0;

    if (timeline->cut)
        html_add(h, "<p class=\"notice warn\">%s</p>\n", html_word(h, "timeline_cut"));
    html_add(h, "<ol class=\"timeline\">\n");
    for (size_t i = 0; i < timeline->count; i++) {
        const struct journal_found *row = timeline->rows[i];
        if ((strcmp(row->exchange.text, exchange) == 0) != own)
            continue;
        add_event(h, row, before_ms, !own);
        before_ms = row->end_ms;
    }
    html_add(h, "</ol>\n");
}

static size_t others_of(const struct timeline *timeline, const char *exchange)
{
    size_t count = 0;

    for (size_t i = 0; i < timeline->count; i++)
        count += strcmp(timeline->rows[i]->exchange.text, exchange) != 0;
    return count;
}

/* ---- what is kept ---- */

/* Whose message it was: of its own lines. */
struct origin {
    const char *account, *message, *ip, *iin, *code;
    struct id signing;
    int64_t from_ms, to_ms;
};

static struct origin origin_of(const struct timeline *timeline, const struct id *exchange)
{
    struct origin origin = { "", "", "", "", "", { "" }, 0, 0 };

    for (size_t i = 0; i < timeline->count; i++) {
        const struct journal_found *row = timeline->rows[i];
        if (strcmp(row->exchange.text, exchange->text) != 0)
            continue;
        if (strncmp(row->event, "exchange.", 9) == 0) {
            origin.account = row->account;
            origin.message = row->message_id;
            origin.ip = row->ip;
            origin.iin = row->iin;
            origin.code = row->code;
            origin.from_ms = row->start_ms;
            origin.to_ms = row->end_ms;
        }
        if (row->signing.text[0])
            origin.signing = row->signing;
    }
    return origin;
}

static enum status add_coid(struct html *h, const struct console_visit *visit,
                            const struct id *exchange, const struct origin *origin, struct err *err)
{
    struct store *store = service_rooms(visit->service)->store;
    struct id ids[EVIDENCE_MAX], key;
    size_t count = 0;

    TRY(store_coid_key_of(store, origin->account, origin->message, &key, err));
    if (!key.text[0])
        return ST_OK;
    TRY(store_coid_evidence_list(store, &key, ids, EVIDENCE_MAX, &count, err));
    html_add(h, "<h3>%s</h3>\n<p class=\"mono\">%s</p>\n", html_word(h, "coid_key"), key.text);
    for (size_t i = 0; i < count; i++) {
        static const char *const parts[] = { "body", "jws", "certificate", "report" };
        html_add(h, "<p><span class=\"mono\">%s</span> ", ids[i].text);
        for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++)
            html_add(h, "<a href=\"" PREFIX "%s/coid/%s/%s\">%s</a> ", exchange->text, ids[i].text,
                     parts[p], parts[p]);
        html_add(h, "</p>\n");
    }
    return ST_OK;
}

static enum status add_kept(struct html *h, const struct console_visit *visit,
                            const struct id *exchange, const struct origin *origin, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *answer = NULL;
    enum status status = store_answer_of(service_rooms(visit->service)->store, exchange,
                                         origin->account, origin->message, &answer, err);

    html_add(h, "<h2>%s</h2>\n<div class=\"card\">\n", html_word(h, "kept"));
    if (status == ST_OK)
        html_add(h,
                 "<p><a href=\"" PREFIX
                 "%s/answer.xml\">%s</a> <span class=\"soft\">%zu %s</span></p>\n",
                 exchange->text, html_word(h, "kept_answer"), answer->len, html_word(h, "bytes"));
    else if (status == ST_NOT_FOUND)
        html_add(h, "<p class=\"soft\">%s</p>\n", html_word(h, "no_answer"));
    else
        return status;
    if (origin->signing.text[0])
        html_add(h, "<p><a href=\"/admin/sessions/%s\">%s</a></p>\n", origin->signing.text,
                 html_word(h, "session_documents"));
    TRY(add_coid(h, visit, exchange, origin, err));
    html_add(h, "</div>\n");
    return ST_OK;
}

static void add_facts(struct html *h, const struct id *exchange, const struct origin *origin)
{
    html_add(h, "<div class=\"card\"><dl class=\"facts\">\n");
    html_add(h, "<dt>%s</dt><dd class=\"mono\">%s</dd>\n", html_word(h, "t_exchange"),
             exchange->text);
    html_fact(h, "c_account", origin->account);
    html_fact(h, "c_ip", origin->ip);
    html_fact(h, "c_message", origin->message);
    html_fact(h, "c_code", origin->code);
    html_fact(h, "c_pseudonym", origin->iin);
    html_fact(h, "c_time", html_time(h, origin->from_ms));
    html_fact(
        h, "c_took",
        html_text(h, "%lld %s", (long long)(origin->to_ms - origin->from_ms), html_word(h, "ms")));
    html_add(h, "</dl></div>\n");
}

static enum status give_all(struct html *h, const struct console_visit *visit,
                            const struct id *exchange, const struct origin *origin,
                            const struct timeline *timeline, struct err *err)
{
    add_facts(h, exchange, origin);
    html_add(h, "<h2>%s</h2>\n", html_word(h, "timeline"));
    timeline_add(h, timeline, exchange->text, true);
    TRY(add_kept(h, visit, exchange, origin, err));
    if (others_of(timeline, exchange->text) > 0) {
        html_add(h, "<h2>%s</h2>\n", html_word(h, "timeline_session"));
        timeline_add(h, timeline, exchange->text, false);
    }
    return ST_OK;
}

/* ---- downloads: personal data ---- */

static enum status give_answer(const struct console_visit *visit, const struct id *exchange,
                               const struct origin *origin, struct console_answer *ret,
                               struct err *err)
{
    AUTO(bytes_wipe) struct bytes *kept = NULL;

    TRY(store_answer_of(service_rooms(visit->service)->store, exchange, origin->account,
                        origin->message, &kept, err));
    const char *xml = memchr(kept->at, '<', kept->len); /* behind its code, in a line of its own */
    if (!xml || !(ret->body = bytes_dup(slice_skip(bytes_slice(kept), (size_t)(xml - kept->at)))))
        return RAISE(err, ST_INTERNAL, "the kept answer is no XML, or out of memory");
    ret->content_type = "application/xml";
    ret->file_name = html_file_name(visit, "answer", exchange->text, "xml");
    (void)text_copy(ret->looked_at, sizeof(ret->looked_at), "the kept answer");
    return ST_OK;
}

static enum status pick_part(const struct coid_evidence *evidence, struct slice name,
                             struct slice *ret, const char **ret_name, struct err *err)
{
    const struct {
        const char *name;
        struct slice content;
    } parts[] = {
        { "body", evidence->body },
        { "jws", slice_str(evidence->jws) },
        { "certificate", evidence->certificate },
        { "report", evidence->report },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (slice_eq_str(name, parts[i].name)) {
            *ret_name = parts[i].name;
            *ret = parts[i].content;
            return ret->len > 0 ? ST_OK : RAISE(err, ST_NOT_FOUND, "there is none");
        }
    return RAISE(err, ST_NOT_FOUND, "no such part");
}

/* What belongs to this exchange's verification, and nothing else: the record of the look names the
 * exchange. */
static enum status find_evidence(const struct console_visit *visit, const struct origin *origin,
                                 const struct id *id, struct arena *arena,
                                 struct coid_evidence *ret, struct err *err)
{
    struct store *store = service_rooms(visit->service)->store;
    struct id key;

    TRY(store_coid_key_of(store, origin->account, origin->message, &key, err));
    TRY(store_coid_evidence_find(store, id, arena, ret, err));
    if (!key.text[0] || strcmp(key.text, ret->key.text) != 0)
        return RAISE(err, ST_NOT_FOUND, "no such evidence of this exchange");
    return ST_OK;
}

static enum status give_evidence(const struct console_visit *visit, const struct origin *origin,
                                 struct slice rest, struct console_answer *ret, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(64 << 20);
    const char *slash = memchr(rest.at, '/', rest.len);
    struct coid_evidence evidence;
    struct coid_call call;
    struct slice content = SLICE("");
    const char *name = "";
    char what[32];
    struct id id;

    if (!arena)
        return RAISE(err, ST_NOMEM, "evidence: out of memory");
    if (!slash || !id_parse((struct slice){ rest.at, (size_t)(slash - rest.at) }, &id))
        return RAISE(err, ST_NOT_FOUND, "no such evidence");
    TRY(find_evidence(visit, origin, &id, arena, &evidence, err));
    TRY(store_coid_find(service_rooms(visit->service)->store, NULL, &evidence.key, &call, err));
    TRY(pick_part(&evidence, slice_skip(rest, (size_t)(slash - rest.at) + 1), &content, &name,
                  err));
    (void)text_format(what, sizeof(what), "coid-%s", name);
    ret->content_type =
        strcmp(name, "report") == 0 ? "application/json" : "application/octet-stream";
    ret->body = bytes_dup(content);
    ret->file_name = html_file_name(visit, what, id.text, "bin");
    ret->iin = arena_text(visit->arena, slice_str(call.iin));
    (void)text_format(ret->looked_at, sizeof(ret->looked_at),
                      "evidence of ЦОИД, key=%s, %s of %zu bytes", evidence.key.text, name,
                      content.len);
    return ret->body ? ST_OK : RAISE(err, ST_NOMEM, "evidence: out of memory");
}

enum status exchange_give(const struct console_visit *visit, struct console_answer *ret,
                          struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ROWS_BYTES);
    struct timeline *timeline = arena_alloc(visit->arena, sizeof(*timeline));
    struct id *id = arena_alloc(visit->arena, sizeof(*id));
    struct slice rest = SLICE("");
    struct html h;

    if (!arena || !timeline || !id)
        return RAISE(err, ST_NOMEM, "exchange: out of memory");
    TRY(page_id(visit, PREFIX, id, &rest, err));
    ret->exchange = id->text;
    ret->personal = rest.len > 0;
    TRY(timeline_read(visit, id, NULL, arena, timeline, err));
    if (timeline->count == 0)
        return RAISE(err, ST_NOT_FOUND, "no such exchange");
    const struct origin origin = origin_of(timeline, id);
    if (slice_starts(rest, SLICE("coid/")))
        return give_evidence(visit, &origin, slice_skip(rest, 5), ret, err);
    if (slice_eq_str(rest, "answer.xml"))
        return give_answer(visit, id, &origin, ret, err);
    if (rest.len > 0)
        return RAISE(err, ST_NOT_FOUND, "no such part");
    TRY(html_begin(visit, &h, err));
    enum status status = give_all(&h, visit, id, &origin, timeline, err);
    if (status != ST_OK) {
        html_end(&h);
        return status;
    }
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "rows=%zu", timeline->count);
    return html_done(&h, ret, err);
}
