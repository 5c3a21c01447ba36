/* The act of a month: a ZIP in base64 (seed 003 section 9.8), whose entries are texts. */
#include "coid/charset.h"
#include "coid/read_fields.h"

#include "base/text.h"

#include <zip.h>

enum {
    FILES_MAX = 100,
    UNPACKED_MAX = 8 << 20, /* of all files: few bytes of a ZIP can be gigabytes of text */
    CHUNK = 16 << 10,
};

DEFINE_AUTO(zip_t, zip_discard)
DEFINE_AUTO(zip_file_t, zip_fclose)

static const struct field act[] = {
    { "binary", .kind = FIELD_BASE64, .offset = offsetof(struct coid_act, zip), .required = true },
};
static const struct shape act_shape = ROWS(act);
static const struct place binary = { NULL, "binary", 0 };

/* Unpacking, as it goes. */
struct unpacking {
    struct reading *r;
    zip_t *zip;
    size_t left; /* bytes that the files to come may have */
};

static void spoil(struct reading *r, const zip_error_t *error)
{
    char why[120];

    if (zip_error_code_zip(error) == ZIP_ER_MEMORY) {
        read_no_memory(r);
        return;
    }
    zip_error_t copy = *error; /* zip_error_strerror() keeps its text in it */
    copy.str = NULL;
    (void)text_format(why, sizeof(why), "is a damaged ZIP archive: %s", zip_error_strerror(&copy));
    zip_error_fini(&copy);
    read_spoil(r, &binary, NULL, why);
}

/* NULL: it cannot be opened, which sticks. Its directory is read, no more. */
static zip_t *open_archive(struct reading *r, struct slice bytes)
{
    zip_error_t error;
    zip_t *zip = NULL;

    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.at, bytes.len, 0, &error);
    if (source)
        zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!zip) {
        zip_source_free(source);
        spoil(r, &error);
    }
    zip_error_fini(&error);
    return zip;
}

/* to has room for a chunk more than is left. false: damaged, or too much in all; it sticks. */
static bool unpack(struct unpacking *u, zip_uint64_t i, struct bytes *to)
{
    AUTO(zip_fclose) zip_file_t *file = zip_fopen_index(u->zip, i, 0);
    char chunk[CHUNK];
    zip_int64_t n;

    if (!file) {
        spoil(u->r, zip_get_error(u->zip));
        return false;
    }
    while ((n = zip_fread(file, chunk, sizeof(chunk))) > 0 && to->len <= u->left && !to->failed)
        bytes_add(to, slice_mem(chunk, (size_t)n));
    if (n < 0)
        spoil(u->r, zip_file_get_error(file));
    else if (to->failed)
        read_no_memory(u->r);
    else if (to->len > u->left)
        read_spoil(u->r, &binary, "8388608 bytes unpacked", "unpacks to too much");
    return n == 0 && !to->failed && to->len <= u->left;
}

/* What the bytes say as a text; "" when they are none. */
static const char *text_of(struct reading *r, struct slice bytes, const char *otherwise)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;
    const enum status status = charset_to_utf8(bytes, otherwise, &text, &err);

    if (status == ST_NOMEM)
        read_no_memory(r);
    return status == ST_OK ? read_keep(r, bytes_slice(text)) : "";
}

/* The last part of a path, plain: who saves a file by it writes nowhere else. "": a directory. */
static const char *name_of(struct unpacking *u, zip_uint64_t i)
{
    const char *raw = zip_get_name(u->zip, i, ZIP_FL_ENC_RAW);
    const char *name = text_of(u->r, slice_str(raw), "IBM866"); /* as DOS, and ZIP after it */
    AUTO_FREE char *plain = NULL;

    for (const char *at = name; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    plain = strdup(strcmp(name, ".") != 0 && strcmp(name, "..") != 0 ? name : "");
    if (!plain) {
        read_no_memory(u->r);
        return "";
    }
    text_make_plain(plain);
    return read_keep(u->r, slice_str(plain));
}

/* false: it sticks. */
static bool read_file(struct unpacking *u, zip_uint64_t i, struct coid_act_file *ret)
{
    AUTO(bytes_free) struct bytes *bytes = bytes_new(u->left + CHUNK);

    ret->name = name_of(u, i);
    ret->text = "";
    if (ret->name[0] == '\0')
        return true;
    if (!bytes) {
        read_no_memory(u->r);
        return false;
    }
    if (!unpack(u, i, bytes))
        return false;
    u->left -= bytes->len;
    ret->text = text_of(u->r, bytes_slice(bytes), "WINDOWS-1251");
    return true;
}

static void read_files(struct unpacking *u, struct coid_act *ret)
{
    const zip_int64_t n = zip_get_num_entries(u->zip, 0);
    struct coid_act_file *files;

    if (n > FILES_MAX) {
        read_spoil(u->r, &binary, "100 files", "holds too many files");
        return;
    }
    files = arena_array(read_arena(u->r), (size_t)n, sizeof(*files));
    if (!files) {
        read_no_memory(u->r);
        return;
    }
    ret->files = files;
    for (zip_int64_t i = 0; i < n; i++) {
        if (!read_file(u, (zip_uint64_t)i, &files[ret->file_count]))
            return;
        ret->file_count += files[ret->file_count].name[0] != '\0';
    }
}

static void read_archive(struct reading *r, bool unpacked, struct coid_act *ret)
{
    AUTO(zip_discard) zip_t *zip = NULL;

    if (!slice_starts(ret->zip, SLICE("PK\3\4")) && !slice_starts(ret->zip, SLICE("PK\5\6"))) {
        read_spoil(r, &binary, NULL, "is no ZIP archive");
        return;
    }
    zip = open_archive(r, ret->zip);
    if (zip && unpacked)
        read_files(&(struct unpacking){ r, zip, UNPACKED_MAX }, ret);
}

enum status read_act(struct reading *r, const struct json *json, bool unpacked,
                     struct coid_act *ret, struct err *err)
{
    struct coid_act told = { 0 };

    read_root(r, json, &act_shape, &told);
    TRY(read_end(r, err));
    read_archive(r, unpacked, &told);
    TRY(read_end(r, err));
    *ret = told;
    return ST_OK;
}
