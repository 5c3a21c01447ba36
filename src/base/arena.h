/* Memory that dies together: what one request needs, up to a ceiling, freed in one call. */
#pragma once

#include "base/auto.h"
#include "base/slice.h"

#include <stddef.h>

struct arena;

/* NULL when out of memory. max: ceiling in bytes over all blocks. Caller's: arena_free(). */
struct arena *arena_new(size_t max);

/* Zeroed, aligned for any type; NULL when out of memory or over the ceiling. The arena's. */
void *arena_alloc(struct arena *arena, size_t size);
/* n zeroed items of size bytes; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size);
/* A NUL-terminated copy; NULL as above. */
char *arena_text(struct arena *arena, struct slice s);

/* Wipes and frees everything. NULL is fine. */
void arena_free(struct arena *arena);

DEFINE_AUTO(struct arena, arena_free)
