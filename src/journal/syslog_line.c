#include "journal/syslog_line.h"

#include "base/clock.h"
#include "base/text.h"
#include "journal/line.h"

enum {
    VERSION = 1,
    FIXED_BYTES = 1200,        /* header, names and what is of bounded length, generously */
    VALUES = 16,               /* shares of the rest: nine values and the text */
    SEQUENCE_MAX = 2147483647, /* RFC 5424 section 7.3.1 */
    VERSION_MAX = 32,          /* swVersion, section 7.2.4 */
};

#define BOM "\xef\xbb\xbf"

/* ---- the header ---- */

/* PRINTUSASCII of at most max bytes; NILVALUE when nothing of it is. */
static void put_name(struct bytes *out, const char *name, size_t max)
{
    size_t start = out->len;

    for (; name && *name && out->len - start < max; name++)
        if (*name > 32 && *name < 127)
            bytes_add(out, slice_mem(name, 1));
    if (out->len == start)
        bytes_add_str(out, "-");
}

/* The line's own time has no more than seconds; its id, a UUIDv7 of the same moment, has the rest.
 */
static int64_t written_ms(const struct event_row *row)
{
    struct id id;
    uint8_t bytes[ID_BYTES];
    int64_t ms = 0;

    if (!id_parse(slice_str(row->id), &id))
        return row->at_ms;
    id_to_bytes(&id, bytes);
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | bytes[i];
    return ms / 1000 == row->at_ms / 1000 ? ms : row->at_ms;
}

static void put_header(const struct syslog_head *head, const struct event_row *row,
                       struct bytes *out)
{
    char timestamp[TIME_TEXT];

    time_utc_offset_text(written_ms(row), timestamp);
    bytes_addf(out, "<%u>%d %s ", head->facility * 8 + event_severity(row->event.level), VERSION,
               timestamp);
    put_name(out, head->hostname, SYSLOG_HOSTNAME_MAX);
    bytes_add_str(out, " shepd - ");
    put_name(out, row->event.name, SYSLOG_MSGID_MAX);
    bytes_add_str(out, " ");
}

/* ---- structured data ---- */

/* line_piece of a PARAM-VALUE: section 6.3.3's three characters are escaped. */
static struct slice escape(struct slice *s, char room[LINE_PIECE])
{
    char visible[LINE_ESCAPE];
    const struct slice c = line_visible(s, visible);
    size_t n = 0;

    for (size_t i = 0; i < c.len; i++) {
        if (c.at[i] == '"' || c.at[i] == '\\' || c.at[i] == ']')
            room[n++] = '\\';
        room[n++] = c.at[i];
    }
    return slice_mem(room, n);
}

static void put_param(struct bytes *out, const char *name, const char *value, size_t max)
{
    if (!value || !*value)
        return;
    bytes_addf(out, " %s=\"", name);
    line_put(out, slice_str(value), escape, max);
    bytes_add_str(out, "\"");
}

static void put_times(struct bytes *out, const struct event_row *row)
{
    char text[TIME_TEXT];

    time_astana_date(row->at_ms, text); /* C-19: beside the header's timestamp */
    put_param(out, "date", text, sizeof(text));
    time_astana_time(row->at_ms, text);
    put_param(out, "time", text, sizeof(text));
    time_utc_offset_text(row->event.start_ms, text);
    put_param(out, "start", text, sizeof(text));
    time_utc_offset_text(row->event.end_ms, text);
    put_param(out, "end", text, sizeof(text));
}

static void put_own(const struct syslog_head *head, const struct event_row *row, struct bytes *out)
{
    const struct event *event = &row->event;
    const size_t max = (head->max_bytes - FIXED_BYTES) / VALUES;
    const struct {
        const char *name, *value;
    } params[] = {
        { "account", event->account },
        { "ip", event->ip },
        { "event", event->name },
        { "exchange", event->exchange },
        { "messageId", event->message_id },
        { "sessionId", event->session_id },
        { "signing", event->signing },
        { "code", event->code },
        { "iin", event->iin },
    };

    bytes_addf(out, "[shepd@%u seq=\"%llu\"", head->enterprise, (unsigned long long)row->seq);
    put_param(out, "id", row->id, ID_TEXT);
    bytes_addf(out, " source=\"shepd/%.*s\"", (int)row->instance.len, row->instance.at);
    put_times(out, row);
    put_param(out, "level", event_level_name(event->level), max);
    put_param(out, "category", row->category, max);
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
        put_param(out, params[i].name, params[i].value, max);
    bytes_add_str(out, "]");
}

/* Section 7.2 and 7.3. */
static void put_standard(const struct syslog_head *head, const struct event_row *row,
                         struct bytes *out)
{
    bytes_addf(out, "[meta sequenceId=\"%llu\"]",
               (unsigned long long)((row->seq - 1) % SEQUENCE_MAX + 1));
    bytes_addf(out, "[origin enterpriseId=\"%u\" software=\"shepd\"", head->enterprise);
    put_param(out, "swVersion", head->version, VERSION_MAX);
    bytes_add_str(out, "]");
}

/* ---- the whole ---- */

void syslog_message(const struct syslog_head *head, const struct event_row *row, struct bytes *out)
{
    size_t start = out->len;
    struct slice text = slice_str(row->event.text);

    put_header(head, row, out);
    put_own(head, row, out);
    put_standard(head, row, out);
    if (text.len == 0 || out->failed)
        return;
    bytes_add_str(out, " " BOM);
    line_put(out, text, line_visible, head->max_bytes - (out->len - start));
}

void syslog_frame(struct slice message, struct bytes *out)
{
    bytes_addf(out, "%zu ", message.len);
    bytes_add(out, message);
}
