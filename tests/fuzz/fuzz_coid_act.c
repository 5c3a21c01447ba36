/* Fuzzes the act of a month: the input is its ZIP. */
#include "fuzz.h"

#include "base/text.h"
#include "coid/read.h"
#include "crypto/encode.h"

enum { ARENA_MAX = 64 << 20, FILES_MAX = 100 };

static const struct json_limits limits = { 2 << 20, 4, 10 };

static void check_file(const struct coid_act_file *file)
{
    promise(file->name[0] != '\0' && !strpbrk(file->name, "/\\\n"));
    promise(strcmp(file->name, "..") != 0);
    promise(text_is_utf8(slice_str(file->name)) && text_is_utf8(slice_str(file->text)));
}

bool fuzz_take(struct slice in)
{
    AUTO(bytes_free) struct bytes *text = base64_encode(in);
    AUTO(bytes_free) struct bytes *body = bytes_new(2 << 20);
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    AUTO(json_free) struct json *json = NULL;
    struct coid_act act = { 0 };
    struct err err = { 0 };

    bytes_addf(body, "{\"binary\":\"%s\"}", text->at);
    promise(json_parse(bytes_slice(body), &limits, &json, &err) == ST_OK);
    const enum status status = read_act(reading_new(arena), json, true, &act, &err);
    promise(status == ST_OK || status == ST_UPSTREAM);
    if (status != ST_OK) {
        promise(strcmp(err.code, "answerInvalid") == 0 && strcmp(err.field, "binary") == 0);
        return false;
    }
    promise(slice_eq(act.zip, in) && act.file_count <= FILES_MAX);
    for (size_t i = 0; i < act.file_count; i++)
        check_file(&act.files[i]);
    return true;
}
