/* The head of a request, strictly read (RFC 9112): what two readers could read in two ways is
 * refused. Knows no socket. */
#pragma once

#include "base/arena.h"
#include "http/refusal.h"

struct head_field {
    struct slice name;
    struct slice value; /* without blanks around */
};

/* All slices point into the bytes that were parsed, or into the arena. */
struct head {
    const char *method; /* a literal */
    struct slice path;  /* percent-decoded; "*" for OPTIONS * */
    struct slice query; /* raw, without '?' */
    struct slice host;  /* of an absolute target, else of Host; valid; empty only in HTTP/1.0 */
    bool http11;
    bool keep_alive; /* as the caller wishes it */
    bool chunked;
    bool has_length;
    bool expect_continue;
    uint64_t content_length;
    struct head_field *fields;
    size_t field_count;
};

/**
 * Looks for the empty line that ends a head, one pass over all calls.
 *
 * seen     in/out: how many bytes earlier calls have looked at; 0 at first
 * ret_end  bytes of the head with its empty line; 0: more is needed
 */
enum refusal head_find_end(struct slice bytes, size_t *seen, size_t *ret_end);

/* bytes: one whole head, as head_find_end() measured it; borrowed as long as the head is used. */
enum refusal head_parse(struct slice bytes, unsigned max_fields, struct arena *arena,
                        struct head *ret_head);

/* The first of that name (any case); empty when absent. */
struct slice head_value(const struct head *head, const char *name);

/* name or [v6] or address, with or without a port. */
bool head_is_host(struct slice host);

bool slice_eq_nocase(struct slice a, const char *b);

/* target.c: sets path, query and, for an absolute target, host. */
enum refusal target_parse(struct slice raw, struct arena *arena, struct head *head);
