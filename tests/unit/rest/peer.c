#include "peer.h"

#include "certs.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
    int fd;
    SSL *ssl;
};

static ssize_t wire_read(struct wire *wire, void *to, size_t room)
{
    return wire->ssl ? SSL_read(wire->ssl, to, (int)room) : recv(wire->fd, to, room, 0);
}

static bool wire_send(struct wire *wire, const char *at, size_t len)
{
    return wire->ssl ? SSL_write(wire->ssl, at, (int)len) > 0
                     : send(wire->fd, at, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* One whole request, of which the beginning is kept; false: the caller has closed. */
static bool read_request(struct peer *peer, struct wire *wire)
{
    char request[SEEN_BYTES] = "";
    char beyond[SEEN_BYTES];
    size_t len = 0;
    size_t total = 0;
    size_t want = SIZE_MAX;

    while (total < want) {
        bool is_full = len == sizeof(request) - 1;
        ssize_t got = wire_read(wire, is_full ? beyond : request + len,
                                is_full ? sizeof(beyond) : sizeof(request) - 1 - len);
        if (got <= 0)
            return false;
        total += (size_t)got;
        len += is_full ? 0 : (size_t)got;
        request[len] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        if (end)
            want = (size_t)(end - request) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
    }
    pthread_mutex_lock(&peer->lock);
    peer->requests++;
    memcpy(peer->seen, request, len + 1);
    pthread_mutex_unlock(&peer->lock);
    return true;
}

static void wait_for_close(struct wire *wire)
{
    char dropped[512];

    while (wire_read(wire, dropped, sizeof(dropped)) > 0)
        continue;
}

static bool play(struct peer *peer, struct wire *wire)
{
    const struct script *script = &peer->script;
    const struct linger reset = { .l_onoff = 1 };
    char letters[4096];

    if (script->end == END_FIRST && peer_count(peer, &peer->requests) > 1)
        return false;
    memset(letters, 'x', sizeof(letters));
    if (script->answer && !wire_send(wire, script->answer, strlen(script->answer)))
        return false;
    while (script->endless && wire_send(wire, letters, sizeof(letters)))
        continue;
    if (script->end == END_STALL)
        wait_for_close(wire);
    if (script->end == END_TIRED)
        (void)wire_read(wire, letters, 1);
    if (script->end == END_RESET || script->end == END_TIRED)
        (void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    return (script->end == END_KEEP || script->end == END_FIRST) && !script->endless;
}

static void note_guest(struct peer *peer, const SSL *ssl)
{
    const X509 *cert = SSL_get0_peer_certificate(ssl);

    pthread_mutex_lock(&peer->lock);
    if (cert)
        X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, peer->guest,
                                  sizeof(peer->guest));
    pthread_mutex_unlock(&peer->lock);
}

struct guest {
    struct peer *peer;
    int fd;
};

static void *serve_one(void *ctx)
{
    struct guest guest = *(struct guest *)ctx;
    struct wire wire = { .fd = guest.fd };

    free(ctx);
    if (guest.peer->tls) {
        wire.ssl = SSL_new(guest.peer->tls);
        SSL_set_fd(wire.ssl, wire.fd);
    }
    bool is_met = !wire.ssl || SSL_accept(wire.ssl) == 1;
    if (is_met && wire.ssl)
        note_guest(guest.peer, wire.ssl);
    if (is_met)
        while (read_request(guest.peer, &wire) && play(guest.peer, &wire))
            continue;
    SSL_free(wire.ssl);
    close(wire.fd);
    return NULL;
}

static void *serve(void *ctx)
{
    struct peer *peer = ctx;
    pthread_t threads[64];
    unsigned count = 0;

    for (;;) {
        int fd = accept4(peer->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || count == 64)
            break;
        struct guest *guest = malloc(sizeof(*guest));
        *guest = (struct guest){ peer, fd };
        pthread_mutex_lock(&peer->lock);
        peer->connections++;
        pthread_mutex_unlock(&peer->lock);
        pthread_create(&threads[count++], NULL, serve_one, guest);
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return NULL;
}

int peer_bind(uint16_t *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

struct peer *peer_start(struct script script, const char *cert)
{
    return peer_start_mutual(script, cert, NULL);
}

struct peer *peer_start_mutual(struct script script, const char *cert, const char *client_ca)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    char path[CERT_PATH];
    char name[32];

    assert_non_null(peer);
    peer->script = script;
    pthread_mutex_init(&peer->lock, NULL);
    peer->fd = peer_bind(&peer->port);
    assert_int_equal(listen(peer->fd, 16), 0);
    if (cert) {
        peer->tls = SSL_CTX_new(TLS_server_method());
        snprintf(name, sizeof(name), "%s.pem", cert);
        assert_int_equal(SSL_CTX_use_certificate_chain_file(peer->tls, certs_path(name, path)), 1);
        snprintf(name, sizeof(name), "%s.key", cert);
        assert_int_equal(
            SSL_CTX_use_PrivateKey_file(peer->tls, certs_path(name, path), SSL_FILETYPE_PEM), 1);
    }
    if (client_ca) { /* without a context OpenSSL refuses sessions that are taken up again */
        SSL_CTX_set_session_id_context(peer->tls, (const unsigned char *)"peer", 4);
        SSL_CTX_set_verify(peer->tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        assert_int_equal(
            SSL_CTX_load_verify_locations(peer->tls, certs_path(client_ca, path), NULL), 1);
    }
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
    return peer;
}

void peer_stop(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    SSL_CTX_free(peer->tls);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

void peer_check_seen(struct peer *peer, const char *text, bool want)
{
    pthread_mutex_lock(&peer->lock);
    if ((strstr(peer->seen, text) != NULL) != want)
        fail_msg("%s %s: %s", want ? "wanted" : "not wanted", text, peer->seen);
    pthread_mutex_unlock(&peer->lock);
}

unsigned peer_count(struct peer *peer, const unsigned *member)
{
    pthread_mutex_lock(&peer->lock);
    unsigned count = *member;
    pthread_mutex_unlock(&peer->lock);
    return count;
}

const char *peer_url(const struct peer *peer, const char *path, char dst[128])
{
    snprintf(dst, 128, "%s://127.0.0.1:%u%s", peer->tls ? "https" : "http", peer->port, path);
    return dst;
}
