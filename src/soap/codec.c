/* The pool: a struct soap is 164 KB and takes long to set up, so workers share a bounded few. */
#include "soap/engine.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { TAKE_WAIT_S = 5, MAX_LEVEL = 64, MAX_STRING_BYTES = 64 << 20 };

struct codec {
    struct codec_params params;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned made;
    unsigned idle_count;
    struct engine *idle[];
};

static size_t receive(struct soap *soap, char *at, size_t len)
{
    struct engine *engine = soap->user;
    size_t left = engine->in.len - engine->in_at;
    size_t n = len < left ? len : left;

    if (n)
        memcpy(at, engine->in.at + engine->in_at, n);
    engine->in_at += n;
    return n;
}

static int send_out(struct soap *soap, const char *at, size_t len)
{
    struct engine *engine = soap->user;

    bytes_add(engine->out, slice_mem(at, len));
    return engine->out->failed ? SOAP_EOM : SOAP_OK;
}

size_t engine_position(const struct engine *engine)
{
    return engine->in_at - (engine->soap->buflen - engine->soap->bufidx);
}

static bool is_known(const struct engine *engine, const char *tag)
{
    const char *colon = strchr(tag, ':');

    for (const char *const *name = engine->known; name && *name; name++)
        if (strcmp(colon ? colon + 1 : tag, *name) == 0)
            return true;
    return false;
}

static int meet_unknown(struct soap *soap, const char *tag)
{
    struct engine *engine = soap->user;

    if (engine->strictness == SKIP_UNKNOWN && !is_known(engine, tag))
        return SOAP_OK;
    engine->refused = true;
    engine->refused_at = engine_position(engine);
    return SOAP_USER_ERROR; /* not TAG_MISMATCH: the parent would try its next member */
}

static void engine_free(struct engine *engine)
{
    soap_free(engine->soap);
    free(engine);
}

/* NULL when out of memory. */
static struct engine *engine_new(struct codec *codec)
{
    const soap_mode mode = SOAP_ENC_PLAIN | SOAP_C_UTFSTRING | SOAP_XML_TREE;
    struct soap *soap = soap_new2(mode, mode | SOAP_XML_NOTYPE);
    struct engine *engine = soap ? calloc(1, sizeof(*engine)) : NULL;

    if (!engine) {
        if (soap)
            soap_free(soap);
        return NULL;
    }
    engine->codec = codec;
    engine->soap = soap;
    soap->user = engine;
    soap->frecv = receive;
    soap->fsend = send_out;
    soap->fignore = meet_unknown;
    soap->prolog = ""; /* the element stands inside an envelope */
    soap->maxlevel = MAX_LEVEL;
    soap->maxlength = MAX_STRING_BYTES;
    soap->recv_maxlength = MAX_STRING_BYTES;
    return engine;
}

/* An idle engine, or leave (*ret_make) to make one. The lock is held. */
static enum status wait_for_one(struct codec *codec, struct engine **ret, bool *ret_make,
                                struct err *err)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TAKE_WAIT_S;
    while (codec->idle_count == 0 && codec->made == codec->params.pool)
        if (pthread_cond_timedwait(&codec->freed, &codec->lock, &until) != 0)
            return RAISE(err, ST_UNAVAILABLE, "codec: all %u are busy", codec->params.pool);
    *ret_make = codec->idle_count == 0;
    if (*ret_make)
        codec->made++;
    else
        *ret = codec->idle[--codec->idle_count];
    return ST_OK;
}

enum status engine_take(struct codec *codec, struct engine **ret, struct err *err)
{
    struct engine *engine;
    enum status status;
    bool make = false;

    pthread_mutex_lock(&codec->lock);
    status = wait_for_one(codec, ret, &make, err);
    pthread_mutex_unlock(&codec->lock);
    if (!make)
        return status;
    engine = engine_new(codec);
    if (!engine) {
        pthread_mutex_lock(&codec->lock);
        codec->made--;
        pthread_mutex_unlock(&codec->lock);
        return RAISE(err, ST_NOMEM, "codec: out of memory");
    }
    *ret = engine;
    return ST_OK;
}

void engine_return(struct engine *engine)
{
    struct codec *codec = engine->codec;

    soap_destroy(engine->soap);
    soap_end(engine->soap);
    explicit_bzero(engine->soap->buf, sizeof(engine->soap->buf)); /* held passwords, documents */
    engine->in = SLICE("");
    engine->in_at = 0;
    engine->out = NULL;
    engine->known = NULL;
    pthread_mutex_lock(&codec->lock);
    codec->idle[codec->idle_count++] = engine;
    pthread_cond_signal(&codec->freed);
    pthread_mutex_unlock(&codec->lock);
}

enum status engine_read(struct engine *engine, struct slice xml, struct err *err)
{
    soap_end(engine->soap);
    engine->in = xml;
    engine->in_at = 0;
    engine->refused = false;
    engine->strictness = SKIP_UNKNOWN;
    engine->known = NULL;
    soap_set_namespaces(engine->soap, namespaces);
    if (soap_begin_recv(engine->soap) != SOAP_OK)
        return RAISE(err, ST_INTERNAL, "gSOAP: cannot begin to read, error %d",
                     engine->soap->error);
    return ST_OK;
}

void engine_ignore_namespaces(struct engine *engine)
{
    engine->soap->mode |= SOAP_XML_IGNORENS; /* until the next soap_begin_recv() */
}

enum status engine_write(struct engine *engine, const struct Namespace *table, struct bytes *out,
                         struct err *err)
{
    engine->out = out;
    soap_set_namespaces(engine->soap, table);
    if (soap_begin_send(engine->soap) != SOAP_OK)
        return RAISE(err, ST_NOMEM, "gSOAP: error %d", engine->soap->error);
    return ST_OK;
}

enum status engine_written(struct engine *engine, int failed, struct err *err)
{
    if (failed || soap_end_send(engine->soap) != SOAP_OK)
        return RAISE(err, ST_NOMEM, "answer: out of memory, or over %d bytes (gSOAP error %d)",
                     BODY_MAX_BYTES, engine->soap->error);
    return bytes_check(engine->out, "answer", err);
}

const struct codec_params *codec_limits(const struct codec *codec)
{
    return &codec->params;
}

static bool init_locks(struct codec *codec)
{
    pthread_condattr_t attr;
    bool ok;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
         pthread_cond_init(&codec->freed, &attr) == 0;
    pthread_condattr_destroy(&attr);
    if (ok && pthread_mutex_init(&codec->lock, NULL) != 0) {
        pthread_cond_destroy(&codec->freed);
        ok = false;
    }
    return ok;
}

enum status codec_new(const struct codec_params *params, struct codec **ret_codec, struct err *err)
{
    struct codec *codec;

    if (params->pool < 1 || params->max_documents < 1)
        return RAISE(err, ST_INPUT, "codec: pool and max_documents must be at least 1");
    codec = calloc(1, sizeof(*codec) + params->pool * sizeof(struct engine *));
    if (!codec)
        return RAISE(err, ST_NOMEM, "codec: out of memory");
    codec->params = *params;
    if (!init_locks(codec)) {
        free(codec);
        return RAISE(err, ST_NOMEM, "codec: no mutex");
    }
    *ret_codec = codec;
    return ST_OK;
}

void codec_free(struct codec *codec)
{
    if (!codec)
        return;
    while (codec->idle_count > 0)
        engine_free(codec->idle[--codec->idle_count]);
    pthread_cond_destroy(&codec->freed);
    pthread_mutex_destroy(&codec->lock);
    free(codec);
}
