#include "http/census.h"

enum { BUCKETS = 4096 };

struct entry {
    struct entry *next;
    struct address address;
    unsigned count;
};

struct census {
    struct entry *buckets[BUCKETS];
};

struct census *census_new(void)
{
    return calloc(1, sizeof(struct census));
}

/* The link that points to the address's entry, or to the end of its bucket. A bucket holds no more
 * entries than there are connections, so a chosen collision costs little. */
static struct entry **find(struct census *census, const struct address *caller)
{
    struct entry **link = &census->buckets[address_hash(caller) % BUCKETS];

    while (*link && memcmp((*link)->address.ip, caller->ip, sizeof(caller->ip)) != 0)
        link = &(*link)->next;
    return link;
}

bool census_enter(struct census *census, const struct address *address, unsigned max)
{
    struct address caller = address_caller(address);
    struct entry **link = find(census, &caller);

    if (!*link && max > 0) {
        *link = calloc(1, sizeof(**link));
        if (*link)
            (*link)->address = caller;
    }
    if (!*link || (*link)->count >= max)
        return false;
    (*link)->count++;
    return true;
}

void census_leave(struct census *census, const struct address *address)
{
    struct address caller = address_caller(address);
    struct entry **link = find(census, &caller);
    struct entry *entry = *link;

    if (!entry || --entry->count > 0)
        return;
    *link = entry->next;
    free(entry);
}

void census_free(struct census *census)
{
    if (!census)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (census->buckets[i]) {
            struct entry *entry = census->buckets[i];
            census->buckets[i] = entry->next;
            free(entry);
        }
    }
    free(census);
}
