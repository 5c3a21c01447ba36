/* Fuzzes what is read out of an error body: one plain line that fits. */
#include "fuzz.h"

#include "base/text.h"
#include "coid/read.h"

bool fuzz_take(struct slice in)
{
    char line[160];

    memset(line, 'x', sizeof(line));
    (void)read_refusal(in, 404, line, sizeof(line));
    promise(memchr(line, '\0', sizeof(line)) != NULL);
    promise(text_is_utf8(slice_str(line)));
    for (const char *at = line; *at; at++)
        promise((unsigned char)*at >= ' ' && *at != 0x7f);
    return line[0] != '\0';
}
