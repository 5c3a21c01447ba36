#include "http/tls.h"

#include <openssl/err.h>

/* Forward secrecy first; CBC and plain RSA stay for old Java callers, who speak nothing better. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:HIGH:!aNULL:!eNULL:!PSK:!SRP:"
                              "!DSS:!MD5:!3DES:!RC4:!ARIA:"
                              "!CAMELLIA:!AESCCM";

static const unsigned char session_context[] = "shepd";

/* A key with a passphrase is refused: the daemon has nobody to ask. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)writing;
    (void)ctx;
    if (size > 0)
        buf[0] = '\0';
    return -1;
}

static int choose_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                       const unsigned char *offered, unsigned offered_len, void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)ctx;
    if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum status refuse_file(const char *what, const char *file, struct err *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return RAISE(err, ST_INPUT, "%s %s: %s", what, file, reason ? reason : "cannot be used");
}

static enum status load_files(SSL_CTX *context, const struct http_listener *listener,
                              struct err *err)
{
    if (!listener->key_file)
        return RAISE(err, ST_INPUT, "listener %s has a certificate but no key", listener->address);
    if (SSL_CTX_use_certificate_chain_file(context, listener->cert_file) != 1)
        return refuse_file("TLS certificate", listener->cert_file, err);
    if (SSL_CTX_use_PrivateKey_file(context, listener->key_file, SSL_FILETYPE_PEM) != 1)
        return refuse_file("TLS key", listener->key_file, err);
    if (SSL_CTX_check_private_key(context) != 1)
        return refuse_file("TLS key does not fit the certificate:", listener->key_file, err);
    return ST_OK;
}

/* The verdict stays on record in the session. */
static int go_on(int is_good, X509_STORE_CTX *chain)
{
    (void)is_good;
    (void)chain;
    return 1;
}

/* Callers may show a certificate; one that does not verify ends the handshake, unless it may stay.
 */
static enum status ask_for_certificates(SSL_CTX *context, const struct http_listener *listener,
                                        struct err *err)
{
    const char *ca_file = listener->client_ca_file;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca_file);

    if (!names)
        return refuse_file("client CA", ca_file, err);
    SSL_CTX_set_client_CA_list(context, names); /* taken */
    if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1)
        return refuse_file("client CA", ca_file, err);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, listener->bad_client_stays ? go_on : NULL);
    return ST_OK;
}

static bool set_rules(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets resume, at no cost */
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set_session_id_context(context, session_context, sizeof(session_context) - 1) ==
               1;
}

enum status tls_context(const struct http_listener *listener, SSL_CTX **ret_context,
                        struct err *err)
{
    AUTO(SSL_CTX_free) SSL_CTX *context = NULL;

    ERR_clear_error();
    context = SSL_CTX_new(TLS_server_method());
    if (!context || !set_rules(context))
        return RAISE(err, ST_INTERNAL, "TLS cannot be set up");
    TRY(load_files(context, listener, err));
    if (listener->client_ca_file)
        TRY(ask_for_certificates(context, listener, err));
    *ret_context = TAKE(context);
    return ST_OK;
}
