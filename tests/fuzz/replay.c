/* Runs a fuzz target over files, with any compiler: the regression half of fuzzing. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    uint8_t *bytes = malloc(MAX_BYTES);

    if (!bytes || argc < 2) {
        (void)fprintf(stderr, "no corpus\n");
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rbe");
        if (!f) {
            perror(argv[i]);
            return 1;
        }
        size_t n = fread(bytes, 1, MAX_BYTES, f);
        (void)fclose(f);
        (void)LLVMFuzzerTestOneInput(bytes, n);
    }
    free(bytes);
    return 0;
}
