/* Canonical XML into bounded bytes, by libxml2. */
#include "wsse/c14n.h"

#include <libxml/c14n.h>
#include <libxml/xmlIO.h>

struct canon {
    const xmlDoc *doc;
    const xmlNode *apex; /* NULL: the whole document */
    enum c14n_mode mode;
    size_t max_bytes;
};

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

static int execute(const struct canon *canon, xmlOutputBuffer *out)
{
    const int mode = canon->mode == C14N_EXCLUSIVE ? XML_C14N_EXCLUSIVE_1_0 : XML_C14N_1_0;

    return xmlC14NExecute((xmlDoc *)canon->doc, canon->apex ? is_below_apex : NULL,
                          (void *)canon->apex, mode, NULL, canon->mode == C14N_INCLUSIVE_COMMENTS,
                          out);
}

static enum status run(const struct canon *canon, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *b = bytes_new(canon->max_bytes);
    xmlOutputBuffer *out = NULL;
    int done;

    if (!b)
        return RAISE(err, ST_NOMEM, "canonical XML: out of memory");
    out = xmlOutputBufferCreateIO(write_bytes, NULL, b, NULL);
    if (!out)
        return RAISE(err, ST_NOMEM, "canonical XML: out of memory");
    done = execute(canon, out);
    if (xmlOutputBufferClose(out) < 0)
        done = -1;
    TRY(bytes_check(b, "canonical XML", err));
    if (done < 0)
        return RAISE(err, ST_FORMAT, "the XML cannot be canonicalised");
    *ret = TAKE(b);
    return ST_OK;
}

enum status c14n_document(const xmlDoc *doc, enum c14n_mode mode, size_t max_bytes,
                          struct bytes **ret, struct err *err)
{
    const struct canon canon = { doc, NULL, mode, max_bytes };

    return run(&canon, ret, err);
}

enum status c14n_subtree(const xmlNode *apex, enum c14n_mode mode, size_t max_bytes,
                         struct bytes **ret, struct err *err)
{
    const struct canon canon = { apex->doc, apex, mode, max_bytes };

    return run(&canon, ret, err);
}
