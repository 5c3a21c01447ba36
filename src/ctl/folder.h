/* A folder of trusted certificates as a person looks at it: each certificate with its file, and the
 * files that the service would refuse. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "sandbox/file.h"

#include <stddef.h>

enum { FOLDER_ITEMS_MAX = 1024, FOLDER_FILE_MAX = 1024 * 1024 };

struct folder_item {
    char file[256];
    struct cert *cert; /* NULL: the file does not hold one, fault says why */
    char fault[240];
};

struct folder {
    const char *dir; /* borrowed */
    struct folder_item *items;
    size_t count;
};

/* Files in the order of their names, certificates in theirs. ST_NOT_FOUND: no such folder;
 * ST_INPUT: it cannot be read, or holds more than 1,024. ret: zeroed; folder_clear() in any case.
 */
MUST_USE enum status folder_read(const char *dir, struct folder *ret, struct err *err);
void folder_clear(struct folder *folder);
DEFINE_AUTO(struct folder, folder_clear)
/* The item that holds the certificate; NULL: none does. */
const struct folder_item *folder_find(const struct folder *folder, const struct cert *cert);

/* The certificates of one file, PEM (several) or DER, handed to add() one by one.
 * ST_FORMAT: it holds none, or something else too. */
MUST_USE enum status certs_read(struct slice content,
                                enum status (*add)(void *ctx, struct cert *taken, struct err *err),
                                void *ctx, struct err *err);
