/* Fuzzes the chunked coding: byte by byte it must give what it gives in one piece. */
#include "base/bytes.h"
#include "fuzz.h"
#include "http/chunk.h"

struct outcome {
    struct bytes *out;
    enum refusal refusal;
    bool done;
};

static struct outcome decode(struct slice in, size_t piece)
{
    struct outcome outcome = { .out = bytes_new(1 << 20) };
    struct chunk chunk = { 0 };

    while (in.len > 0 && !chunk_done(&chunk) && outcome.refusal == REFUSAL_NONE) {
        struct slice part = { in.at, in.len < piece ? in.len : piece };
        size_t before = part.len;
        struct slice data = { "", 0 };
        do {
            outcome.refusal = chunk_next(&chunk, &part, &data);
            bytes_add(outcome.out, data);
        } while (data.len > 0);
        in = slice_skip(in, before - part.len);
    }
    outcome.done = chunk_done(&chunk);
    return outcome;
}

bool fuzz_take(struct slice in)
{
    struct outcome whole = decode(in, in.len > 0 ? in.len : 1);
    struct outcome pieced = decode(in, 1);

    promise(whole.refusal == pieced.refusal && whole.done == pieced.done);
    promise(slice_eq(bytes_slice(whole.out), bytes_slice(pieced.out)));
    bytes_free(whole.out);
    bytes_free(pieced.out);
    return whole.done;
}
