/* Fuzzes the PROXY header: byte by byte it must say what it says in one piece, and leave the same
 * bytes to the caller's request. */
#include "http/proxy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum proxy_result result;
    struct address address;
    size_t used;
};

static struct outcome feed(struct slice in, size_t piece)
{
    struct outcome outcome = { .result = PROXY_MORE };
    struct proxy *proxy = calloc(1, sizeof(*proxy));

    if (!proxy)
        abort();
    while (outcome.result == PROXY_MORE && in.len > 0) {
        struct slice next = { in.at, in.len < piece ? in.len : piece };
        next.len = proxy_share(proxy, next);
        if (next.len == 0)
            abort(); /* it would wait for ever */
        proxy_add(proxy, next);
        in = slice_skip(in, next.len);
        outcome.used += next.len;
        outcome.result = proxy_read(proxy, &outcome.address);
    }
    free(proxy);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_mem(data, size);
    struct outcome whole = feed(in, size > 0 ? size : 1);
    struct outcome pieced = feed(in, 1);

    if (whole.result != pieced.result || (whole.result != PROXY_BAD && whole.used != pieced.used) ||
        memcmp(&whole.address, &pieced.address, sizeof(whole.address)) != 0)
        abort();
    return 0;
}
