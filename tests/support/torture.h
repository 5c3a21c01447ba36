/* Memory that runs out: the n-th allocation of a call fails, for every n. Ours (house_test(…
 * TORTURED) wraps malloc and its kin in all objects of ours), OpenSSL's, libxml2's with xmlsec1's,
 * and cJSON's. The libraries' unreachable ones are libc's own, and nettle's with GMP, which aborts
 * by design. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* First thing in main(): no library may have allocated yet. */
void torture_begin(void);

/* One call under torture. Nothing fails during check() and clear(). */
struct torture {
    const char *name;
    void (*call)(void *ctx);
    /* starved: an allocation failed meanwhile; when none did, the result must be whole. Ends the
     * test when the result is not as it may be; frees it. */
    void (*check)(void *ctx, bool starved);
    void *ctx;
    bool library_leaks; /* a library lets memory go when it gets none: no look at leaks of the call
                         */
};

/* Runs the call unharmed, then with the first allocation failing, then the second …, until none is
 * left; and every now and then unharmed again, so that no failure leaves anything behind. A call of
 * more than TORTURE_ALL allocations is run with equal gaps between them unless SHEP_LONG is set.
 * The number of allocations. */
enum { TORTURE_ALL = 1000 };
size_t torture(const struct torture *torture);

/* Between the two nothing fails and nothing is counted: for the other side of a call, which a test
 * plays. May be nested. */
void torture_pause(void);
void torture_resume(void);
