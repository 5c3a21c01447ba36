/* The one file that speaks OpenSSL's ENGINE interface: deprecated in OpenSSL 3, and still the only
 * way that Debian 12 has to a PKCS#11 token. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/key_engine.h"

#include "base/text.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ui.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MODULE_MAX = 1024 /* bytes of its path */, NAME_MAX_BYTES = 128 };

/* A PKCS#11 module is initialised once for the whole process and finalised for all of its users,
 * and the engine can be loaded once: so all keys share them, and this is the state of the room that
 * outlives a call. Keys sign side by side as readers of the lock; while one is opened or closed
 * the engine rebuilds its tables of slots under them, hence a writer's turn, which comes first. */
static pthread_rwlock_t engine_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static ENGINE *engine;          /* once loaded, it stays: unloaded, it loses what it allocated */
static char module[MODULE_MAX]; /* the module in use */
static unsigned users;          /* keys open; with the last one the module is finalised */

struct token {
    char name[NAME_MAX_BYTES]; /* the URI without its query: for errors */
};

static void fill_name(const char *uri, char dst[NAME_MAX_BYTES])
{
    text_copy_slice(dst, NAME_MAX_BYTES, (struct slice){ uri, strcspn(uri, "?") });
}

/* With the library's reason; its queue is empty afterwards. */
static enum status raise(const char *what, const char *name, struct err *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error()); /* the first: the token's own */

    RAISE_CAUSE(err, ST_UNAVAILABLE, "token", NULL, NULL, "%s%s%s%s", what, name,
                reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return ST_UNAVAILABLE;
}

enum status token_raise_unsigned(const struct token *token, struct err *err)
{
    return raise("no signature by the token ", token->name, err);
}

/* A copy of our own, which no list of OpenSSL's knows. */
static ENGINE *load_engine(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL);
    ENGINE *loaded = ENGINE_by_id("dynamic");

    if (!loaded)
        return NULL;
    if (ENGINE_ctrl_cmd_string(loaded, "ID", "pkcs11", 0) == 1 &&
        ENGINE_ctrl_cmd_string(loaded, "DIR_LOAD", "2", 0) == 1 &&
        ENGINE_ctrl_cmd_string(loaded, "DIR_ADD", OPENSSL_info(OPENSSL_INFO_ENGINES_DIR), 0) == 1 &&
        ENGINE_ctrl_cmd_string(loaded, "LOAD", NULL, 0) == 1 &&
        ENGINE_ctrl_cmd_string(loaded, "QUIET", NULL, 0) == 1)
        return loaded;
    ENGINE_free(loaded);
    return NULL;
}

static enum status ready_engine(struct err *err)
{
    if (engine)
        return ST_OK;
    engine = load_engine();
    if (!engine)
        return raise("OpenSSL's engine pkcs11 (package libengine-pkcs11-openssl)", "", err);
    return ST_OK;
}

/* The engine initialises the module when it first needs it. */
static enum status enter_module(const char *path, struct err *err)
{
    TRY(ready_engine(err));
    if (users > 0 && strcmp(module, path) != 0)
        return RAISE(err, ST_CONFLICT, "the PKCS#11 module %s is in use: another wants a restart",
                     module);
    if (users == 0 &&
        (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", path, 0) != 1 || ENGINE_init(engine) != 1))
        return raise("the PKCS#11 module ", path, err);
    text_copy(module, sizeof(module), path);
    users++;
    return ST_OK;
}

static void leave_module(void)
{
    if (--users == 0)
        ENGINE_finish(engine); /* its sessions end here, the module is unloaded */
}

/* The engine keeps the key that it gives, and the key keeps the engine: that circle would never let
 * the module end. Ours holds the token's RSA alone. */
static EVP_PKEY *own_key(EVP_PKEY *shared)
{
    EVP_PKEY *own = EVP_PKEY_new();
    RSA *rsa = EVP_PKEY_get1_RSA(shared);

    (void)EVP_PKEY_set1_engine(shared, NULL);
    if (own && rsa && EVP_PKEY_assign_RSA(own, rsa) == 1)
        return own;
    RSA_free(rsa);
    EVP_PKEY_free(own);
    return NULL;
}

/* The engine looks for slots at its first key alone, for keys in them each time. (RE_ENUMERATE,
 * which would look for slots again, crashes in 0.4.12.) Nobody is there to be asked for a PIN. */
static EVP_PKEY *load_key(const struct token_params *params)
{
    if (ENGINE_ctrl_cmd_string(engine, "PIN", params->pin, 0) != 1)
        return NULL;
    AUTO(EVP_PKEY_free)
    EVP_PKEY *shared = ENGINE_load_private_key(engine, params->uri, (UI_METHOD *)UI_null(), NULL);
    return shared ? own_key(shared) : NULL;
}

static enum status open_locked(const struct token_params *params, EVP_PKEY **ret_pkey,
                               struct err *err)
{
    TRY(enter_module(params->module, err));
    EVP_PKEY *pkey = load_key(params);
    if (!pkey) {
        enum status status = raise("no private key in the token", "", err);
        leave_module();
        return status;
    }
    *ret_pkey = pkey;
    return ST_OK;
}

static enum status check_params(const struct token_params *params, struct err *err)
{
    const char *query = strchr(params->uri, '?');

    if (query && strstr(query, "pin-"))
        return RAISE(err, ST_INPUT, "a PIN stands in a file of its own, not in the URI");
    if (params->module[0] != '/' || strlen(params->module) >= MODULE_MAX)
        return RAISE(err, ST_INPUT, "the PKCS#11 module wants an absolute path");
    return ST_OK;
}

enum status token_open(const struct token_params *params, struct token **ret_token,
                       EVP_PKEY **ret_pkey, struct err *err)
{
    AUTO_FREE struct token *token = calloc(1, sizeof(*token));

    if (!token)
        return RAISE(err, ST_NOMEM, "token: out of memory");
    fill_name(params->uri, token->name);
    TRY(check_params(params, err));
    pthread_rwlock_wrlock(&engine_lock);
    enum status status = open_locked(params, ret_pkey, err);
    pthread_rwlock_unlock(&engine_lock);
    if (status == ST_OK)
        *ret_token = TAKE(token);
    return status;
}

X509 *token_certificate(const char *uri)
{
    struct {
        const char *uri;
        X509 *x509;
    } wanted = { uri, NULL }; /* the engine's own shape of LOAD_CERT_CTRL */

    pthread_rwlock_wrlock(&engine_lock);
    (void)ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &wanted, NULL, 0);
    pthread_rwlock_unlock(&engine_lock);
    ERR_clear_error();
    return wanted.x509;
}

void token_close(struct token *token, EVP_PKEY *pkey)
{
    pthread_rwlock_wrlock(&engine_lock);
    EVP_PKEY_free(pkey);
    leave_module();
    pthread_rwlock_unlock(&engine_lock);
    free(token);
}

void token_enter(void)
{
    pthread_rwlock_rdlock(&engine_lock);
}

void token_leave(void)
{
    pthread_rwlock_unlock(&engine_lock);
}
