/* gSOAP's four hooks for struct data. */
#include "gen/data.h"

#include "SyncChannelHttpBinding.nsmap" // the table `namespaces`, which libgsoap.so wants to find

void soap_default_xsd__data(struct soap *soap, struct data *data)
{
    (void)soap;
    *data = (struct data){ 0 };
}

void soap_serialize_xsd__data(struct soap *soap, const struct data *data)
{
    (void)soap;
    (void)data;
}

static int write_text(struct soap *soap, const char *tag, const struct data *data)
{
    if (soap_set_attr(soap, "xsi:type", "xs:string", 1) || soap_element(soap, tag, 0, NULL) ||
        soap_element_start_end_out(soap, NULL) || soap_string_out(soap, data->text, 0))
        return soap->error;
    return soap_element_end_out(soap, tag);
}

int soap_out_xsd__data(struct soap *soap, const char *tag, int id, const struct data *data,
                       const char *type)
{
    (void)id;
    (void)type;
    if (data->type == 0)
        return write_text(soap, tag, data);
    if (soap_element_begin_out(soap, tag, 0, NULL) ||
        soap_putelement(soap, data->element, data->tag ? data->tag : "", 0, data->type))
        return soap->error;
    return soap_element_end_out(soap, tag);
}

/* Skips the element, whatever is in it, as the generated soap_ignore_element() does. */
struct data *soap_in_xsd__data(struct soap *soap, const char *tag, struct data *data,
                               const char *type)
{
    (void)type;
    if (soap_peek_element(soap))
        return NULL;
    if (soap_match_tag(soap, soap->tag, tag)) {
        soap->error = SOAP_TAG_MISMATCH;
        return NULL;
    }
    if (!data)
        data = soap_malloc(soap, sizeof(*data));
    if (!data) {
        soap->error = SOAP_EOM;
        return NULL;
    }
    soap_default_xsd__data(soap, data);
    soap->peeked = 0;
    if (soap->body && soap_ignore(soap)) /* eats the end tag too */
        return NULL;
    return data;
}
