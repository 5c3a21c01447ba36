/* Listeners: binding, accepting, and the TLS contexts that a reload swaps. */
#include "base/text.h"
#include "http/front.h"

#include <errno.h>
#include <string.h>

enum { BACKLOG = 1024, ACCEPT_RETRY_US = 100000 };

static void on_accept(struct evconnlistener *evconn, evutil_socket_t fd, struct sockaddr *from,
                      int from_len, void *ctx)
{
    (void)evconn;
    (void)from_len;
    conn_accept(ctx, fd, from);
}

/* Out of descriptors or memory: without a pause the loop would spin on the waiting connection. */
static void on_accept_error(struct evconnlistener *evconn, void *ctx)
{
    const struct listener *listener = ctx;
    struct timeval wait = { .tv_usec = ACCEPT_RETRY_US };

    (void)evconnlistener_disable(evconn);
    (void)evtimer_add(listener->server->accept_retry, &wait);
}

static uint16_t bound_port(evutil_socket_t fd)
{
    struct sockaddr_storage local = { 0 };
    struct sockaddr_in6 v6;
    socklen_t len = sizeof(local);

    if (getsockname(fd, (struct sockaddr *)&local, &len) != 0)
        return 0;
    memcpy(&v6, &local, sizeof(v6)); /* the port stands at the same place in both families */
    return ntohs(v6.sin6_port);
}

static char *copy_text(const char *text, bool *lost)
{
    char *copy = text ? strdup(text) : NULL;

    *lost |= text && !copy;
    return copy;
}

static enum status copy_params(struct listener *listener, const struct http_listener *params,
                               struct err *err)
{
    bool lost = false;

    listener->params = (struct http_listener){
        .address = copy_text(params->address, &lost),
        .cert_file = copy_text(params->cert_file, &lost),
        .key_file = copy_text(params->key_file, &lost),
        .client_ca_file = copy_text(params->client_ca_file, &lost),
        .proxy_protocol = params->proxy_protocol,
        .bad_client_stays = params->bad_client_stays,
    };
    return lost ? RAISE(err, ST_NOMEM, "out of memory") : ST_OK;
}

static enum status open_one(struct listener *listener, struct err *err)
{
    const char *text = listener->params.address;
    struct sockaddr_storage address = { 0 };
    socklen_t len = 0;

    if (!text || !address_parse_socket(slice_str(text), &address, &len))
        return RAISE(err, ST_INPUT, "listen address %s: wanted is IP:PORT or [IPv6]:PORT",
                     text ? text : "(none)");
    if (listener->params.cert_file)
        TRY(tls_context(&listener->params, &listener->tls, err));
    listener->evconn = evconnlistener_new_bind(listener->server->base, on_accept, listener,
                                               LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                                                   LEV_OPT_REUSEABLE | LEV_OPT_DISABLED,
                                               BACKLOG, (struct sockaddr *)&address, (int)len);
    if (!listener->evconn)
        return RAISE(err, ST_INPUT, "cannot listen on %s: %s", text,
                     strerrordesc_np(EVUTIL_SOCKET_ERROR()));
    evconnlistener_set_error_cb(listener->evconn, on_accept_error);
    listener->port = bound_port(evconnlistener_get_fd(listener->evconn));
    return ST_OK;
}

enum status listeners_open(struct http_server *server, const struct http_params *params,
                           struct err *err)
{
    server->listeners = calloc(params->listener_count, sizeof(*server->listeners));
    if (!server->listeners)
        return RAISE(err, ST_NOMEM, "out of memory");
    server->listener_count = params->listener_count;
    for (size_t i = 0; i < params->listener_count; i++) {
        struct listener *listener = &server->listeners[i];
        listener->server = server;
        TRY(copy_params(listener, &params->listeners[i], err));
        TRY(open_one(listener, err));
    }
    return ST_OK;
}

void listeners_enable(struct http_server *server, bool enable)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        struct evconnlistener *evconn = server->listeners[i].evconn;
        if (evconn && enable)
            (void)evconnlistener_enable(evconn);
        else if (evconn)
            (void)evconnlistener_disable(evconn);
    }
}

static void free_params(const struct http_listener *params)
{
    free((char *)params->address);
    free((char *)params->cert_file);
    free((char *)params->key_file);
    free((char *)params->client_ca_file);
}

/* The sockets are closed, so that a successor may bind; the rest stays until listeners_free(). */
void listeners_close(struct http_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        struct listener *listener = &server->listeners[i];
        if (listener->evconn)
            evconnlistener_free(TAKE(listener->evconn));
    }
}

void listeners_free(struct http_server *server)
{
    listeners_close(server);
    for (size_t i = 0; i < server->listener_count; i++) {
        SSL_CTX_free(server->listeners[i].tls);
        free_params(&server->listeners[i].params);
    }
    free(server->listeners);
}

SSL_CTX *listener_tls(const struct listener *listener)
{
    SSL_CTX *context = NULL;

    (void)pthread_mutex_lock(&listener->server->lock);
    context = listener->tls;
    if (context)
        (void)SSL_CTX_up_ref(context);
    (void)pthread_mutex_unlock(&listener->server->lock);
    return context;
}

static void swap_contexts(struct http_server *server, SSL_CTX **contexts)
{
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->listener_count; i++) {
        SSL_CTX *old = server->listeners[i].tls;
        server->listeners[i].tls = contexts[i];
        contexts[i] = old;
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static enum status load_contexts(const struct http_server *server, SSL_CTX **contexts,
                                 struct err *err)
{
    for (size_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i].params.cert_file)
            TRY(tls_context(&server->listeners[i].params, &contexts[i], err));
    return ST_OK;
}

/* All or none: a listener with its old certificate beside one with its new helps nobody. */
enum status http_reload_tls(struct http_server *server, struct err *err)
{
    SSL_CTX *contexts[HTTP_MAX_LISTENERS] = { NULL };
    enum status status = load_contexts(server, contexts, err);
    if (status == ST_OK)
        swap_contexts(server, contexts);
    for (size_t i = 0; i < server->listener_count; i++)
        SSL_CTX_free(contexts[i]); /* after a swap the old ones; open connections hold theirs */
    return status;
}

uint16_t http_port(const struct http_server *server, size_t listener)
{
    return server->listeners[listener].port;
}
