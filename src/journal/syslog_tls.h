/* TLS to a receiver of syslog (RFC 5425, RELP over TLS), on a socket that does not block: every
 * step may say what it waits for. For this room only. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"

/* Whom we believe, and who we are: TLS 1.2 at least, the chain ends in the file of authorities and
 * nowhere else, the name is the certificate's. */
struct wire_tls;
struct wire_tls_params {
    const char *ca_file;   /* PEM */
    const char *name;      /* a DNS name or an address that the certificate must bear */
    const char *cert_file; /* PEM chain; "": we show none */
    const char *key_file;  /* PEM, not encrypted */
};
/* ST_INPUT names the file that cannot be used. */
MUST_USE enum status wire_tls_new(const struct wire_tls_params *params, struct wire_tls **ret_tls,
                                  struct err *err);
/* NULL is fine. */
void wire_tls_free(struct wire_tls *tls);
DEFINE_AUTO(struct wire_tls, wire_tls_free)

/* Each step: *ret_want is POLLIN or POLLOUT when it must wait, 0 when it is done. ST_UPSTREAM says
 * what is wrong with the other side. */
struct tls_session;
MUST_USE enum status tls_session_new(struct wire_tls *tls, int fd, struct tls_session **ret_session,
                                     struct err *err);
MUST_USE enum status tls_shake(struct tls_session *session, short *ret_want, struct err *err);
MUST_USE enum status tls_write(struct tls_session *session, struct slice data, size_t *ret_done,
                               short *ret_want, struct err *err);
/* *ret_got 0 without a want: the other side has closed. */
MUST_USE enum status tls_read(struct tls_session *session, char *ret_data, size_t size,
                              size_t *ret_got, short *ret_want, struct err *err);
/* Says good-bye without waiting for an answer. NULL is fine. */
void tls_session_free(struct tls_session *session);
