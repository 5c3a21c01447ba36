/* Fuzzes the head of a request, as the connection reads it: in pieces, then parsed. What is
 * accepted must keep the promises that http.h makes about paths, hosts and framing. */
#include "base/text.h"
#include "fuzz.h"
#include "http/head.h"
#include "http/peer.h"

static void check_path(struct slice path)
{
    promise(path.len > 0 && (path.at[0] == '/' || slice_eq_str(path, "*")) && text_is_utf8(path));
    for (size_t i = 0; i < path.len; i++)
        promise((unsigned char)path.at[i] >= 0x20 && path.at[i] != '\\' && path.at[i] != 0x7f);
    promise(!memmem(path.at, path.len, "/../", 4) && !memmem(path.at, path.len, "/./", 3));
}

static void check_head(const struct head *head)
{
    const struct network all = { .bits = 0 };
    struct address hop = { 0 };

    promise(head->method != NULL);
    check_path(head->path);
    promise(head->host.len == 0 ? !head->http11 : head_is_host(head->host));
    promise(!(head->chunked && head->has_length) && (head->chunked ? head->http11 : true));
    for (size_t i = 0; i < head->field_count; i++) {
        const struct head_field *field = &head->fields[i];
        promise(field->name.len > 0 && !memchr(field->value.at, '\n', field->value.len));
        (void)forwarded_walk((struct networks){ &all, 1 }, field->value, &hop);
    }
}

bool fuzz_take(struct slice in)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct head head = { 0 };
    size_t whole = 0;
    size_t pieced = 0;
    size_t seen = 0;

    promise(arena != NULL);
    enum refusal refusal = head_find_end(in, &seen, &whole);
    seen = 0;
    enum refusal again = REFUSAL_NONE;
    for (size_t n = 1; n <= in.len && pieced == 0 && again == REFUSAL_NONE; n++)
        again = head_find_end((struct slice){ in.at, n }, &seen, &pieced);
    promise(refusal == again && whole == pieced);
    if (refusal != REFUSAL_NONE || whole == 0)
        return false;
    if (head_parse((struct slice){ in.at, whole }, 100, arena, &head) != REFUSAL_NONE)
        return false;
    check_head(&head);
    return true;
}
