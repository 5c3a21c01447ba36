/* libxml2 and xmlsec1 for the whole process: silent, without network or files, with our
 * transforms. */
#include "wsse/memory.h"
#include "wsse/transforms.h"
#include "wsse/wsse.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/xmlsec.h>

/* Guarded by the once below. */
static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static struct err init_err;

/* xmlsec1 sets the number of parameters. NOLINTNEXTLINE(readability-function-size) */
static void ignore_xmlsec(const char *file, int line, const char *function, const char *object,
                          const char *subject, int reason, const char *message)
{
    (void)file;
    (void)line;
    (void)function;
    (void)object;
    (void)subject;
    (void)reason;
    (void)message;
}

/* libxml2 keeps its handlers per thread: this thread's, and the ones later threads start with. */
static void silence(void)
{
    xmlSetGenericErrorFunc(NULL, memory_on_text);
    xmlThrDefSetGenericErrorFunc(NULL, memory_on_text);
    xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)memory_on_error);
    xmlThrDefSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)memory_on_error);
    xmlSecErrorsSetCallback(ignore_xmlsec);
}

static enum status start(struct err *err)
{
    xmlInitParser();
    if (xmlSecInit() < 0)
        return RAISE(err, ST_INTERNAL, "xmlsec1 does not start");
    silence();
    if (xmlSecCheckVersion() != 1)
        return RAISE(err, ST_INTERNAL, "xmlsec1 is of another version than its headers");
    xmlSecIOCleanupCallbacks(); /* no URI is ever opened */
    if (xmlSecOpenSSLInit() < 0)
        return RAISE(err, ST_INTERNAL, "xmlsec1 does not start with OpenSSL");
    return transforms_register(err);
}

static void start_once(void)
{
    init_err.status = ST_OK;
    if (start(&init_err) == ST_OK)
        init_err.status = ST_OK;
}

enum status wsse_init(struct err *err)
{
    (void)pthread_once(&init_once, start_once);
    if (init_err.status != ST_OK)
        *err = init_err;
    return init_err.status;
}
