/* What a reading collects: the extras, and the first thing that spoils the answer. */
#include "coid/read_fields.h"

enum {
    EXTRAS_MAX = 100000, /* a new field in every row of a large report */
    EXTRA_MAX_BYTES = 16 << 20,
};

struct reading {
    struct arena *arena;
    struct coid_extra *extras;
    size_t extra_count, extra_room;
    enum status status; /* sticks, with err */
    struct err err;
};

struct reading *reading_new(struct arena *arena)
{
    struct reading *r = arena_alloc(arena, sizeof(*r));

    if (r)
        r->arena = arena;
    return r;
}

const struct coid_extra *reading_extras(const struct reading *reading, size_t *ret_count)
{
    *ret_count = reading->extra_count;
    return reading->extras;
}

struct arena *read_arena(struct reading *r)
{
    return r->arena;
}

/* ---- what sticks ---- */

static void add_path(struct bytes *path, const struct place *place)
{
    if (!place)
        return;
    add_path(path, place->above);
    if (place->key)
        bytes_addf(path, "%s%s", path->len > 0 ? "." : "", place->key);
    else
        bytes_addf(path, "[%zu]", place->index);
}

/* person.documents.document[2].note; NULL: out of memory. The caller's. */
static struct bytes *path_of(const struct place *place)
{
    AUTO(bytes_free) struct bytes *path = bytes_new(EXTRA_MAX_BYTES);

    if (!path)
        return NULL;
    add_path(path, place);
    return path->failed ? NULL : TAKE(path);
}

void read_no_memory(struct reading *r)
{
    if (r->status == ST_OK)
        r->status = RAISE(&r->err, ST_NOMEM, "ЦОИД's answer: out of memory");
}

void read_spoil(struct reading *r, const struct place *place, const char *limit, const char *why)
{
    AUTO(bytes_free) struct bytes *path = path_of(place);

    if (!path)
        read_no_memory(r);
    else if (r->status == ST_OK)
        r->status = RAISE_CAUSE(&r->err, ST_UPSTREAM, "answerInvalid", path->at, limit,
                                "ЦОИД's answer cannot be used: %.80s %s", path->at, why);
}

enum status read_end(const struct reading *r, struct err *err)
{
    if (r->status != ST_OK)
        *err = r->err;
    return r->status;
}

const char *read_keep(struct reading *r, struct slice text)
{
    const char *copy = arena_text(r->arena, text);

    if (!copy)
        read_no_memory(r);
    return copy ? copy : "";
}

/* ---- extras ---- */

static bool make_room(struct reading *r)
{
    const size_t room = r->extra_room ? 2 * r->extra_room : 16;
    struct coid_extra *wider;

    if (r->extra_count < r->extra_room)
        return true;
    wider = arena_array(r->arena, room, sizeof(*wider));
    if (!wider)
        return false;
    if (r->extra_count > 0)
        memcpy(wider, r->extras, r->extra_count * sizeof(*wider));
    r->extras = wider;
    r->extra_room = room;
    return true;
}

void read_extra(struct reading *r, const struct place *place, const struct json *value)
{
    AUTO(bytes_wipe) struct bytes *path = NULL;
    AUTO(bytes_wipe) struct bytes *json = NULL;
    struct err err;

    if (r->status != ST_OK)
        return;
    if (r->extra_count == EXTRAS_MAX) { /* whose names are anything: the journal repeats none */
        read_spoil(r, place && place->above ? place->above : &(struct place){ .key = "extras" },
                   "100000 unknown members", "has one unknown member too many");
        return;
    }
    path = path_of(place);
    if (!path || !make_room(r) || json_print(value, EXTRA_MAX_BYTES, &json, &err) != ST_OK) {
        read_no_memory(r);
        return;
    }
    r->extras[r->extra_count++] = (struct coid_extra){
        .path = read_keep(r, bytes_slice(path)),
        .json = read_keep(r, bytes_slice(json)),
    };
}
