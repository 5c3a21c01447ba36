/* The chunked transfer coding (RFC 9112 section 7.1), strictly read; trailers are dropped. */
#pragma once

#include "http/refusal.h"

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER_START,
    CHUNK_TRAILER,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_DONE
};

/* Zero-initialised at the body's start. */
struct chunk {
    enum chunk_state state;
    unsigned digits;
    uint64_t left;  /* of the chunk's data */
    size_t framing; /* bytes of the present chunk's line, or of all trailers */
};

/**
 * Decodes up to the next run of data.
 *
 * in        in/out: what has been read is cut off at the front
 * ret_data  borrowed from in; empty: all of in is used up, or chunk_done()
 */
enum refusal chunk_next(struct chunk *chunk, struct slice *in, struct slice *ret_data);

static inline bool chunk_done(const struct chunk *chunk)
{
    return chunk->state == CHUNK_DONE;
}
