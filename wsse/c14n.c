/* Canonical XML into bounded bytes, by libxml2. */
#include "wsse/c14n.h"

#include "base/text.h"
#include "wsse/memory.h"

#include <libxml/c14n.h>
#include <libxml/xmlIO.h>

enum { MAX_LIST = 1024 /* bytes */, MAX_PREFIXES = 64 };

static int write_bytes(void *out, const char *at, int len)
{
    struct bytes *b = out;

    bytes_add(b, slice_mem(at, (size_t)len));
    return b->failed ? -1 : len;
}

/* Attributes and namespaces come with the element that carries them. */
static int is_below_apex(void *apex, xmlNode *node, xmlNode *parent)
{
    const bool is_node = node->type != XML_NAMESPACE_DECL && node->type != XML_ATTRIBUTE_NODE;
    const xmlNode *at = is_node ? node : parent;

    while (at && at != apex)
        at = at->parent;
    return at != NULL;
}

struct prefixes {
    char list[MAX_LIST + 1];
    xmlChar *at[MAX_PREFIXES + 1]; /* into list, NULL behind the last */
};

static bool split(const char *text, struct prefixes *ret)
{
    char *rest = ret->list;
    size_t count = 0;

    if (!text_copy(ret->list, sizeof(ret->list), text ? text : ""))
        return false;
    for (char *word; (word = strsep(&rest, " \t\r\n"));) {
        if (!*word)
            continue;
        if (count == MAX_PREFIXES)
            return false;
        ret->at[count++] = BAD_CAST word;
    }
    ret->at[count] = NULL;
    return true;
}

static int execute(const struct c14n_job *job, xmlOutputBuffer *out)
{
    const bool exclusive = job->mode == C14N_EXCLUSIVE || job->mode == C14N_EXCLUSIVE_COMMENTS;
    const bool comments =
        job->mode == C14N_INCLUSIVE_COMMENTS || job->mode == C14N_EXCLUSIVE_COMMENTS;
    struct prefixes prefixes;

    if (!split(job->prefixes, &prefixes))
        return -1;
    return xmlC14NExecute((xmlDoc *)job->doc, job->apex ? is_below_apex : NULL, (void *)job->apex,
                          exclusive ? XML_C14N_EXCLUSIVE_1_0 : XML_C14N_1_0,
                          job->prefixes ? prefixes.at : NULL, comments, out);
}

enum status c14n_run(const struct c14n_job *job, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *b = bytes_new(job->max_bytes);
    const unsigned refusals = memory_refusals();
    xmlOutputBuffer *out = NULL;
    int done;

    if (!b)
        return RAISE(err, ST_NOMEM, "canonical XML: out of memory");
    out = xmlOutputBufferCreateIO(write_bytes, NULL, b, NULL);
    if (!out)
        return RAISE(err, ST_NOMEM, "canonical XML: out of memory");
    done = execute(job, out);
    if (xmlOutputBufferClose(out) < 0)
        done = -1;
    if (memory_refusals() != refusals)
        return RAISE(err, ST_NOMEM, "canonical XML: out of memory");
    TRY(bytes_check(b, "canonical XML", err));
    if (done < 0)
        return RAISE(err, ST_FORMAT, "the XML cannot be canonicalised");
    *ret = TAKE(b);
    return ST_OK;
}

enum status c14n_document(const xmlDoc *doc, enum c14n_mode mode, size_t max_bytes,
                          struct bytes **ret, struct err *err)
{
    const struct c14n_job job = { .doc = doc, .mode = mode, .max_bytes = max_bytes };

    return c14n_run(&job, ret, err);
}

enum status c14n_subtree(const xmlNode *apex, enum c14n_mode mode, size_t max_bytes,
                         struct bytes **ret, struct err *err)
{
    const struct c14n_job job = {
        .doc = apex->doc, .apex = apex, .mode = mode, .max_bytes = max_bytes
    };

    return c14n_run(&job, ret, err);
}
