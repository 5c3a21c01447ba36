/* Parsing XML from outside under guards, by libxml2's SAX callbacks in front of its tree builder.
 */
#include "wsse/document.h"
#include "wsse/memory.h"

#include "wsse/markup.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlsave.h>
#include <limits.h>
#include <strings.h>

DEFINE_AUTO(xmlParserCtxt, xmlFreeParserCtxt)
DEFINE_AUTO(xmlBuffer, xmlBufferFree)

/* Hangs on the parser's context; after the first refusal nothing more is built. */
struct guard {
    const struct xml_limits *limits;
    unsigned flags;
    size_t nodes;
    size_t expansion; /* bytes by which the canonical form may outgrow the document */
    enum status status;
    struct err *err;
};

static struct guard *guard_of(void *parser)
{
    return ((xmlParserCtxt *)parser)->_private;
}

#define STOP(parser, ...) stop((parser), RAISE(guard_of(parser)->err, ST_FORMAT, __VA_ARGS__))
#define STOP_CAUSE(parser, code, limit, ...)                                                       \
    stop((parser),                                                                                 \
         RAISE_CAUSE(guard_of(parser)->err, ST_FORMAT, (code), NULL, (limit), __VA_ARGS__))

/* Not xmlStopParser(): it frees the input, from which libxml2 may still be reading when an error is
 * raised (seen: xmlSAX2StartElementNs() on an xml:id). What is left of the text is passed over in
 * linear time; markup_check() has bounded its depth. */
static void stop(void *parser, enum status status)
{
    xmlParserCtxt *ctxt = parser;

    guard_of(parser)->status = status;
    ctxt->disableSAX = 1;
    ctxt->wellFormed = 0;
}

static bool is_stopped(void *parser)
{
    return guard_of(parser)->status != ST_OK;
}

static void count_nodes(void *parser, size_t nodes)
{
    struct guard *guard = guard_of(parser);

    guard->nodes += nodes;
    if (guard->nodes > DOCUMENT_MAX_NODES)
        STOP_CAUSE(parser, "xmlNodes", "1000000 nodes", "the XML has more than %d nodes",
                   DOCUMENT_MAX_NODES);
}

static void count_expansion(void *parser, size_t bytes)
{
    struct guard *guard = guard_of(parser);

    guard->expansion += bytes;
    if (guard->expansion > guard->limits->max_bytes)
        STOP_CAUSE(parser, "xmlExpansion", NULL, "the XML grows too much when it is canonicalised");
}

static size_t count_char(const char *at, size_t len, char c)
{
    const char *end = at + len;
    size_t count = 0;

    for (at = len ? memchr(at, c, len) : NULL; at; at = memchr(at, c, (size_t)(end - at))) {
        count++;
        if (++at == end)
            break;
    }
    return count;
}

static void on_internal_subset(void *parser, const xmlChar *name, const xmlChar *external_id,
                               const xmlChar *system_id)
{
    (void)name;
    (void)external_id;
    (void)system_id;
    if (!is_stopped(parser))
        STOP_CAUSE(parser, "xmlDtd", NULL, "a document type declaration (DTD) is not allowed");
}

static void on_processing_instruction(void *parser, const xmlChar *target, const xmlChar *data)
{
    if (is_stopped(parser))
        return;
    if (!(guard_of(parser)->flags & DOCUMENT_ALLOWS_PI)) {
        STOP(parser, "processing instructions are not allowed (SOAP 1.1 section 3)");
        return;
    }
    count_nodes(parser, 1);
    if (!is_stopped(parser))
        xmlSAX2ProcessingInstruction(parser, target, data);
}

static void on_comment(void *parser, const xmlChar *text)
{
    if (is_stopped(parser))
        return;
    count_nodes(parser, 1);
    if (!is_stopped(parser))
        xmlSAX2Comment(parser, text);
}

/* `>` becomes `&gt;` in canonical XML. */
static void on_characters(void *parser, const xmlChar *at, int len)
{
    if (is_stopped(parser))
        return;
    count_expansion(parser, 3 * count_char((const char *)at, (size_t)len, '>'));
    if (!is_stopped(parser))
        xmlSAX2Characters(parser, at, len);
}

static void check_namespaces(void *parser, int count, const xmlChar **namespaces)
{
    const xmlParserCtxt *ctxt = parser;

    if (ctxt->nsNr / 2 > DOCUMENT_MAX_NAMESPACES) {
        STOP_CAUSE(parser, "xmlNamespaces", "256 namespaces", "more than %d namespaces in scope",
                   DOCUMENT_MAX_NAMESPACES);
        return;
    }
    for (int i = 0; i < count && !is_stopped(parser); i++)
        if (xmlStrlen(namespaces[2 * i + 1]) > DOCUMENT_MAX_URI)
            STOP_CAUSE(parser, "xmlNamespaceUri", "1024 bytes", "a namespace URI is over %d bytes",
                       DOCUMENT_MAX_URI);
}

/* Canonical XML may write a used namespace at each element again, and `"` as `&quot;`. */
static size_t expansion_of(const xmlChar *uri, int count, const xmlChar **attributes)
{
    size_t bytes = uri ? (size_t)xmlStrlen(uri) : 0;

    for (int i = 0; i < count; i++) {
        const xmlChar **attr = attributes + (ptrdiff_t)5 * i;

        bytes += attr[2] ? (size_t)xmlStrlen(attr[2]) : 0;
        bytes += 5 * count_char((const char *)attr[3], (size_t)(attr[4] - attr[3]), '"');
    }
    return bytes;
}

/* libxml2 sets the number of parameters. NOLINTNEXTLINE(readability-function-size) */
static void on_start_element(void *parser, const xmlChar *name, const xmlChar *prefix,
                             const xmlChar *uri, int ns_count, const xmlChar **namespaces,
                             int attr_count, int defaulted, const xmlChar **attributes)
{
    const xmlParserCtxt *ctxt = parser;
    const struct guard *guard = guard_of(parser);

    if (is_stopped(parser))
        return;
    if (ctxt->nodeNr >= guard->limits->max_depth)
        STOP_CAUSE(parser, "xmlDepth", NULL, "the XML is nested deeper than %d elements",
                   guard->limits->max_depth);
    if (!is_stopped(parser))
        check_namespaces(parser, ns_count, namespaces);
    if (!is_stopped(parser))
        count_nodes(parser, 1 + (size_t)ns_count + (size_t)attr_count);
    if (!is_stopped(parser))
        count_expansion(parser, expansion_of(uri, attr_count, attributes));
    if (!is_stopped(parser))
        xmlSAX2StartElementNs(parser, name, prefix, uri, ns_count, namespaces, attr_count,
                              defaulted, attributes);
}

/* Namespace errors leave a document well-formed for libxml2: here they do not. What concerns
 * validity alone (an xml:id that is no name) is no matter of ours. */
static void on_error(void *parser, xmlError *error)
{
    const struct guard *guard = guard_of(parser);
    const bool is_validity = error->level == XML_ERR_ERROR &&
                             (error->domain == XML_FROM_VALID || error->domain == XML_FROM_DTD);
    struct slice reason = slice_trim(slice_str(error->message));

    if (guard->status != ST_OK || error->level < XML_ERR_ERROR || is_validity)
        return;
    if (error->code == XML_ERR_NO_MEMORY)
        stop(parser, RAISE(guard->err, ST_NOMEM, "XML: out of memory"));
    else
        STOP(parser, "not well-formed XML: line %d: %.*s", error->line,
             (int)(reason.len < 120 ? reason.len : 120), reason.at);
}

static void set_guards(xmlParserCtxt *parser, struct guard *guard)
{
    parser->_private = guard;
    parser->sax->internalSubset = on_internal_subset;
    parser->sax->startElementNs = on_start_element;
    parser->sax->characters = on_characters;
    parser->sax->ignorableWhitespace = on_characters;
    parser->sax->comment = on_comment;
    parser->sax->processingInstruction = on_processing_instruction;
    parser->sax->serror = (xmlStructuredErrorFunc)on_error;
}

struct slice document_skip_bom(struct slice xml)
{
    return slice_starts(xml, SLICE("\xEF\xBB\xBF")) ? slice_skip(xml, 3) : xml;
}

size_t document_canonical_max(const struct xml_limits *limits)
{
    return 4 * limits->max_bytes; /* names twice, entities, and the counted expansion */
}

static bool is_other_encoding(struct slice encoding)
{
    static const char *const read_as_utf8[] = { "utf-8", "utf8", "us-ascii", "ascii" };

    if (encoding.len == 0)
        return false;
    for (size_t i = 0; i < sizeof(read_as_utf8) / sizeof(read_as_utf8[0]); i++)
        if (encoding.len == strlen(read_as_utf8[i]) &&
            strncasecmp(encoding.at, read_as_utf8[i], encoding.len) == 0)
            return false;
    return true;
}

static enum status check_encoding(struct slice xml, unsigned flags, struct err *err)
{
    const struct slice encoding = markup_encoding(xml);

    if (xml.len >= 2 && (memchr(xml.at, 0, 2) || slice_starts(xml, SLICE("\xFE\xFF")) ||
                         slice_starts(xml, SLICE("\xFF\xFE"))))
        return RAISE_CAUSE(err, ST_FORMAT, "xmlEncoding", NULL, NULL,
                           "the XML is in UTF-16 or UTF-32; UTF-8 is demanded");
    if (!(flags & DOCUMENT_IS_DECODED) && is_other_encoding(encoding))
        return RAISE_CAUSE(err, ST_FORMAT, "xmlEncoding", NULL, NULL,
                           "the XML declares the encoding %.*s; UTF-8 is demanded",
                           (int)(encoding.len < 40 ? encoding.len : 40), encoding.at);
    return ST_OK;
}

static enum status check_bytes(struct slice xml, const struct xml_limits *limits, unsigned flags,
                               struct err *err)
{
    if (xml.len > limits->max_bytes || xml.len > INT_MAX)
        return RAISE_CAUSE(err, ST_FORMAT, "xmlTooLarge", NULL, NULL,
                           "the XML has %zu bytes, the limit is %zu", xml.len, limits->max_bytes);
    TRY(check_encoding(xml, flags, err));
    if (!slice_starts(slice_trim(xml), SLICE("<")))
        return RAISE(err, ST_FORMAT, "not XML: it does not start with `<`");
    return markup_check(xml, DOCUMENT_MAX_ATTRIBUTES, limits->max_depth, err);
}

enum status document_parse(struct slice xml, const struct xml_limits *limits, unsigned flags,
                           xmlDoc **ret_doc, struct err *err)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                        XML_PARSE_NOCDATA | XML_PARSE_HUGE | XML_PARSE_IGNORE_ENC;
    struct guard guard = { limits, flags, 0, 0, ST_OK, err };
    AUTO(xmlFreeParserCtxt) xmlParserCtxt *parser = NULL;
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;

    xml = document_skip_bom(xml);
    TRY(check_bytes(xml, limits, flags, err));
    parser = xmlNewParserCtxt();
    if (!parser)
        return RAISE(err, ST_NOMEM, "XML: out of memory");
    set_guards(parser, &guard);
    const unsigned refusals = memory_refusals();
    doc = xmlCtxtReadMemory(parser, xml.at, (int)xml.len, NULL, NULL, options);
    if (guard.status != ST_OK)
        return guard.status;
    if (memory_refusals() != refusals)
        return RAISE(err, ST_NOMEM, "XML: out of memory");
    if (!doc || !parser->wellFormed || !parser->nsWellFormed)
        return RAISE(err, ST_FORMAT, "not well-formed XML");
    if (doc->intSubset || doc->extSubset || !xmlDocGetRootElement(doc))
        return RAISE(err, ST_FORMAT, "not a document of one element without DTD");
    *ret_doc = TAKE(doc);
    return ST_OK;
}

enum status document_write(xmlDoc *doc, bool with_declaration, struct bytes **ret, struct err *err)
{
    const int options = XML_SAVE_AS_XML | (with_declaration ? 0 : XML_SAVE_NO_DECL);
    const unsigned refusals = memory_refusals();
    AUTO(xmlBufferFree) xmlBuffer *buffer = xmlBufferCreate();
    xmlSaveCtxt *save = buffer ? xmlSaveToBuffer(buffer, "UTF-8", options) : NULL;
    long written = -1;
    struct bytes *copy = NULL;

    if (save) {
        written = xmlSaveDoc(save, doc);
        if (xmlSaveClose(save) < 0)
            written = -1;
    }
    if (written < 0 || memory_refusals() != refusals)
        return RAISE(err, ST_NOMEM, "XML: out of memory");
    copy =
        bytes_dup(slice_trim(slice_mem(xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer))));
    if (!copy)
        return RAISE(err, ST_NOMEM, "XML: out of memory");
    *ret = copy;
    return ST_OK;
}
