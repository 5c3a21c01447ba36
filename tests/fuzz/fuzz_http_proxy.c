/* Fuzzes the PROXY header: byte by byte it must say what it says in one piece, and leave the same
 * bytes to the caller's request. */
#include "fuzz.h"
#include "http/proxy.h"

#include <stdlib.h>

struct outcome {
    enum proxy_result result;
    struct address address;
    size_t used;
};

static struct outcome feed(struct slice in, size_t piece)
{
    struct outcome outcome = { .result = PROXY_MORE };
    struct proxy *proxy = calloc(1, sizeof(*proxy));

    promise(proxy != NULL);
    while (outcome.result == PROXY_MORE && in.len > 0) {
        struct slice next = { in.at, in.len < piece ? in.len : piece };
        next.len = proxy_share(proxy, next);
        promise(next.len > 0); /* it would wait for ever */
        proxy_add(proxy, next);
        in = slice_skip(in, next.len);
        outcome.used += next.len;
        outcome.result = proxy_read(proxy, &outcome.address);
    }
    free(proxy);
    return outcome;
}

bool fuzz_take(struct slice in)
{
    struct outcome whole = feed(in, in.len > 0 ? in.len : 1);
    struct outcome pieced = feed(in, 1);

    promise(whole.result == pieced.result);
    promise(whole.result == PROXY_BAD || whole.used == pieced.used);
    promise(memcmp(&whole.address, &pieced.address, sizeof(whole.address)) == 0);
    return whole.result == PROXY_ADDRESS || whole.result == PROXY_LOCAL;
}
