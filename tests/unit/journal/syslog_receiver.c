#include "syslog_receiver.h"

#include "journal/syslog_position.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct receiver receiver;

void listen_on(int type)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    receiver = (struct receiver){ .fd = -1, .listener = socket(AF_INET, type | SOCK_CLOEXEC, 0) };
    assert_int_equal(bind(receiver.listener, (struct sockaddr *)&at, sizeof(at)), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(receiver.listener, 8), 0);
    assert_int_equal(getsockname(receiver.listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(receiver.address, sizeof(receiver.address), "127.0.0.1:%u", ntohs(at.sin_port));
}

bool readable(int fd, int ms)
{
    struct pollfd one = { .fd = fd, .events = POLLIN };

    return poll(&one, 1, ms) == 1;
}

void accept_one(void)
{
    assert_true(readable(receiver.listener, PATIENCE_MS));
    receiver.fd = accept(receiver.listener, NULL, NULL);
    assert_true(receiver.fd >= 0);
    receiver.len = 0;
    receiver.in[0] = '\0';
}

void hang_up(void)
{
    (void)close(receiver.fd);
    receiver.fd = -1;
}

void say(const char *text)
{
    assert_int_equal(send(receiver.fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

bool hear(const char *text)
{
    while (!strstr(receiver.in, text)) {
        ssize_t n;

        if (!readable(receiver.fd, PATIENCE_MS))
            return false;
        n = recv(receiver.fd, receiver.in + receiver.len, IN_BYTES - 1 - receiver.len, 0);
        if (n <= 0)
            return false;
        receiver.len += (size_t)n;
        receiver.in[receiver.len] = '\0';
    }
    return true;
}

void shut(void)
{
    if (receiver.fd >= 0)
        hang_up();
    (void)close(receiver.listener);
}

/* ---- the sink in front of it ---- */

struct syslog_params params_to(const char *dir, enum syslog_transport transport)
{
    return (struct syslog_params){ .transport = transport,
                                   .address = receiver.address,
                                   .dir = dir,
                                   .head = { .facility = 16,
                                             .hostname = "n",
                                             .enterprise = 32473,
                                             .version = "1",
                                             .max_bytes = 8192 },
                                   .tls_ca_file = "",
                                   .tls_name = "",
                                   .tls_cert_file = "",
                                   .tls_key_file = "",
                                   .connect_ms = PATIENCE_MS,
                                   .io_ms = PATIENCE_MS,
                                   .resend_lines = 3 };
}

struct syslog *open_to(const char *dir, enum syslog_transport transport)
{
    const struct syslog_params params = params_to(dir, transport);
    struct syslog *syslog = NULL;

    assert_ok(syslog_open(&params, &syslog, err));
    return syslog;
}

static enum status put_rows(struct call *call)
{
    enum { MOST = 1000 };
    AUTO_FREE struct event_row *rows = calloc(MOST, sizeof(*rows));
    size_t n = 0;

    for (uint64_t seq = call->first; seq <= call->last; seq++)
        rows[n++] = (struct event_row){
            .seq = seq,
            .instance = SLICE("node1"),
            .at_ms = T0_MS,
            .event = { .level = EVENT_INFO, .name = "test.line", .text = "x" },
            .category = "INFO",
        };
    return call->sink.put(call->sink.ctx, rows, n, &call->err);
}

static void *run_call(void *arg)
{
    struct call *call = arg;

    call->status =
        call->first ? put_rows(call)
                    : call->sink.position(call->sink.ctx, SLICE("node1"), &call->seq, &call->err);
    return NULL;
}

void begin(struct call *call, struct syslog *syslog, uint64_t first, uint64_t last)
{
    *call = (struct call){ .sink = syslog_sink(syslog), .first = first, .last = last };
    assert_int_equal(pthread_create(&call->thread, NULL, run_call, call), 0);
}

enum status end(struct call *call)
{
    assert_int_equal(pthread_join(call->thread, NULL), 0);
    return call->status;
}

enum status put_now(struct syslog *syslog, uint64_t first, uint64_t last, struct err *err)
{
    struct call call;

    begin(&call, syslog, first, last);
    const enum status status = end(&call);
    *err = call.err;
    return status;
}

uint64_t open_relp(struct syslog *syslog)
{
    struct call call;

    begin(&call, syslog, 0, 0);
    accept_one();
    assert_true(hear("commands=syslog\n"));
    assert_memory_equal(receiver.in, "1 open ", 7);
    say("1 rsp 19 200 OK\ncommands=sys\n");
    assert_done(&call);
    receiver.len = 0;
    receiver.in[0] = '\0';
    return call.seq;
}

uint64_t open_plain(struct syslog *syslog)
{
    struct call call;

    begin(&call, syslog, 0, 0);
    accept_one();
    assert_done(&call);
    return call.seq;
}

uint64_t kept_in(const char *dir)
{
    char path[256], text[32] = "";
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/" POSITION_FILE, dir);
    file = fopen(path, "r");
    if (!file)
        return 0;
    (void)!fgets(text, sizeof(text), file);
    (void)fclose(file);
    return strtoull(text, NULL, 10);
}
