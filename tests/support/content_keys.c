#include "support/content_keys.h"

#include "base/file.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define KEYS SLICE("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")

struct vault *content_keys_open(const char *dir)
{
    struct vault *vault = NULL;
    struct err err = { 0 };
    char path[256];

    (void)text_format(path, sizeof(path), "%s/content.keys", dir);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !file_write_all(fd, KEYS) || close(fd) != 0 ||
        vault_open(path, &vault, &err) != ST_OK) {
        (void)fprintf(stderr, "tests/support/content_keys: %s: %s\n", path, err.text);
        _exit(1);
    }
    return vault;
}
