/* Runs a fuzz target over its corpus, with any compiler: the regression half of fuzzing. A seed
 * called good… must take the way of success, one called bad… must not; one good seed is a must. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20 };

/* In memory of its own exact size, so that a sanitizer sees what reads beyond. NULL: unreadable. */
static char *load(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rbe");
    char *bytes = malloc(MAX_BYTES);

    if (!file || !bytes) {
        perror(path);
        return NULL;
    }
    *ret_len = fread(bytes, 1, MAX_BYTES, file);
    (void)fclose(file);
    char *exact = realloc(bytes, *ret_len > 0 ? *ret_len : 1);
    return exact ? exact : bytes;
}

static bool starts(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* false: the seed did not go the way that its name says. */
static bool replay(const char *path, unsigned *good)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t len = 0;
    char *bytes = load(path, &len);
    bool success;

    if (!bytes)
        return false;
    success = fuzz_take(slice_mem(bytes, len));
    free(bytes);
    *good += starts(name, "good");
    if (starts(name, "good") != success && (starts(name, "good") || starts(name, "bad"))) {
        (void)fprintf(stderr, "%s: %s\n", name, success ? "was accepted" : "was refused");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned good = 0;
    bool as_named = true;

    for (int i = 1; i < argc; i++)
        as_named = replay(argv[i], &good) && as_named;
    if (good == 0)
        (void)fprintf(stderr, "no good seed\n");
    return as_named && good > 0 ? 0 : 1;
}
