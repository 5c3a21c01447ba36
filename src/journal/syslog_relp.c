#include "journal/syslog_relp.h"

#include "base/bytes.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    TXNR_MAX = 999999999,  /* then it begins at 1 again */
    FRAME_DATA_MAX = 4096, /* of an answer */
    IN_BYTES = 2 * FRAME_DATA_MAX,
    SEND_BYTES = 64 * 1024, /* collected before they are sent */
    OUT_BYTES = SEND_BYTES + 128 * 1024,
};

struct relp {
    struct wire *wire;
    struct bytes *out; /* frames to be sent */
    /* Frames of ours, counted from the session's beginning; the first one is "open". */
    uint64_t sent, acked;
    bool got[RELP_WINDOW + 1]; /* of frame n at n % (RELP_WINDOW + 1): acknowledged out of order */
    size_t in_len;
    char in[IN_BYTES];
};

/* An answer of the receiver; data is borrowed from relp->in. */
struct answer {
    uint64_t txnr;
    struct slice command, data;
    size_t bytes; /* of the whole frame */
};

static uint64_t txnr_of(uint64_t frame)
{
    return frame % TXNR_MAX + 1;
}

static enum status no_relp(struct err *err)
{
    return RAISE(err, ST_UPSTREAM, "what the receiver says is no RELP");
}

/* ---- writing ---- */

static enum status add_frame(struct relp *relp, const char *command, struct slice data,
                             struct err *err)
{
    bytes_addf(relp->out, "%llu %s %zu", (unsigned long long)txnr_of(relp->sent), command,
               data.len);
    if (data.len > 0)
        bytes_add_str(relp->out, " ");
    bytes_add(relp->out, data);
    bytes_add_str(relp->out, "\n");
    relp->sent++;
    return bytes_check(relp->out, "RELP", err);
}

static enum status send_out(struct relp *relp, struct err *err)
{
    TRY(wire_send(relp->wire, bytes_slice(relp->out), err));
    relp->out->len = 0;
    return ST_OK;
}

/* ---- reading ---- */

/* Digits off the front, nine at most, and the character behind them. */
static bool take_number(struct slice *in, uint64_t *ret, char *ret_end)
{
    size_t n = 0;

    *ret = 0;
    while (n < in->len && n < 9 && in->at[n] >= '0' && in->at[n] <= '9')
        *ret = *ret * 10 + (uint64_t)(in->at[n++] - '0');
    if (n == 0 || n >= in->len)
        return false;
    *ret_end = in->at[n];
    *in = slice_skip(*in, n + 1);
    return true;
}

/* TXNR SP COMMAND SP DATALEN [SP DATA] LF. *ret_whole false: it is not all here yet. */
static enum status read_answer(struct slice in, struct answer *ret, bool *ret_whole,
                               struct err *err)
{
    const struct slice all = in;
    const char *blank;
    uint64_t length = 0;
    char end = '\0';

    *ret_whole = false;
    if (in.at[0] < '0' || in.at[0] > '9')
        return no_relp(err);
    if (!take_number(&in, &ret->txnr, &end) || !(blank = memchr(in.at, ' ', in.len)))
        return all.len < 64 ? ST_OK : no_relp(err);
    ret->command = (struct slice){ in.at, (size_t)(blank - in.at) };
    in = slice_skip(in, ret->command.len + 1);
    if (end != ' ' || ret->command.len > 32)
        return no_relp(err);
    if (!take_number(&in, &length, &end))
        return in.len < 10 ? ST_OK : no_relp(err);
    if (length > FRAME_DATA_MAX || (end != '\n' && end != ' ') || (end == '\n' && length > 0))
        return no_relp(err);
    if (end == ' ' && in.len < length + 1)
        return ST_OK;
    ret->data = (struct slice){ in.at, length };
    if (end == ' ' && in.at[length] != '\n')
        return no_relp(err);
    ret->bytes = (size_t)(in.at - all.at) + (end == ' ' ? length + 1 : 0);
    *ret_whole = true;
    return ST_OK;
}

/* The frame that an answer belongs to becomes acknowledged, and all in a row with it. */
static enum status acknowledge(struct relp *relp, uint64_t txnr, struct err *err)
{
    const uint64_t ahead = (txnr + TXNR_MAX - txnr_of(relp->acked)) % TXNR_MAX;

    if (txnr == 0 || txnr > TXNR_MAX || ahead >= relp->sent - relp->acked)
        return RAISE(err, ST_UPSTREAM, "the receiver acknowledges what it was not sent");
    relp->got[(relp->acked + ahead) % (RELP_WINDOW + 1)] = true;
    for (bool *next;
         relp->acked < relp->sent && *(next = &relp->got[relp->acked % (RELP_WINDOW + 1)]);) {
        *next = false;
        relp->acked++;
    }
    return ST_OK;
}

static enum status take_answer(struct relp *relp, const struct answer *answer, struct err *err)
{
    char text[128];

    if (slice_eq_str(answer->command, "serverclose"))
        return RAISE(err, ST_UPSTREAM, "the receiver ends the session");
    if (!slice_eq_str(answer->command, "rsp"))
        return no_relp(err);
    if (slice_starts(answer->data, SLICE("200")))
        return acknowledge(relp, answer->txnr, err);
    (void)text_copy_slice(text, sizeof(text), answer->data);
    text_make_plain(text);
    return RAISE(err, ST_UPSTREAM, "the receiver refuses a message: %s", text);
}

/* Waits for an answer at least, and takes all that are here. opened: the answer to "open" is
 * shown. */
static enum status await_answers(struct relp *relp, struct err *err)
{
    size_t got = 0;
    size_t used = 0;

    if (relp->in_len == sizeof(relp->in))
        return no_relp(err);
    TRY(wire_receive(relp->wire, relp->in + relp->in_len, sizeof(relp->in) - relp->in_len, &got,
                     err));
    relp->in_len += got;
    for (bool whole = true; whole && used < relp->in_len;) {
        struct answer answer;

        TRY(read_answer(slice_mem(relp->in + used, relp->in_len - used), &answer, &whole, err));
        if (whole) {
            TRY(take_answer(relp, &answer, err));
            used += answer.bytes;
        }
    }
    memmove(relp->in, relp->in + used, relp->in_len - used);
    relp->in_len -= used;
    return ST_OK;
}

/* ---- the session ---- */

enum status relp_open(struct wire *wire, const char *version, struct relp **ret_relp,
                      struct err *err)
{
    AUTO(relp_close) struct relp *relp = calloc(1, sizeof(*relp));
    char offers[256];

    if (!relp || !(relp->out = bytes_new(OUT_BYTES)))
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    (void)text_format(offers, sizeof(offers),
                      "relp_version=0\nrelp_software=shepd,%s\ncommands=syslog", version);
    relp->wire = wire;
    TRY(add_frame(relp, "open", slice_str(offers), err));
    TRY(send_out(relp, err));
    while (relp->acked == 0)
        TRY(await_answers(relp, err));
    *ret_relp = TAKE(relp);
    return ST_OK;
}

enum status relp_send(struct relp *relp, struct slice message, struct err *err)
{
    if (relp->sent - relp->acked == RELP_WINDOW)
        TRY(send_out(relp, err));
    while (relp->sent - relp->acked == RELP_WINDOW)
        TRY(await_answers(relp, err));
    TRY(add_frame(relp, "syslog", message, err));
    return relp->out->len >= SEND_BYTES ? send_out(relp, err) : ST_OK;
}

enum status relp_flush(struct relp *relp, struct err *err)
{
    TRY(send_out(relp, err));
    while (relp->acked < relp->sent)
        TRY(await_answers(relp, err));
    return ST_OK;
}

uint64_t relp_acknowledged(const struct relp *relp)
{
    return relp->acked > 0 ? relp->acked - 1 : 0;
}

void relp_close(struct relp *relp)
{
    struct err ignored;

    if (!relp)
        return;
    /* half a frame may stand on the connection: then the good-bye would become part of it */
    if (relp->acked > 0 && relp->acked == relp->sent && relp->out && relp->out->len == 0 &&
        add_frame(relp, "close", SLICE(""), &ignored) == ST_OK)
        (void)!send_out(relp, &ignored);
    bytes_free(relp->out);
    free(relp);
}
