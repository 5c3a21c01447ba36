#include "journal/syslog_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

DEFINE_AUTO(SSL_CTX, SSL_CTX_free)

/* Forward secrecy and authenticated ciphers only: the other side is ours to choose. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!DSS";

struct wire_tls {
    SSL_CTX *context;
    char *name;
};

struct tls_session {
    SSL *ssl;
};

/* A key with a passphrase is refused: the daemon has nobody to ask. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)writing;
    (void)ctx;
    if (size > 0)
        buf[0] = '\0';
    return -1;
}

static const char *reason_of(unsigned long code)
{
    const char *reason = ERR_reason_error_string(code);

    return reason ? reason : "cannot be used";
}

static enum status refuse_file(const char *what, const char *file, struct err *err)
{
    return RAISE(err, ST_INPUT, "syslog: %s %s: %s", what, file, reason_of(ERR_peek_last_error()));
}

static bool set_rules(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1;
}

static enum status load_own(SSL_CTX *context, const struct wire_tls_params *params, struct err *err)
{
    if (!*params->cert_file)
        return ST_OK;
    if (SSL_CTX_use_certificate_chain_file(context, params->cert_file) != 1)
        return refuse_file("certificate", params->cert_file, err);
    if (SSL_CTX_use_PrivateKey_file(context, params->key_file, SSL_FILETYPE_PEM) != 1)
        return refuse_file("key", params->key_file, err);
    return ST_OK;
}

enum status wire_tls_new(const struct wire_tls_params *params, struct wire_tls **ret_tls,
                         struct err *err)
{
    AUTO(wire_tls_free) struct wire_tls *tls = calloc(1, sizeof(*tls));

    ERR_clear_error();
    if (!tls || !(tls->name = strdup(params->name)))
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || !set_rules(tls->context))
        return RAISE(err, ST_INTERNAL, "syslog: TLS cannot be set up");
    if (SSL_CTX_load_verify_locations(tls->context, params->ca_file, NULL) != 1)
        return refuse_file("authorities", params->ca_file, err);
    TRY(load_own(tls->context, params, err));
    *ret_tls = TAKE(tls);
    return ST_OK;
}

void wire_tls_free(struct wire_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls->name);
    free(tls);
}

/* ---- one session ---- */

/* An address is compared with addresses, anything else with DNS names; SNI is for names. */
static bool expect_name(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return true;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

enum status tls_session_new(struct wire_tls *tls, int fd, struct tls_session **ret_session,
                            struct err *err)
{
    struct tls_session *session = calloc(1, sizeof(*session));

    if (!session)
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    ERR_clear_error();
    session->ssl = SSL_new(tls->context);
    if (!session->ssl || SSL_set_fd(session->ssl, fd) != 1 ||
        !expect_name(session->ssl, tls->name)) {
        tls_session_free(session);
        return RAISE(err, ST_INTERNAL, "syslog: TLS cannot be set up");
    }
    SSL_set_connect_state(session->ssl);
    *ret_session = session;
    return ST_OK;
}

static enum status failed(const struct tls_session *session, struct err *err)
{
    const long verdict = SSL_get_verify_result(session->ssl);
    const unsigned long code = ERR_peek_last_error();

    if (verdict != X509_V_OK)
        return RAISE_CAUSE(err, ST_UPSTREAM, "tlsNotBelieved", NULL, NULL,
                           "TLS: the receiver's certificate is not believed: %s",
                           X509_verify_cert_error_string(verdict));
    return RAISE(err, ST_UPSTREAM, "TLS: %s", code ? reason_of(code) : "the receiver broke it off");
}

/* What an SSL function's result means; done: it is no error, *ret_want is set. */
static enum status judge(const struct tls_session *session, int result, short *ret_want,
                         struct err *err)
{
    *ret_want = 0;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_ZERO_RETURN:
        return ST_OK;
    case SSL_ERROR_WANT_READ:
        *ret_want = POLLIN;
        return ST_OK;
    case SSL_ERROR_WANT_WRITE:
        *ret_want = POLLOUT;
        return ST_OK;
    default:
        return failed(session, err);
    }
}

enum status tls_shake(struct tls_session *session, short *ret_want, struct err *err)
{
    ERR_clear_error();
    return judge(session, SSL_do_handshake(session->ssl), ret_want, err);
}

enum status tls_write(struct tls_session *session, struct slice data, size_t *ret_done,
                      short *ret_want, struct err *err)
{
    *ret_done = 0;
    ERR_clear_error();
    TRY(judge(session, SSL_write_ex(session->ssl, data.at, data.len, ret_done), ret_want, err));
    /* neither done nor to wait for: nobody may try again at once and for ever */
    return *ret_done > 0 || *ret_want ? ST_OK
                                      : RAISE(err, ST_UPSTREAM, "TLS: the receiver has closed it");
}

enum status tls_read(struct tls_session *session, char *ret_data, size_t size, size_t *ret_got,
                     short *ret_want, struct err *err)
{
    *ret_got = 0;
    ERR_clear_error();
    return judge(session, SSL_read_ex(session->ssl, ret_data, size, ret_got), ret_want, err);
}

/* Who closes may be another thread than the shipper's, where SIGPIPE means the end. */
static void say_goodbye(SSL *ssl)
{
    const struct timespec now = { .tv_sec = 0 };
    sigset_t pipe_only, before, pending;

    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    (void)SSL_shutdown(ssl);
    if (sigismember(&pending, SIGPIPE) != 1)
        (void)sigtimedwait(&pipe_only, NULL, &now);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    ERR_clear_error();
    if (session->ssl && SSL_is_init_finished(session->ssl))
        say_goodbye(session->ssl);
    SSL_free(session->ssl);
    free(session);
}
