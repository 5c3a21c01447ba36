/* The one file that speaks OpenSSL's ENGINE interface: deprecated in OpenSSL 3, and still the only
 * way that Debian 12 has to a PKCS#11 token. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/key_engine.h"

#include "base/text.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MODULES_MAX = 8, PATH_MAX_BYTES = 1024, NAME_MAX_BYTES = 128 };

/* A PKCS#11 module is initialised once for the whole process and finalised for all of its users:
 * keys of one module must share it, hence the one table of the room that outlives a call. */
struct module {
    char path[PATH_MAX_BYTES];
    ENGINE *engine; /* NULL: the place is free */
    unsigned users;
};

static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
static struct module modules[MODULES_MAX]; /* guarded by modules_lock */

struct token {
    struct module *module;
    char name[NAME_MAX_BYTES]; /* the URI without its query: for errors */
};

static void fill_name(const char *uri, char dst[NAME_MAX_BYTES])
{
    text_copy_slice(dst, NAME_MAX_BYTES, (struct slice){ uri, strcspn(uri, "?") });
}

/* With the library's reason; its queue is empty afterwards. */
static enum status raise(const char *what, const char *name, struct err *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    RAISE_CAUSE(err, ST_UNAVAILABLE, "token", NULL, NULL, "%s%s%s%s", what, name,
                reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return ST_UNAVAILABLE;
}

enum status token_raise_unsigned(const struct token *token, struct err *err)
{
    return raise("no signature by the token ", token->name, err);
}

/* Our own copy of the engine, which no list of OpenSSL's knows: it ends when we let go of it. */
static ENGINE *load_engine(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL);
    ENGINE *engine = ENGINE_by_id("dynamic");

    if (!engine)
        return NULL;
    if (ENGINE_ctrl_cmd_string(engine, "ID", "pkcs11", 0) == 1 &&
        ENGINE_ctrl_cmd_string(engine, "DIR_LOAD", "2", 0) == 1 &&
        ENGINE_ctrl_cmd_string(engine, "DIR_ADD", OPENSSL_info(OPENSSL_INFO_ENGINES_DIR), 0) == 1 &&
        ENGINE_ctrl_cmd_string(engine, "LOAD", NULL, 0) == 1)
        return engine;
    ENGINE_free(engine);
    return NULL;
}

static enum status start_module(struct module *module, const char *path, struct err *err)
{
    ENGINE *engine = load_engine();

    if (!engine)
        return raise("OpenSSL's engine pkcs11 (package libengine-pkcs11-openssl)", "", err);
    if (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", path, 0) != 1 ||
        ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0) != 1 || ENGINE_init(engine) != 1) {
        ENGINE_free(engine);
        return raise("the PKCS#11 module ", path, err);
    }
    module->engine = engine;
    module->users = 0;
    text_copy(module->path, sizeof(module->path), path);
    return ST_OK;
}

static void end_module(struct module *module)
{
    ENGINE_finish(module->engine); /* its sessions end here */
    ENGINE_free(module->engine);
    module->engine = NULL;
}

static struct module *find_module(const char *path)
{
    struct module *unused = NULL;

    for (size_t i = 0; i < MODULES_MAX; i++) {
        if (modules[i].engine && strcmp(modules[i].path, path) == 0)
            return &modules[i];
        if (!modules[i].engine && !unused)
            unused = &modules[i];
    }
    return unused;
}

/* Nobody is there to be asked for a PIN. */
static EVP_PKEY *load_key(struct module *module, const struct token_params *params)
{
    if (ENGINE_ctrl_cmd_string(module->engine, "PIN", params->pin, 0) != 1)
        return NULL;
    return ENGINE_load_private_key(module->engine, params->uri, (UI_METHOD *)UI_null(), NULL);
}

static enum status open_locked(const struct token_params *params, struct token *token,
                               EVP_PKEY **ret_pkey, struct err *err)
{
    struct module *module = find_module(params->module);

    if (!module)
        return RAISE(err, ST_INPUT, "more than %d PKCS#11 modules at a time", MODULES_MAX);
    if (!module->engine)
        TRY(start_module(module, params->module, err));
    EVP_PKEY *pkey = load_key(module, params);
    if (!pkey) {
        enum status status = raise("no private key in the token", "", err);
        if (module->users == 0)
            end_module(module);
        return status;
    }
    module->users++;
    token->module = module;
    *ret_pkey = pkey;
    return ST_OK;
}

static enum status check_params(const struct token_params *params, struct err *err)
{
    const char *query = strchr(params->uri, '?');

    if (query && strstr(query, "pin-"))
        return RAISE(err, ST_INPUT, "a PIN stands in a file of its own, not in the URI");
    if (params->module[0] != '/' || strlen(params->module) >= PATH_MAX_BYTES)
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
    pthread_mutex_lock(&modules_lock);
    enum status status = open_locked(params, token, ret_pkey, err);
    pthread_mutex_unlock(&modules_lock);
    if (status == ST_OK)
        *ret_token = TAKE(token);
    return status;
}

X509 *token_certificate(struct token *token, const char *uri)
{
    struct {
        const char *uri;
        X509 *x509;
    } wanted = { uri, NULL }; /* the engine's own shape of LOAD_CERT_CTRL */

    pthread_mutex_lock(&modules_lock);
    (void)ENGINE_ctrl_cmd(token->module->engine, "LOAD_CERT_CTRL", 0, &wanted, NULL, 0);
    pthread_mutex_unlock(&modules_lock);
    ERR_clear_error();
    return wanted.x509;
}

void token_close(struct token *token)
{
    if (!token)
        return;
    pthread_mutex_lock(&modules_lock);
    if (--token->module->users == 0)
        end_module(token->module);
    pthread_mutex_unlock(&modules_lock);
    free(token);
}
