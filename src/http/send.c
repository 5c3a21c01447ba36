/* What leaves: answers, refusals, and the lingering end of a connection. */
#include "base/clock.h"
#include "http/conn_state.h"

#include <errno.h>

enum {
    MAX_MERGED_BYTES = 16 * 1024, /* a body that travels in the head's packet */
    LINGER_IDLE_MS = 2000,        /* a caller who still sends gets so long to read our refusal */
    LINGER_TOTAL_MS = 10000,
    LINGER_BYTES = 32 << 20, /* over the ceiling that it may have broken */
};

void conn_drop_out(struct conn *conn)
{
    conn->server->in_flight_bytes -= conn->out_charge;
    conn->out_charge = 0;
    conn->out_pos = 0;
    bytes_free(TAKE(conn->out_head));
    bytes_free(TAKE(conn->out_body));
}

enum step conn_send(struct conn *conn, struct bytes *head, struct bytes *body, enum state after)
{
    conn->out_head = head;
    conn->out_body = body;
    conn->out_pos = 0;
    conn->after = after;
    conn->state = CONN_SEND;
    if (!head || head->failed)
        return STEP_CLOSE;
    if (body && body->len <= MAX_MERGED_BYTES && body->len < head->max - head->len) {
        bytes_add(head, bytes_slice(body));
        bytes_free(TAKE(conn->out_body));
    }
    conn->out_charge = bytes_slice(conn->out_body).len;
    conn->server->in_flight_bytes += conn->out_charge; /* never refused, but counted */
    return head->failed ? STEP_CLOSE : STEP_NEXT;
}

static void tell_refused(const struct conn *conn, int status, const char *reason)
{
    char peer[ADDRESS_TEXT];

    address_text(&conn->peer, peer);
    front_tell_refused(conn->server,
                       conn->request && conn->request->peer[0] ? conn->request->peer : peer, status,
                       reason);
}

enum step conn_turn_away(const struct conn *conn, const char *reason)
{
    tell_refused(conn, 0, reason);
    return STEP_CLOSE;
}

enum step conn_refuse(struct conn *conn, enum refusal refusal)
{
    static const char *const retry[] = { "Retry-After: 1", NULL };
    char text[REFUSAL_TEXT];
    struct http_reply reply = { .status = refusal_status(refusal),
                                .content_type = "text/plain; charset=utf-8" };

    refusal_text(refusal, &conn->server->limits, text);
    if (reply.status == 503)
        reply.headers = retry;
    tell_refused(conn, reply.status, text);
    bool bodiless = conn->request && strcmp(conn->request->head.method, "HEAD") == 0;
    http_request_free(TAKE(conn->request));
    struct bytes *head = reply_head_new(&reply, strlen(text) + 1);
    if (head) {
        bytes_add_str(head, "Connection: close\r\n\r\n");
        if (!bodiless)
            bytes_addf(head, "%s\n", text);
    }
    conn_set_deadline(conn, conn->server->limits.body_deadline_ms);
    return conn_send(conn, head, NULL, CONN_LINGER);
}

static struct slice unsent(const struct conn *conn)
{
    struct slice head = bytes_slice(conn->out_head);

    if (conn->out_pos < head.len)
        return slice_skip(head, conn->out_pos);
    return slice_skip(bytes_slice(conn->out_body), conn->out_pos - head.len);
}

static enum step start_linger(struct conn *conn)
{
    if (conn->finished)
        return STEP_CLOSE;
    stream_finish(&conn->stream);
    conn->linger_end_ms = clock_monotonic_ms() + LINGER_TOTAL_MS;
    conn->linger_left = conn->server->limits.max_body_bytes + LINGER_BYTES;
    conn->state = CONN_LINGER;
    conn_take_in(conn, conn->in_len);
    return STEP_NEXT;
}

/* One byte, then the timer's stroke. Who has no room for one reads nothing: nobody waits for that.
 */
static enum step send_byte(struct conn *conn, struct slice rest)
{
    size_t put = 0;
    enum stream_result result = stream_write(&conn->stream, (struct slice){ rest.at, 1 }, &put);

    conn->out_pos += put;
    if (result != STREAM_DATA)
        return STEP_CLOSE;
    conn_set_deadline(conn, conn->slow_ms);
    return conn_wait(conn, 0);
}

enum step step_send(struct conn *conn)
{
    struct slice rest = unsent(conn);
    size_t put = 0;

    if (rest.len > 0 && conn->slow_ms > 0) {
        if (conn->out_pos >= conn->slow_from)
            return send_byte(conn, rest);
        rest.len =
            conn->slow_from - conn->out_pos < rest.len ? conn->slow_from - conn->out_pos : rest.len;
    }
    if (rest.len > 0) {
        enum stream_result result = stream_write(&conn->stream, rest, &put);
        conn->out_pos += put;
        return conn_after(conn, result);
    }
    conn->slow_ms = 0;
    conn_drop_out(conn);
    if (conn->after == CONN_LINGER)
        return start_linger(conn);
    if (conn->after == CONN_HEAD) {
        conn_set_deadline(conn, conn->server->limits.head_deadline_ms);
        if (conn->server->stopping && conn->in_len == 0)
            return STEP_CLOSE;
    }
    conn->state = conn->after;
    return STEP_NEXT;
}

enum step step_reset(struct conn *conn)
{
    stream_make_abrupt(&conn->stream);
    return STEP_CLOSE;
}

/* Reads and drops what the caller still sends, so that a reset does not take our answer away. */
enum step step_linger(struct conn *conn)
{
    char dropped[16 * 1024];
    int64_t left_ms = conn->linger_end_ms - clock_monotonic_ms();
    ssize_t got = recv(conn->stream.fd, dropped, sizeof(dropped), 0);

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        conn_set_deadline(conn,
                          left_ms < LINGER_IDLE_MS ? (left_ms > 0 ? left_ms : 0) : LINGER_IDLE_MS);
        return conn_wait(conn, EV_READ);
    }
    if (got <= 0 || left_ms <= 0 || (size_t)got > conn->linger_left)
        return STEP_CLOSE;
    conn->linger_left -= (size_t)got;
    return STEP_NEXT;
}
