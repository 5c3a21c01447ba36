/* Fuzzes the chunked coding: byte by byte it must give what it gives in one piece. */
#include "base/bytes.h"
#include "http/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_mem(data, size);
    struct outcome whole = decode(in, size > 0 ? size : 1);
    struct outcome pieced = decode(in, 1);

    if (whole.refusal != pieced.refusal || whole.done != pieced.done ||
        !slice_eq(bytes_slice(whole.out), bytes_slice(pieced.out)))
        abort();
    bytes_free(whole.out);
    bytes_free(pieced.out);
    return 0;
}
