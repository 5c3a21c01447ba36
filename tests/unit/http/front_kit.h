/* A front on loopback for tests, whose requests the test answers itself or leaves to workers; and a
 * raw client, plain or TLS. Everything fails the test instead of hanging. */
#pragma once

#include "http/http.h"
#include "support/cmocka.h"

#include <openssl/ssl.h>

enum { KIT_PATIENCE_MS = 20000, KIT_MAX_LISTENERS = 3, KIT_MAX_WAITING = 256 };

struct kit;

struct kit_params {
    struct http_limits limits; /* zeros: generous defaults */
    struct http_listener listeners[KIT_MAX_LISTENERS];
    size_t listener_count;  /* 0: one plain one on 127.0.0.1 */
    const char *trusted[4]; /* NULL-terminated */
    unsigned workers;       /* threads that echo; 0: the test answers */
};

struct http_limits kit_limits(void);
struct kit *kit_start(const struct kit_params *given);
struct http_server *kit_server(struct kit *kit);
uint16_t kit_port(const struct kit *kit, size_t listener);
/* The next request that the handler got; fails the test when none comes. */
struct http_request *kit_take(struct kit *kit);
size_t kit_waiting(struct kit *kit);
/* The oldest refusal that the front told of; fails the test when there is none. */
struct kit_refusal {
    int status;
    char peer[48];
    char reason[160];
};
struct kit_refusal kit_take_refusal(struct kit *kit);
size_t kit_refusals(struct kit *kit);
/* Answers 200 with "METHOD path?query peer base-url LENGTH body". */
void kit_echo(struct http_request *request);
/* Stops with the grace and waits for the end of http_run(). */
void kit_join(struct kit *kit, int64_t grace_ms);
/* Joins if need be, and frees. */
void kit_stop(struct kit *kit);

struct client {
    int fd;
    SSL *ssl;
    SSL_CTX *context;
};

/* From the given address ("127.0.0.2"; NULL: any) to the port on 127.0.0.1. */
struct client client_open(const char *from, uint16_t port);
struct client client_open_v6(uint16_t port);
/* Now speaks TLS; false: the handshake failed. ca_file NULL: anything is believed. */
bool client_start_tls(struct client *client, const char *ca_file, const char *cert_file,
                      const char *key_file);
void client_send(struct client *client, const char *text);
void client_send_bytes(struct client *client, const void *at, size_t len);
/* As much as the other side takes; false: it has closed. */
bool client_try_send(struct client *client, const void *at, size_t len);
void client_shut(struct client *client);
void client_close(struct client *client);
/* One whole answer (head, and Content-Length bytes), the caller's: free(). Ends the test when it
 * does not come; bodiless: of a HEAD, or 100. */
char *client_reply(struct client *client);
char *client_bodiless(struct client *client);
/* true: the other side has closed, and nothing more came before it. */
bool client_closed(struct client *client);

/* Sends, reads one answer, and checks that it holds all the texts. */
void client_expect(struct client *client, const char *send, const char *const *texts);
#define EXPECT(client, send, ...)                                                                  \
    client_expect((client), (send), (const char *const[]){ __VA_ARGS__, NULL })

int64_t kit_now_ms(void);
