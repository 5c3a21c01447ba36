#include "support/torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <libxml/xmlmemory.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

enum { UNHARMED_EVERY = 16 };

/* Counts while armed; the allocation with this number fails. */
static size_t fail_at, seen;
static unsigned paused = 1; /* until a call runs */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t max);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);

static bool fails(void)
{
    return !paused && ++seen == fail_at;
}

void torture_pause(void)
{
    paused++;
}

void torture_resume(void)
{
    paused--;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t max)
{
    return fails() ? NULL : __real_strndup(text, max);
}

static void *ossl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return __wrap_malloc(size);
}

static void *ossl_realloc(void *at, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return __wrap_realloc(at, size);
}

static void ossl_free(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

static char *xml_strdup(const char *text)
{
    return __wrap_strdup(text);
}

void torture_begin(void)
{
    cJSON_Hooks hooks = { __wrap_malloc, free };

    if (CRYPTO_set_mem_functions(ossl_malloc, ossl_realloc, ossl_free) != 1 ||
        xmlMemSetup(free, __wrap_malloc, __wrap_realloc, xml_strdup) != 0)
        abort();
    cJSON_InitHooks(&hooks);
}

/* Of the address sanitizer, where there is one. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void call(const struct torture *t)
{
    bool hide = t->library_leaks && __lsan_disable;

    if (hide)
        __lsan_disable();
    t->call(t->ctx);
    if (hide)
        __lsan_enable();
}

/* Errors that are left there mislead who asks next. */
static void check_queue(const struct torture *t, size_t n)
{
    const char *file = NULL;
    const char *function = NULL;
    int line = 0;
    const unsigned long code = ERR_get_error_all(&file, &line, &function, NULL, NULL);

    if (code != 0)
        fail_msg("%s: allocation %zu: OpenSSL's queue holds «%s» of %s(), %s:%d", t->name, n,
                 ERR_reason_error_string(code), function, file, line);
}

/* One round; whether the allocation was reached. */
static bool run(const struct torture *t, size_t n)
{
    seen = 0;
    fail_at = n;
    paused = 0;
    call(t);
    paused = 1;
    bool starved = n > 0 && seen >= n;
    check_queue(t, n);
    t->check(t->ctx, starved);
    return starved;
}

size_t torture(const struct torture *t)
{
    struct timespec from, to;

    (void)run(t, 0); /* what is made once per process is made */
    (void)run(t, 0);
    size_t count = seen;
    size_t step = count > TORTURE_ALL && !secure_getenv("SHEP_LONG") ? count / TORTURE_ALL + 1 : 1;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t n = 1, round = 0; run(t, n); n += step)
        if (++round % UNHARMED_EVERY == 0)
            (void)run(t, 0);
    (void)run(t, 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    print_message("%s: %zu allocations, every %zu., %ld ms\n", t->name, count, step,
                  (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
    return count;
}
