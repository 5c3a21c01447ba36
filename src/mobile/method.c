/* The table of signing methods; a further method is one more row. */
#include "mobile/internal.h"

static const struct method *const methods[] = { &method_xml, &method_cms_with_data,
                                                &method_cms_sign_only, &method_sign_bytes_array };

const struct method *method_find(enum sign_method method)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i]->method == method)
            return methods[i];
    return NULL;
}

const struct document *document_issued(const struct signing_session *session, int64_t id)
{
    for (size_t i = 0; i < session->document_count; i++)
        if (session->documents[i].id == id)
            return &session->documents[i];
    return NULL;
}

const struct method *method_of(const struct signing_session *session,
                               const struct document *document)
{
    return method_find(session->method == METHOD_MIX_SIGN ? document->method : session->method);
}
