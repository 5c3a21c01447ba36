/* Fuzzes the strict JSON reader: what is read prints, and what is printed reads as the same. */
#include "fuzz.h"

#include "json/json.h"

enum { PRINT_MAX = 8 << 20 };

static const struct json_limits limits = { 1 << 20, 16, 20000 };

bool fuzz_take(struct slice in)
{
    AUTO(json_free) struct json *once = NULL;
    AUTO(json_free) struct json *twice = NULL;
    AUTO(json_free) struct json *copy = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    const struct json_limits wider = { PRINT_MAX, 16, 20000 };
    struct err err = { 0 };

    if (json_parse(in, &limits, &once, &err) != ST_OK) {
        promise(!once && err.text[0] != '\0');
        return false;
    }
    promise(json_print(once, PRINT_MAX, &text, &err) == ST_OK);
    promise(json_parse(bytes_slice(text), &wider, &twice, &err) == ST_OK);
    promise(json_equal(once, twice));
    copy = json_dup(once);
    promise(copy && json_equal(copy, once));
    return true;
}
