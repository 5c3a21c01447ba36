/* Fuzzes the JSON that a telephone PUTs back: a session's own documents, signed, or an error. */
#include "fuzz.h"

#include "mobile/internal.h"
#include "returned_session.h"

bool fuzz_take(struct slice in)
{
    const struct mobile *mobile = returned_mobile();
    struct returned returned = { 0 };
    struct err err = { 0 };
    enum status status = returned_read(mobile, returned_session(), in, &returned, &err);
    size_t count = returned.count;

    if (status != ST_OK)
        promise(count == 0 && !returned.content && err.text[0] != '\0');
    for (size_t i = 0; i < count; i++)
        promise(returned.content[i] != NULL);
    returned_free(&returned);
    return status == ST_OK && count > 0;
}
