/* One journal line: written and read back, nothing else (payloads.md section 4; req 0.41–0.50,
 * 0.54–0.58). Shared by the journal, its shippers and whoever verifies a journal. Thread-safe. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "model/event.h"

enum {
    LINE_MAX_BYTES = 16 * 1024, /* of a line without its newline */
    LINE_HASH = 65,             /* hex SHA-256 with NUL */
    LINE_PSEUDONYM = 17,        /* hex with NUL */
};

/* What the chain begins with: the prev of an instance's first line. */
#define LINE_FIRST_PREV "0000000000000000000000000000000000000000000000000000000000000000"

/* What a line says beside its event. */
struct line_head {
    struct id id;
    int64_t at_ms;         /* date and time */
    const char *instance;  /* at most 64 bytes; source="shepd/INSTANCE" */
    const char *pseudonym; /* of event->iin; "" when it has none */
};

/* All between seq and prev: from id="…" to text="…". A value that would make the line too long is
 * cut between two characters and ends in LINE_CUT. The pseudonym stands at the end of the text, as
 * iin=<16 hex>: the format has no key for it. ST_NOMEM.
 * Ids and other short values have LINE_VALUE_BYTES (escaped), the address 64, the text the rest. */
#define LINE_CUT "…[cut]"
enum { LINE_VALUE_BYTES = 512 };
MUST_USE enum status line_body(const struct line_head *head, const struct event *event,
                               struct bytes **ret_body, struct err *err);
/* seq="…" BODY prev="…", without a newline. A lost write is seen by bytes_check(). */
void line_add(struct bytes *out, uint64_t seq, struct slice body, const char *prev);
/* What the next line says in prev: hex SHA-256 of the line without its newline. */
MUST_USE enum status line_hash(struct slice line, char ret[LINE_HASH], struct err *err);

/* The character at the front of *s, and *s without it; a control character, or a byte that is no
 * UTF-8, comes as \n or \xNN in room. s is not empty. */
enum { LINE_ESCAPE = 16 };
struct slice line_visible(struct slice *s, char room[LINE_ESCAPE]);

/* What the character at the front of *s is written as, and *s without it; like line_visible(). */
enum { LINE_PIECE = 2 * LINE_ESCAPE };
typedef struct slice line_piece(struct slice *s, char room[LINE_PIECE]);
/* Writes the text piece by piece, max bytes at most, LINE_CUT included where it is cut. */
void line_put(struct bytes *out, struct slice text, line_piece *piece, size_t max);

struct line {
    struct event_row row; /* its texts are the arena's, row.line is the caller's */
    char prev[LINE_HASH];
};
/* Strict: the keys of payloads.md in their order, each quoted, one blank between.
 * start and end are times of day: they are taken as the last such before the line was written.
 * ST_FORMAT: not such a line; err.field names the key. */
MUST_USE enum status line_parse(struct slice line, struct arena *arena, struct line *ret,
                                struct err *err);
/* The seq alone, without a look at the rest; 0 when it is not there. */
uint64_t line_seq(struct slice line);
