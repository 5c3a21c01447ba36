#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 }; /* bytes of an ordinary block; a larger wish gets a block of its own */

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char at[];
};

struct arena {
    struct block *blocks; /* newest first */
    size_t left;          /* bytes until the ceiling */
};

struct arena *arena_new(size_t max)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (arena)
        arena->left = max;
    return arena;
}

static struct block *add_block(struct arena *arena, size_t size)
{
    struct block *block =
        size > SIZE_MAX - sizeof(*block) ? NULL : calloc(1, sizeof(*block) + size);

    if (!block)
        return NULL;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->blocks;

    if (size > arena->left || size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;
    if (!block || block->size - block->used < size)
        block = add_block(arena, size > BLOCK ? size : BLOCK);
    if (!block)
        return NULL;
    arena->left -= size < arena->left ? size : arena->left;
    void *place = block->at + block->used;
    block->used += size;
    return place;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
    return size > 0 && n > SIZE_MAX / size ? NULL : arena_alloc(arena, n * size);
}

char *arena_text(struct arena *arena, struct slice s)
{
    char *copy = s.len == SIZE_MAX ? NULL : arena_alloc(arena, s.len + 1);

    if (copy && s.len > 0)
        memcpy(copy, s.at, s.len);
    return copy;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->blocks) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        explicit_bzero(block->at, block->used);
        free(block);
    }
    free(arena);
}
