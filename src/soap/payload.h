/* The payloads of each service: what its operations are called and how they are read; inside the
 * room only. */
#pragma once

#include "model/request.h"
#include "soap/engine.h"
#include "soap/shape.h"

/* Values out of the generated types into req->payload; gSOAP stands before the root element.
 * ST_INPUT with code, field and limit; ST_NOMEM */
typedef enum status payload_read(struct engine *engine, struct request *req, struct err *err);

struct payload_operation {
    const char *name; /* local, of the root element */
    enum operation op;
    payload_read *read;
};

struct payload_service {
    const char *ns;
    const char *const *containers; /* names of elements that hold elements, NULL-ended */
    const struct payload_operation *operations;
    size_t count;
};

extern const struct payload_service payload_signing, payload_coid;

extern const struct place payload_root;

/* Why gSOAP could not read it. */
MUST_USE enum status payload_unreadable(const struct engine *engine, struct err *err);
