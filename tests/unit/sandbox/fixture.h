/* A sandbox folder made once for a test program, and judged without a network. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "crypto/trust.h"
#include "sandbox/file.h"
#include "sandbox/pki.h"

#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) != ST_OK)                                                                       \
            fail_msg("%s: %s", #call, (err)->text);                                                \
    } while (0)

/* Group set-up and tear-down: makes and removes sandbox_dir(). */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);
const char *sandbox_dir(void);

/* DIR/name. */
const char *sandbox_path(const char *name, char dst[FILE_PATH_MAX]);
/* DIR/FAMILY/NAME.p12, opened; the caller's. */
struct key *sandbox_key(const char *family, const char *name);
/* DIR/trust; the caller's. */
struct trust *sandbox_trust(void);
/* Answers OCSP and TSP of the sandbox in the process, by the URL's path. */
struct trust_io sandbox_io(void);
