/* One struct soap with memory on both ends, and the pool it comes from; inside the room only. */
#pragma once

#include "soap/soap.h"

#include "soapH.h"

enum {
    BODY_MAX_BYTES = 128 << 20
}; /* of an encoded answer: 15 MiB of documents in base64, escaped */

/* What gSOAP does with an element it does not know. */
enum strictness {
    SKIP_UNKNOWN,   /* skips it, but refuses a name in engine.known: it stands twice or misplaced */
    REFUSE_UNKNOWN, /* refuses it */
};

struct engine {
    struct codec *codec; /* where it goes back to */
    struct soap *soap;
    struct slice in;
    size_t in_at;
    struct bytes *out; /* borrowed while writing */
    enum strictness strictness;
    const char *const *known; /* NULL-ended */
    bool refused;             /* an element was refused … */
    size_t refused_at;        /* … whose start tag ends before this byte of in */
};

/* ST_UNAVAILABLE: none came free in five seconds. *ret is the caller's: engine_return(). */
MUST_USE enum status engine_take(struct codec *codec, struct engine **ret, struct err *err);
/* Frees all that gSOAP allocated for the message, wipes its buffer. */
void engine_return(struct engine *engine);
DEFINE_AUTO(struct engine, engine_return)

const struct codec_params *codec_limits(const struct codec *codec);

/* Starts reading canonical XML, borrowed; unknown elements are skipped. */
MUST_USE enum status engine_read(struct engine *engine, struct slice xml, struct err *err);
/* From here on elements are matched by their local names: callers qualify what should not be. */
void engine_ignore_namespaces(struct engine *engine);
/* Bytes of the input that gSOAP has consumed. */
size_t engine_position(const struct engine *engine);
/* Starts writing into out under the prefixes of table, which the first element declares. */
MUST_USE enum status engine_write(struct engine *engine, const struct Namespace *table,
                                  struct bytes *out, struct err *err);
/* Flushes what was written. failed: gSOAP's result of it. */
MUST_USE enum status engine_written(struct engine *engine, int failed, struct err *err);
