#include "far.h"

#include "base/text.h"
#include "crypto/jws.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct far_step beyond = { .http = 599, .body = "beyond the script" };

/* ---- what is asked ---- */

static char letter_of(const char *line)
{
    static const struct {
        const char *begin;
        char letter;
    } rows[] = {
        { "POST /v1/verify?", 'P' },
        { "GET /v1/verify ", 'G' },
        { "POST /v1/data", 'D' },
        { "GET /v1/vendors ", 'V' },
        { "GET /v1/report/transactions/", 'T' },
        { "GET /v1/report/act/", 'A' },
        { "GET /v1/report/actdetail/", 'a' },
        { "GET /v1/news ", 'N' },
        { "POST /v1/personal_data", 'D' },
        { "POST /v1/personel_data", 'D' },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (strncmp(line, rows[i].begin, strlen(rows[i].begin)) == 0)
            return rows[i].letter;
    return '?';
}

static struct bytes *read_request(int fd, size_t *ret_head)
{
    struct bytes *all = bytes_new(32 << 20);
    size_t want = SIZE_MAX;
    char some[65536];

    while (all->len < want) {
        const ssize_t got = recv(fd, some, sizeof(some), 0);
        const char *end;

        if (got <= 0) {
            bytes_free(all);
            return NULL;
        }
        bytes_add(all, slice_mem(some, (size_t)got));
        end = strstr(all->at, "\r\n\r\n");
        if (end && want == SIZE_MAX) {
            const char *length = strcasestr(all->at, "\r\nContent-Length: ");

            *ret_head = (size_t)(end - all->at) + 4;
            want = *ret_head + (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
        }
    }
    return all;
}

static void remember(struct far *far, struct slice all, size_t head)
{
    struct far_call *call;

    if (far->call_count == FAR_CALLS)
        return;
    call = &far->calls[far->call_count];
    (void)text_copy_slice(call->line, sizeof(call->line),
                          (struct slice){ all.at, strcspn(all.at, "\r") });
    (void)text_copy_slice(call->head, sizeof(call->head), (struct slice){ all.at, head });
    call->body = bytes_dup(slice_skip(all, head));
    far->trace[far->call_count++] = letter_of(call->line);
    far->trace[far->call_count] = '\0';
}

static struct far_step next_step(struct far *far, struct slice all, size_t head)
{
    struct far_step step = beyond;

    (void)pthread_mutex_lock(&far->lock);
    remember(far, all, head);
    if (letter_of(all.at) == 'V' && far->vendors.http)
        step = far->vendors;
    else if (far->step < far->step_count)
        step = far->steps[far->step++];
    (void)pthread_mutex_unlock(&far->lock);
    return step;
}

/* ---- the answer ---- */

static struct bytes *fill_in(const char *body, const char *head)
{
    struct bytes *filled = bytes_new(32 << 20);
    const char *key = strcasestr(head, "\r\nx-idempotency-key: ");
    const struct slice value = { key ? key + 21 : "", key ? strcspn(key + 21, "\r") : 0 };

    for (const char *at = body; *at; at++)
        if (strncmp(at, "$KEY", 4) == 0) {
            bytes_add(filled, value);
            at += 3;
        } else {
            bytes_add(filled, slice_mem(at, 1));
        }
    return filled;
}

static void add_signature(const struct far *far, const struct far_step *step, struct slice body,
                          struct bytes *head)
{
    static const struct jws_settings settings = { .alphabet = JWS_BASE64_STD };
    const bool good = step->http >= 200 && step->http < 300;
    const struct key *key = step->sign == SIGN_STRANGER ? far->stranger->key : far->pki->leaf.key;
    AUTO(bytes_free) struct bytes *jws = NULL;
    struct err err;

    if (step->sign == SIGN_NONE || (step->sign == SIGN_USUAL && !good))
        return;
    if (step->sign == SIGN_GARBAGE) {
        bytes_add_str(head, "x-jws-signature: a.b.c\r\n");
        return;
    }
    if (step->sign == SIGN_FORGED)
        body = SLICE("another body");
    if (jws_sign(key, body, &settings, &jws, &err) != ST_OK)
        abort();
    bytes_addf(head, "x-jws-signature: %s\r\n", jws->at);
    if (step->sign == SIGN_TWICE)
        bytes_addf(head, "X-JWS-Signature: %s\r\n", jws->at);
}

static void send_all(int fd, struct slice s)
{
    while (s.len > 0) {
        const ssize_t sent = send(fd, s.at, s.len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        s = slice_skip(s, (size_t)sent);
    }
}

static void wait_for_close(int fd)
{
    char dropped[512];

    while (recv(fd, dropped, sizeof(dropped), 0) > 0)
        continue;
}

static void reset(int fd)
{
    const struct linger now = { .l_onoff = 1 };

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void answer(const struct far *far, int fd, const struct far_step *step, const char *request)
{
    AUTO(bytes_free) struct bytes *body = fill_in(step->body ? step->body : "", request);
    AUTO(bytes_free) struct bytes *head = bytes_new(1 << 16);
    const bool whole = step->end == END_WELL;

    if (step->end == END_RESET)
        reset(fd);
    if (step->end == END_SILENT)
        wait_for_close(fd);
    if (step->end == END_RESET || step->end == END_SILENT)
        return;
    bytes_addf(head, "HTTP/1.1 %d Some\r\nContent-Length: %zu\r\n", step->http, body->len);
    if (!step->type || step->type[0])
        bytes_addf(head, "Content-Type: %s\r\n", step->type ? step->type : "application/json");
    if (step->header)
        bytes_addf(head, "%s\r\n", step->header);
    add_signature(far, step, bytes_slice(body), head);
    bytes_add_str(head, step->stays ? "\r\n" : "Connection: close\r\n\r\n");
    send_all(fd, bytes_slice(head));
    send_all(fd, (struct slice){ body->at, whole ? body->len : body->len / 2 });
    if (step->end == END_RESET_IN_BODY)
        reset(fd);
    if (step->end == END_SILENT_IN_BODY)
        wait_for_close(fd);
}

static void leave_open(struct far *far, int fd)
{
    if (far->stayed >= 0)
        (void)close(far->stayed);
    far->stayed = fd;
}

static void *serve(void *ctx)
{
    struct far *far = ctx;

    for (;;) {
        const int fd = accept4(far->fd, NULL, NULL, SOCK_CLOEXEC);
        size_t head = 0;
        bool stays = false;

        if (fd < 0)
            return NULL;
        AUTO(bytes_free) struct bytes *all = read_request(fd, &head);
        if (all) {
            const struct far_step step = next_step(far, bytes_slice(all), head);
            all->at[head - 1] = '\0';
            answer(far, fd, &step, all->at);
            stays = step.stays;
        }
        if (stays)
            leave_open(far, fd);
        else
            (void)close(fd);
    }
}

/* ---- */

struct far *far_start(const struct pki *pki, const struct made *stranger)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    struct far *far = calloc(1, sizeof(*far));

    assert_non_null(far);
    far->pki = pki;
    far->stayed = -1;
    far->stranger = stranger;
    (void)pthread_mutex_init(&far->lock, NULL);
    far->vendors = (struct far_step){
        .http = 200,
        .body =
            "{\"vendors\":[{\"id\":1,\"name\":\"VisionLabs\"},{\"id\":3,\"name\":\"Verigram\"}]}",
    };
    far->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(far->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(far->fd, (struct sockaddr *)&address, &len), 0);
    far->port = ntohs(address.sin_port);
    assert_int_equal(listen(far->fd, 64), 0);
    assert_int_equal(pthread_create(&far->thread, NULL, serve, far), 0);
    return far;
}

static void forget(struct far *far)
{
    for (size_t i = 0; i < far->call_count; i++)
        bytes_free(TAKE(far->calls[i].body));
    far->call_count = 0;
    far->trace[0] = '\0';
    far->step = 0;
}

void far_stop(struct far *far)
{
    (void)shutdown(far->fd, SHUT_RDWR);
    (void)pthread_join(far->thread, NULL);
    (void)close(far->fd);
    if (far->stayed >= 0)
        (void)close(far->stayed);
    forget(far);
    (void)pthread_mutex_destroy(&far->lock);
    free(far);
}

void far_script(struct far *far, const struct far_step *steps, size_t count)
{
    assert_true(count <= FAR_STEPS);
    (void)pthread_mutex_lock(&far->lock);
    forget(far);
    for (size_t i = 0; i < count; i++)
        far->steps[i] = steps[i];
    far->step_count = count;
    (void)pthread_mutex_unlock(&far->lock);
}

void far_trace(struct far *far, bool vendors, char ret[FAR_CALLS + 1])
{
    (void)pthread_mutex_lock(&far->lock);
    for (const char *at = far->trace; *at; at++)
        if (vendors || *at != 'V')
            *ret++ = *at;
    *ret = '\0';
    (void)pthread_mutex_unlock(&far->lock);
}

const struct far_call *far_call_of(struct far *far, char letter, size_t n)
{
    const struct far_call *found = NULL;

    (void)pthread_mutex_lock(&far->lock);
    for (size_t i = 0; i < far->call_count && !found; i++)
        if (far->trace[i] == letter && n-- == 0)
            found = &far->calls[i];
    (void)pthread_mutex_unlock(&far->lock);
    if (!found)
        fail_msg("no call %c", letter);
    return found;
}
