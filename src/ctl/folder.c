#include "ctl/folder.h"

#include "base/text.h"
#include "crypto/der.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum status certs_read(struct slice content,
                       enum status (*add)(void *ctx, struct cert *taken, struct err *err),
                       void *ctx, struct err *err)
{
    for (size_t found = 0;; found++) {
        AUTO(bytes_free) struct bytes *der = NULL;
        struct cert *cert = NULL;
        enum status status = armour_next(&content, &der, err);

        if (found > 0 && status == ST_NOT_FOUND)
            return ST_OK;
        if (status == ST_NOT_FOUND)
            return RAISE(err, ST_FORMAT, "holds no certificate");
        TRY(status);
        TRY(cert_parse(bytes_slice(der), &cert, err));
        TRY(add(ctx, cert, err));
    }
}

/* ---- the folder ---- */

struct reading {
    struct folder *folder;
    const char *file;
};

static struct folder_item *new_item(struct reading *reading, struct err *err)
{
    struct folder *folder = reading->folder;

    if (folder->count == FOLDER_ITEMS_MAX) {
        (void)RAISE(err, ST_INPUT, "%s: more than %d certificates", folder->dir, FOLDER_ITEMS_MAX);
        return NULL;
    }
    struct folder_item *item = &folder->items[folder->count++];
    text_copy(item->file, sizeof(item->file), reading->file);
    return item;
}

static enum status add_cert(void *ctx, struct cert *taken, struct err *err)
{
    AUTO(cert_free) struct cert *cert = taken;
    struct folder_item *item = new_item(ctx, err);

    if (!item)
        return ST_INPUT;
    item->cert = TAKE(cert);
    return ST_OK;
}

static enum status read_one(struct reading *reading, struct err *err)
{
    AUTO(bytes_free) struct bytes *content = NULL;
    char path[FILE_PATH_MAX];
    struct stat info;

    TRY(file_path(path, reading->folder->dir, reading->file, err));
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return ST_OK; /* as the service does */
    TRY(file_read(path, FOLDER_FILE_MAX, &content, err));
    return certs_read(bytes_slice(content), add_cert, reading, err);
}

static int is_no_dot(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static enum status read_all(struct folder *folder, struct dirent **entries, int count,
                            struct err *err)
{
    for (int i = 0; i < count; i++) {
        struct reading reading = { folder, entries[i]->d_name };
        struct err fault;

        if (read_one(&reading, &fault) == ST_OK)
            continue;
        struct folder_item *item = new_item(&reading, err);
        if (!item)
            return ST_INPUT;
        text_copy(item->fault, sizeof(item->fault), fault.text);
    }
    return ST_OK;
}

enum status folder_read(const char *dir, struct folder *ret, struct err *err)
{
    struct dirent **entries = NULL;

    ret->dir = dir;
    ret->items = calloc(FOLDER_ITEMS_MAX, sizeof(*ret->items));
    if (!ret->items)
        return RAISE(err, ST_NOMEM, "out of memory");
    int count = scandir(dir, &entries, is_no_dot, alphasort);
    if (count < 0)
        return RAISE(err, errno == ENOENT ? ST_NOT_FOUND : ST_INPUT, "%s: %s", dir,
                     strerrordesc_np(errno));
    enum status status = read_all(ret, entries, count, err);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return status;
}

void folder_clear(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        cert_free(folder->items[i].cert);
    free(folder->items);
    *folder = (struct folder){ 0 };
}

const struct folder_item *folder_find(const struct folder *folder, const struct cert *cert)
{
    for (size_t i = 0; i < folder->count; i++)
        if (folder->items[i].cert && slice_eq(cert_der(folder->items[i].cert), cert_der(cert)))
            return &folder->items[i];
    return NULL;
}
