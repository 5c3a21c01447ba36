#include "journal/syslog.h"

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/text.h"
#include "journal/syslog_position.h"
#include "journal/syslog_relp.h"
#include "journal/syslog_tls.h"
#include "journal/syslog_wire.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_BYTES = 300,
    STREAM_BYTES = 64 * 1024, /* of frames collected before they are sent */
    STEADY_MS = 10 * 1000,    /* a connection that lived so long was a good one */
    BACK_OFF_MIN_MS = 1000,
    BACK_OFF_MAX_MS = 60 * 1000,
};

struct syslog {
    enum syslog_transport transport;
    struct endpoint endpoint;
    char name[NAME_BYTES];
    char hostname[SYSLOG_HOSTNAME_MAX + 1];
    char version[40];
    struct syslog_head head;
    struct wire_tls *tls;
    struct wire_stop *stop;
    int64_t connect_ms, io_ms;
    uint64_t resend_lines;
    struct position *position;

    pthread_mutex_t lock;
    struct syslog_gap gap;
    uint64_t gone; /* up to here gaps were told */

    /* the shipper's thread alone */
    struct wire *wire; /* NULL: no connection */
    struct relp *relp; /* NULL: none, or another transport */
    struct bytes *message, *stream;
    uint64_t held;       /* seq: acknowledged, or handed to the kernel; 0: nothing yet */
    int64_t opened_ms;   /* monotonic; of the connection */
    bool progressed;     /* something was acknowledged on it */
    int64_t back_off_ms; /* the pause that follows a connection that did not live long */
    int64_t not_before_ms;
    struct err why; /* it broke */
};

/* ---- the words of settings ---- */

static const struct {
    const char *word, *port;
} transports[] = {
    [SYSLOG_UDP] = { "udp", "514" },
    [SYSLOG_TCP] = { "tcp", "514" },
    [SYSLOG_TLS] = { "tls", "6514" },
    [SYSLOG_RELP] = { "relp", "2514" },
    [SYSLOG_RELP_TLS] = { "relp-tls", "2514" },
};

bool syslog_transport_parse(const char *word, enum syslog_transport *ret)
{
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
        if (strcmp(transports[i].word, word) == 0) {
            *ret = (enum syslog_transport)i;
            return true;
        }
    return false;
}

const char *syslog_default_port(enum syslog_transport transport)
{
    return transports[transport].port;
}

bool syslog_facility_parse(const char *word, unsigned *ret)
{
    static const struct {
        const char *word;
        unsigned number;
    } facilities[] = {
        { "user", 1 },    { "daemon", 3 },  { "auth", 4 },    { "authpriv", 10 }, { "audit", 13 },
        { "local0", 16 }, { "local1", 17 }, { "local2", 18 }, { "local3", 19 },   { "local4", 20 },
        { "local5", 21 }, { "local6", 22 }, { "local7", 23 },
    };

    for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
        if (strcmp(facilities[i].word, word) == 0) {
            *ret = facilities[i].number;
            return true;
        }
    return false;
}

/* ---- how each transport sends rows ---- */

static bool is_tls(enum syslog_transport transport)
{
    return transport == SYSLOG_TLS || transport == SYSLOG_RELP_TLS;
}

static bool is_relp(enum syslog_transport transport)
{
    return transport == SYSLOG_RELP || transport == SYSLOG_RELP_TLS;
}

static enum status format(struct syslog *syslog, const struct event_row *row, struct err *err)
{
    syslog->message->len = 0;
    syslog_message(&syslog->head, row, syslog->message);
    return bytes_check(syslog->message, "syslog message", err);
}

static enum status put_datagrams(struct syslog *syslog, const struct event_row *rows, size_t n,
                                 struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        TRY(format(syslog, &rows[i], err));
        TRY(wire_send(syslog->wire, bytes_slice(syslog->message), err));
        syslog->held = rows[i].seq;
    }
    return ST_OK;
}

static enum status put_stream(struct syslog *syslog, const struct event_row *rows, size_t n,
                              struct err *err)
{
    syslog->stream->len = 0;
    for (size_t i = 0; i < n; i++) {
        TRY(format(syslog, &rows[i], err));
        syslog_frame(bytes_slice(syslog->message), syslog->stream);
        TRY(bytes_check(syslog->stream, "syslog messages", err));
        if (syslog->stream->len < STREAM_BYTES && i + 1 < n)
            continue;
        TRY(wire_send(syslog->wire, bytes_slice(syslog->stream), err));
        syslog->stream->len = 0;
        if (rows[i].seq > syslog->held) /* else it was sent before, too */
            syslog->held = rows[i].seq;
    }
    return ST_OK;
}

static enum status send_relp(struct syslog *syslog, const struct event_row *rows, size_t n,
                             struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        TRY(format(syslog, &rows[i], err));
        TRY(relp_send(syslog->relp, bytes_slice(syslog->message), err));
    }
    return relp_flush(syslog->relp, err);
}

static enum status put_relp(struct syslog *syslog, const struct event_row *rows, size_t n,
                            struct err *err)
{
    const uint64_t before = relp_acknowledged(syslog->relp);
    const enum status status = send_relp(syslog, rows, n, err);
    const uint64_t acknowledged = relp_acknowledged(syslog->relp) - before;

    if (acknowledged > 0) {
        syslog->held = rows[acknowledged - 1].seq;
        syslog->progressed = true;
    }
    return status;
}

/* ---- the connection ---- */

static void disconnect(struct syslog *syslog)
{
    relp_close(syslog->relp);
    wire_close(syslog->wire);
    syslog->relp = NULL;
    syslog->wire = NULL;
}

/* A connection that breaks soon after it was made must not be made again at once: with all that is
 * resent each time it would be a flood. */
static void back_off(struct syslog *syslog)
{
    const int64_t now_ms = clock_monotonic_ms();

    if (syslog->progressed || now_ms - syslog->opened_ms >= STEADY_MS)
        syslog->back_off_ms = 0;
    else if (syslog->back_off_ms == 0)
        syslog->back_off_ms = BACK_OFF_MIN_MS;
    else if (syslog->back_off_ms < BACK_OFF_MAX_MS / 2)
        syslog->back_off_ms *= 2;
    else
        syslog->back_off_ms = BACK_OFF_MAX_MS;
    syslog->not_before_ms = now_ms + syslog->back_off_ms;
}

static enum status open_connection(struct syslog *syslog, struct err *err)
{
    const struct wire_params params = {
        .endpoint = &syslog->endpoint,
        .datagrams = syslog->transport == SYSLOG_UDP,
        .tls = syslog->tls,
        .stop = syslog->stop,
        .connect_ms = syslog->connect_ms,
        .io_ms = syslog->io_ms,
    };

    TRY(wire_open(&params, &syslog->wire, err));
    syslog->opened_ms = clock_monotonic_ms();
    syslog->progressed = false;
    return is_relp(syslog->transport)
               ? relp_open(syslog->wire, syslog->head.version, &syslog->relp, err)
               : ST_OK;
}

/* What a new connection goes on behind. */
static uint64_t go_on_behind(const struct syslog *syslog)
{
    if (is_relp(syslog->transport))
        return syslog->held;
    if (syslog->transport == SYSLOG_UDP)
        return syslog->held > 0 ? syslog->held : EVENT_SEQ_NOW;
    return syslog->held > syslog->resend_lines ? syslog->held - syslog->resend_lines : 0;
}

/* Asked first and after every failure: a connection anew, and where it goes on. */
static enum status position(void *ctx, struct slice instance, uint64_t *ret_seq, struct err *err)
{
    struct syslog *syslog = ctx;

    (void)instance; /* the folder is one instance's */
    if (syslog->wire) {
        disconnect(syslog);
        back_off(syslog);
    }
    if (clock_monotonic_ms() < syslog->not_before_ms) {
        *err = syslog->why;
        return err->status;
    }
    enum status status = open_connection(syslog, err);
    if (status == ST_OK)
        *ret_seq = go_on_behind(syslog);
    else
        syslog->why = *err;
    return status;
}

/* ---- the sink ---- */

static void keep_position(struct syslog *syslog, bool now)
{
    if (syslog->position)
        position_keep(syslog->position, syslog->held, now);
}

static enum status put(void *ctx, const struct event_row *rows, size_t n, struct err *err)
{
    static enum status (*const puts[])(struct syslog *, const struct event_row *, size_t,
                                       struct err *) = {
        [SYSLOG_UDP] = put_datagrams, [SYSLOG_TCP] = put_stream,    [SYSLOG_TLS] = put_stream,
        [SYSLOG_RELP] = put_relp,     [SYSLOG_RELP_TLS] = put_relp,
    };
    struct syslog *syslog = ctx;
    enum status status = wire_look(syslog->wire, err); /* one that broke takes bytes all the same */

    if (status == ST_OK)
        status = puts[syslog->transport](syslog, rows, n, err);
    if (status != ST_OK)
        syslog->why = *err;
    keep_position(syslog, false);
    return status;
}

static enum status look(void *ctx, struct err *err)
{
    struct syslog *syslog = ctx;
    const enum status status = wire_look(syslog->wire, err);

    if (status != ST_OK)
        syslog->why = *err;
    keep_position(syslog, false);
    return status;
}

static void gone(void *ctx, uint64_t first, uint64_t last)
{
    struct syslog *syslog = ctx;
    struct syslog_gap *gap = &syslog->gap;

    (void)pthread_mutex_lock(&syslog->lock);
    if (first <= syslog->gone) /* they were read again after a failure */
        first = syslog->gone + 1;
    if (first <= last) {
        gap->first = gap->lines > 0 ? gap->first : first;
        gap->last = last;
        gap->lines += last - first + 1;
        syslog->gone = last;
    }
    (void)pthread_mutex_unlock(&syslog->lock);
}

struct event_sink syslog_sink(struct syslog *syslog)
{
    return (struct event_sink){
        .ctx = syslog, .put = put, .position = position, .look = look, .gone = gone
    };
}

struct syslog_gap syslog_take_gap(struct syslog *syslog)
{
    (void)pthread_mutex_lock(&syslog->lock);
    const struct syslog_gap gap = syslog->gap;
    syslog->gap = (struct syslog_gap){ .lines = 0 };
    (void)pthread_mutex_unlock(&syslog->lock);
    return gap;
}

const char *syslog_name(const struct syslog *syslog)
{
    return syslog->name;
}

void syslog_end(struct syslog *syslog, int64_t grace_ms)
{
    wire_stop_at(syslog->stop, clock_monotonic_ms() + grace_ms);
}

/* ---- birth and death ---- */

static enum status open_tls(const struct syslog_params *params, struct syslog *syslog,
                            struct err *err)
{
    const struct wire_tls_params tls = {
        .ca_file = params->tls_ca_file,
        .name = *params->tls_name ? params->tls_name : syslog->endpoint.host,
        .cert_file = params->tls_cert_file,
        .key_file = params->tls_key_file,
    };

    return is_tls(params->transport) ? wire_tls_new(&tls, &syslog->tls, err) : ST_OK;
}

static enum status take_params(const struct syslog_params *params, struct syslog *syslog,
                               struct err *err)
{
    syslog->transport = params->transport;
    syslog->connect_ms = params->connect_ms;
    syslog->io_ms = params->io_ms;
    syslog->resend_lines = params->resend_lines;
    syslog->head = params->head;
    (void)text_copy(syslog->hostname, sizeof(syslog->hostname), params->head.hostname);
    (void)text_copy(syslog->version, sizeof(syslog->version), params->head.version);
    syslog->head.hostname = syslog->hostname;
    syslog->head.version = syslog->version;
    if (params->head.max_bytes < SYSLOG_MESSAGE_MIN || params->head.max_bytes > SYSLOG_MESSAGE_MAX)
        return RAISE(err, ST_INPUT, "syslog: messages of %zu bytes", params->head.max_bytes);
    if (!endpoint_parse(params->address, syslog_default_port(params->transport), &syslog->endpoint))
        return RAISE(err, ST_INPUT, "syslog: %.100s is neither host nor host:port",
                     params->address);
    (void)text_format(syslog->name, sizeof(syslog->name), "%s %s:%s",
                      transports[params->transport].word, syslog->endpoint.host,
                      syslog->endpoint.port);
    return ST_OK;
}

enum status syslog_open(const struct syslog_params *params, struct syslog **ret_syslog,
                        struct err *err)
{
    AUTO(syslog_close) struct syslog *syslog = calloc(1, sizeof(*syslog));

    if (!syslog)
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    (void)pthread_mutex_init(&syslog->lock, NULL);
    syslog->message = bytes_new(SYSLOG_MESSAGE_MAX);
    syslog->stream = bytes_new(STREAM_BYTES + SYSLOG_MESSAGE_MAX + sizeof("65000 "));
    syslog->stop = wire_stop_new();
    if (!syslog->message || !syslog->stream || !syslog->stop)
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    TRY(take_params(params, syslog, err));
    TRY(open_tls(params, syslog, err));
    if (params->transport != SYSLOG_UDP)
        TRY(position_open(params->dir, &syslog->position, &syslog->held, err));
    *ret_syslog = TAKE(syslog);
    return ST_OK;
}

void syslog_close(struct syslog *syslog)
{
    if (!syslog)
        return;
    disconnect(syslog);
    keep_position(syslog, true);
    position_close(syslog->position);
    wire_tls_free(syslog->tls);
    wire_stop_free(syslog->stop);
    bytes_free(syslog->message);
    bytes_free(syslog->stream);
    (void)pthread_mutex_destroy(&syslog->lock);
    free(syslog);
}
