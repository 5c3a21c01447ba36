/* One non-blocking socket, plain or TLS, read and written alike. */
#pragma once

#include "base/slice.h"

#include <openssl/ssl.h>

enum stream_result { STREAM_DATA, STREAM_AGAIN, STREAM_EOF, STREAM_BROKEN };

struct stream {
    int fd;
    SSL *ssl;     /* NULL: plain */
    short wanted; /* after STREAM_AGAIN: EV_READ or EV_WRITE, what to wait for */
};

/* Takes a fresh SSL for the socket; false: out of memory. */
bool stream_start_tls(struct stream *stream, SSL_CTX *context);
/* The other side showed a certificate, and it verified. */
bool stream_is_verified(const struct stream *stream);
/* STREAM_DATA: done. */
enum stream_result stream_handshake(struct stream *stream);
enum stream_result stream_read(struct stream *stream, char *to, size_t room, size_t *ret_len);
enum stream_result stream_write(struct stream *stream, struct slice from, size_t *ret_len);
/* Nothing more will be written; what the other side still sends can be read raw from the socket. */
void stream_finish(struct stream *stream);
void stream_close(struct stream *stream);
/* Closing it will be a reset: a failure to the other side, and no end. */
void stream_make_abrupt(const struct stream *stream);
