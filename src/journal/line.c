#include "journal/line.h"

#include "base/clock.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum {
    IP_BYTES = 64,
    SEQ_DIGITS = 20,
    TAIL_BYTES = 72,                 /* ` prev="` + 64 hex + `"` */
    HEAD_BYTES = 6 + SEQ_DIGITS + 1, /* `seq="` … `" ` */
    IIN_BYTES = 5 + LINE_PSEUDONYM,  /* ` iin=` + 16 hex, and a blank */
    HALF_DAY_MS = 12 * 60 * 60 * 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
};

enum key {
    K_SEQ,
    K_ID,
    K_DATE,
    K_TIME,
    K_SOURCE,
    K_ACCOUNT,
    K_IP,
    K_START,
    K_END,
    K_LEVEL,
    K_CATEGORY,
    K_EVENT,
    K_EXCHANGE,
    K_MESSAGE,
    K_SESSION,
    K_SIGNING,
    K_CODE,
    K_TEXT,
    K_PREV,
    KEYS,
};

static const char *const keys[KEYS] = {
    "seq",       "id",      "date",  "time",     "source", "account",  "ip",
    "start",     "end",     "level", "category", "event",  "exchange", "messageId",
    "sessionId", "signing", "code",  "text",     "prev",
};

/* ---- writing ---- */

/* Length of the well-formed character at the front, 0 when it is none. */
static size_t char_length(struct slice s)
{
    uint8_t lead = (uint8_t)s.at[0];
    size_t want = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    return want <= s.len && text_is_utf8((struct slice){ s.at, want }) ? want : 0;
}

static bool is_control(struct slice c)
{
    uint8_t first = (uint8_t)c.at[0];

    if (c.len == 1)
        return first < 0x20 || first == 0x7f;
    return c.len == 2 && first == 0xc2 && (uint8_t)c.at[1] < 0xa0; /* C1: U+0080 … U+009F */
}

struct slice line_visible(struct slice *s, char room[LINE_ESCAPE])
{
    size_t length = char_length(*s);
    struct slice c = { s->at, length ? length : 1 };

    *s = slice_skip(*s, c.len);
    if (length && !is_control(c))
        return c;
    if (c.at[0] == '\n')
        (void)text_copy(room, LINE_ESCAPE, "\\n");
    else if (c.len == 1)
        (void)text_format(room, LINE_ESCAPE, "\\x%02x", (uint8_t)c.at[0]);
    else
        (void)text_format(room, LINE_ESCAPE, "\\x%02x\\x%02x", (uint8_t)c.at[0], (uint8_t)c.at[1]);
    return slice_str(room);
}

/* line_piece */
static struct slice escape(struct slice *s, char room[LINE_PIECE])
{
    struct slice c = line_visible(s, room);

    if (c.len != 1 || (c.at[0] != '"' && c.at[0] != '\\'))
        return c;
    (void)text_format(room, LINE_PIECE, "\\%c", c.at[0]);
    return slice_str(room);
}

void line_put(struct bytes *out, struct slice text, line_piece *piece, size_t max)
{
    size_t start = out->len;
    size_t fits = out->len; /* the last end at which LINE_CUT still has room */
    char room[LINE_PIECE];

    while (text.len > 0 && !out->failed) {
        struct slice c = piece(&text, room);

        if (out->len - start + c.len > max) {
            out->len = fits;
            bytes_add_str(out, LINE_CUT);
            return;
        }
        bytes_add(out, c);
        if (out->len - start + sizeof(LINE_CUT) - 1 <= max)
            fits = out->len;
    }
}

static void put(struct bytes *out, enum key key, const char *text, size_t max)
{
    bytes_addf(out, "%s%s=\"", out->len > 0 ? " " : "", keys[key]);
    line_put(out, slice_str(text), escape, max);
    bytes_add_str(out, "\"");
}

static void put_times(struct bytes *out, const struct line_head *head)
{
    char date[TIME_TEXT];
    char time[TIME_TEXT];

    time_astana_date(head->at_ms, date);
    time_astana_time(head->at_ms, time);
    put(out, K_DATE, date, TIME_TEXT);
    put(out, K_TIME, time, TIME_TEXT);
}

/* 0 stands for the time of writing. */
static void put_instant(struct bytes *out, enum key key, int64_t ms, int64_t at_ms)
{
    char time[TIME_TEXT];

    time_astana_time_ms(ms ? ms : at_ms, time);
    put(out, key, time, TIME_TEXT);
}

static void put_text(struct bytes *out, const struct event *event, const char *pseudonym)
{
    size_t max = LINE_MAX_BYTES - HEAD_BYTES - TAIL_BYTES - IIN_BYTES - out->len - 8;

    bytes_addf(out, " %s=\"", keys[K_TEXT]);
    line_put(out, slice_str(event->text), escape, max);
    if (pseudonym[0])
        bytes_addf(out, "%siin=%s", event->text && event->text[0] ? " " : "", pseudonym);
    bytes_add_str(out, "\"");
}

enum status line_body(const struct line_head *head, const struct event *event,
                      struct bytes **ret_body, struct err *err)
{
    AUTO(bytes_free) struct bytes *out = bytes_new(LINE_MAX_BYTES);
    char source[96];

    if (!out)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    (void)text_format(source, sizeof(source), "shepd/%s", head->instance);
    put(out, K_ID, head->id.text, LINE_VALUE_BYTES);
    put_times(out, head);
    put(out, K_SOURCE, source, LINE_VALUE_BYTES);
    put(out, K_ACCOUNT, event->account, LINE_VALUE_BYTES);
    put(out, K_IP, event->ip, IP_BYTES);
    put_instant(out, K_START, event->start_ms, head->at_ms);
    put_instant(out, K_END, event->end_ms, head->at_ms);
    put(out, K_LEVEL, event_level_name(event->level), LINE_VALUE_BYTES);
    put(out, K_CATEGORY, event_category(event->level), LINE_VALUE_BYTES);
    put(out, K_EVENT, event->name, LINE_VALUE_BYTES);
    put(out, K_EXCHANGE, event->exchange, LINE_VALUE_BYTES);
    put(out, K_MESSAGE, event->message_id, LINE_VALUE_BYTES);
    put(out, K_SESSION, event->session_id, LINE_VALUE_BYTES);
    put(out, K_SIGNING, event->signing, LINE_VALUE_BYTES);
    put(out, K_CODE, event->code, LINE_VALUE_BYTES);
    put_text(out, event, head->pseudonym);
    TRY(bytes_check(out, "journal line", err));
    *ret_body = TAKE(out);
    return ST_OK;
}

void line_add(struct bytes *out, uint64_t seq, struct slice body, const char *prev)
{
    bytes_addf(out, "seq=\"%llu\" ", (unsigned long long)seq);
    bytes_add(out, body);
    bytes_addf(out, " prev=\"%s\"", prev);
}

enum status line_hash(struct slice line, char ret[LINE_HASH], struct err *err)
{
    uint8_t digest[32];
    size_t length = sizeof(digest);

    if (EVP_Q_digest(NULL, "SHA256", NULL, line.at, line.len, digest, &length) != 1)
        return RAISE(err, ST_INTERNAL, "journal: SHA-256 failed");
    text_hex(slice_mem(digest, sizeof(digest)), ret);
    return ST_OK;
}

/* ---- reading ---- */

static enum status bad(enum key key, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORMAT, "notAJournalLine", keys[key], NULL,
                       "not a journal line: %s is missing or malformed", keys[key]);
}

/* key="…" off the front; *ret_raw is still escaped. */
static bool take_raw(struct slice *line, enum key key, struct slice *ret_raw)
{
    size_t i = 0;

    if (key > 0) {
        if (line->len == 0 || line->at[0] != ' ')
            return false;
        *line = slice_skip(*line, 1);
    }
    if (!slice_starts(*line, slice_str(keys[key])))
        return false;
    *line = slice_skip(*line, slice_str(keys[key]).len);
    if (!slice_starts(*line, SLICE("=\"")))
        return false;
    *line = slice_skip(*line, 2);
    while (i < line->len && line->at[i] != '"')
        i += line->at[i] == '\\' ? 2 : 1;
    if (i >= line->len)
        return false;
    *ret_raw = (struct slice){ line->at, i };
    *line = slice_skip(*line, i + 1);
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What follows a backslash; bytes used, 0 when it is no escape of ours. */
static size_t unescape(struct slice s, char *ret)
{
    if (s.len == 0)
        return 0;
    if (s.at[0] == '"' || s.at[0] == '\\' || s.at[0] == 'n') {
        *ret = s.at[0];
        if (s.at[0] == 'n')
            *ret = '\n';
        return 1;
    }
    if (s.len < 3 || s.at[0] != 'x' || hex_digit(s.at[1]) < 0 || hex_digit(s.at[2]) < 0)
        return 0;
    *ret = (char)(hex_digit(s.at[1]) * 16 + hex_digit(s.at[2]));
    return 3;
}

static enum status read_text(struct slice raw, struct arena *arena, enum key key, const char **ret,
                             struct err *err)
{
    char *text = arena_alloc(arena, raw.len + 1);
    size_t length = 0;

    if (!text)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    while (raw.len > 0) {
        size_t used = 1;

        if ((uint8_t)raw.at[0] < 0x20)
            return bad(key, err);
        text[length] = raw.at[0];
        if (raw.at[0] == '\\') {
            used = unescape(slice_skip(raw, 1), &text[length]);
            if (used++ == 0)
                return bad(key, err);
        }
        length++;
        raw = slice_skip(raw, used);
    }
    *ret = text;
    return ST_OK;
}

static bool read_number(const char *text, uint64_t *ret)
{
    char *end = NULL;

    if (text[0] < '1' || text[0] > '9' || strnlen(text, SEQ_DIGITS) == SEQ_DIGITS)
        return false;
    *ret = strtoull(text, &end, 10);
    return *end == '\0';
}

/* `day` is dd:mm:yyyy, `time` hh:mm:ss with or without .mmm, both Astana's. */
static bool read_instant(const char *day, const char *time, int64_t *ret_ms)
{
    struct time_span span;
    char text[64];

    if (strnlen(day, 11) != 10 || day[2] != ':' || day[5] != ':')
        return false;
    (void)text_format(text, sizeof(text), "%s-%.2s-%.2sT%s", day + 6, day + 3, day, time);
    if (!time_parse(slice_str(text), &span))
        return false;
    *ret_ms = span.from_ms;
    return true;
}

/* A time of day that belongs to the day before when it would lie well after the line's time. */
static bool read_time(const char *const *texts, enum key key, int64_t at_ms, int64_t *ret_ms)
{
    if (!read_instant(texts[K_DATE], texts[key], ret_ms))
        return false;
    if (*ret_ms > at_ms + HALF_DAY_MS)
        *ret_ms -= DAY_MS;
    else if (*ret_ms < at_ms - HALF_DAY_MS)
        *ret_ms += DAY_MS;
    return true;
}

static bool is_hex(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex_digit(s.at[i]) < 0)
            return false;
    return true;
}

/* iin=<16 hex> at the end of the text. */
static const char *find_pseudonym(const char *text)
{
    struct slice s = slice_str(text);
    size_t length = LINE_PSEUDONYM - 1;
    struct slice last = s.len < length + 4 ? s : slice_skip(s, s.len - length - 4);

    if (last.len != length + 4 || !slice_starts(last, SLICE("iin=")))
        return "";
    if (last.at != s.at && last.at[-1] != ' ')
        return "";
    return is_hex(slice_skip(last, 4)) ? last.at + 4 : "";
}

static void read_event(const char *const *texts, struct event *event)
{
    event->name = texts[K_EVENT];
    event->account = texts[K_ACCOUNT];
    event->ip = texts[K_IP];
    event->exchange = texts[K_EXCHANGE];
    event->message_id = texts[K_MESSAGE];
    event->session_id = texts[K_SESSION];
    event->signing = texts[K_SIGNING];
    event->code = texts[K_CODE];
    event->text = texts[K_TEXT];
    event->iin = find_pseudonym(texts[K_TEXT]);
}

static enum status read_row(const char *const *texts, struct event_row *row, struct err *err)
{
    static const char prefix[] = "shepd/";
    const char *date = texts[K_DATE];

    if (!read_number(texts[K_SEQ], &row->seq))
        return bad(K_SEQ, err);
    if (!text_copy(row->id, sizeof(row->id), texts[K_ID]))
        return bad(K_ID, err);
    if (!read_instant(date, texts[K_TIME], &row->at_ms))
        return bad(K_TIME, err);
    row->day = (int32_t)(strtol(date + 6, NULL, 10) * 10000 + strtol(date + 3, NULL, 10) * 100 +
                         strtol(date, NULL, 10));
    if (strncmp(texts[K_SOURCE], prefix, sizeof(prefix) - 1) != 0)
        return bad(K_SOURCE, err);
    row->instance = slice_str(texts[K_SOURCE] + sizeof(prefix) - 1);
    if (!read_time(texts, K_START, row->at_ms, &row->event.start_ms))
        return bad(K_START, err);
    if (!read_time(texts, K_END, row->at_ms, &row->event.end_ms))
        return bad(K_END, err);
    if (!event_level_parse(slice_str(texts[K_LEVEL]), &row->event.level))
        return bad(K_LEVEL, err);
    row->category = event_category(row->event.level);
    if (strcmp(row->category, texts[K_CATEGORY]) != 0)
        return bad(K_CATEGORY, err);
    read_event(texts, &row->event);
    return ST_OK;
}

enum status line_parse(struct slice line, struct arena *arena, struct line *ret, struct err *err)
{
    struct slice rest = line;
    const char *texts[KEYS];
    struct line got = { .row = { .line = line } };

    for (enum key key = K_SEQ; key < KEYS; key++) {
        struct slice raw;

        if (!take_raw(&rest, key, &raw))
            return bad(key, err);
        TRY(read_text(raw, arena, key, &texts[key], err));
    }
    struct slice prev = slice_str(texts[K_PREV]);
    if (rest.len > 0 || prev.len != LINE_HASH - 1 || !is_hex(prev))
        return bad(K_PREV, err);
    (void)text_copy(got.prev, sizeof(got.prev), texts[K_PREV]);
    TRY(read_row(texts, &got.row, err));
    *ret = got;
    return ST_OK;
}

uint64_t line_seq(struct slice line)
{
    struct slice raw;
    char digits[SEQ_DIGITS + 1];
    uint64_t seq;

    if (!take_raw(&line, K_SEQ, &raw) || !text_copy_slice(digits, sizeof(digits), raw))
        return 0;
    return read_number(digits, &seq) ? seq : 0;
}
