#include "soap/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T(inner) "<t:SendMessage xmlns:t='" TYP_NS "'>" inner "</t:SendMessage>"
#define INFO(inner) T("<request><requestInfo>" inner "</requestInfo><requestData/></request>")
#define WHOLE(more)                                                                                \
    INFO("<messageId>m-1</messageId><serviceId>S</serviceId><messageDate>2026-11-22</messageDate>" \
         "<sender><senderId>ekzamen</senderId></sender>" more)

static struct request *take(const char *send_message)
{
    struct request *req = NULL;
    struct err err;

    if (decode(shared_codec, send_message, NULL, &req, &err) != ST_OK)
        fail_msg("%s: %s", send_message, err.text);
    return req;
}

static void assert_whole(const char *send_message)
{
    AUTO(request_free) struct request *req = take(send_message);

    assert_string_equal(req->info.message_id, "m-1");
    assert_string_equal(req->info.service_id, "S");
    assert_string_equal(req->info.sender_id, "ekzamen");
}

/* req 0.12, 0.64 */
static void sync_message_info_is_read_field_by_field(void **state)
{
    AUTO(request_free)
    struct request *req = take(
        INFO("<messageId>m-1</messageId><correlationId>c-1</correlationId><serviceId>S</serviceId>"
             "<messageDate>2026-11-22T14:03:07.123456789+05:00</messageDate><routeId>r</routeId>"
             "<sender><senderId>ekzamen</senderId><password>п&lt;&amp;</password></sender>"
             "<properties><key>k</key><value>v</value></properties>"
             "<sessionId>{01234567-89ab-cdef-0123-456789abcdef}</sessionId>"));

    (void)state;
    assert_string_equal(req->info.message_id, "m-1");
    assert_string_equal(req->info.correlation_id, "c-1");
    assert_string_equal(req->info.service_id, "S");
    assert_string_equal(req->info.message_date, "2026-11-22T14:03:07.123456789+05:00");
    assert_string_equal(req->info.route_id, "r");
    assert_string_equal(req->info.sender_id, "ekzamen");
    assert_string_equal(req->info.password, "п<&");
    assert_string_equal(req->info.session_id, "{01234567-89ab-cdef-0123-456789abcdef}");
    assert_string_equal(req->signer.iin, "123456789011");
}

/* Each of these is one line of shep-contract.md section 1 «What real callers send». */
static void the_order_of_elements_need_not_be_that_of_the_xsd(void **state)
{
    (void)state;
    assert_whole(T("<request><requestData><data/></requestData><requestInfo><sender><password/>"
                   "<senderId>ekzamen</senderId></sender><messageDate>2026-11-22</messageDate>"
                   "<serviceId>S</serviceId><messageId>m-1</messageId></requestInfo></request>"));
}

static void an_empty_correlation_id_is_as_none(void **state)
{
    AUTO(request_free) struct request *req = take(WHOLE("<correlationId/>"));

    (void)state;
    assert_string_equal(req->info.correlation_id, "");
}

static void an_empty_route_id_is_as_none(void **state)
{
    AUTO(request_free) struct request *req = take(WHOLE("<routeId/>"));

    (void)state;
    assert_string_equal(req->info.route_id, "");
}

static void empty_properties_are_as_none(void **state)
{
    (void)state;
    assert_whole(WHOLE("<properties/>"));
    assert_whole(WHOLE("<properties><key/></properties><properties></properties>"));
}

static void properties_longer_than_the_xsd_says_pass(void **state)
{
    (void)state;
    assert_whole(WHOLE("<properties><key>123456789012345678901234567890123456</key>"
                       "<value>v</value></properties>"));
}

static void session_ids_come_as_they_are(void **state)
{
    static const char *const ids[] = {
        "",
        "{}",
        "01234567-89ab-cdef-0123-456789abcdef",
        "{01234567-89AB-CDEF-0123-456789ABCDEF}",
        "not a guid",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        AUTO(bytes_free) struct bytes *xml = bytes_new(4096);
        AUTO(request_free) struct request *req = NULL;

        bytes_addf(xml, WHOLE("<sessionId>%s</sessionId>"), ids[i]);
        req = take(xml->at);
        assert_string_equal(req->info.session_id, ids[i]);
    }
}

static void dates_are_kept_as_text(void **state)
{
    static const char *const dates[] = {
        "2026-11-22T14:03:07",
        "2026-11-22T14:03:07.123456789",
        "2026-11-22T09:03:07Z",
        "2026-11-22T15:03:07+06:00",
        "2026-11-22",
        "",
        "yesterday",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        AUTO(bytes_free) struct bytes *xml = bytes_new(4096);
        AUTO(request_free) struct request *req = NULL;

        bytes_addf(xml,
                   INFO("<messageId>m</messageId><serviceId>S</serviceId>"
                        "<messageDate>%s</messageDate><sender><senderId>e</senderId></sender>"),
                   dates[i]);
        req = take(xml->at);
        assert_string_equal(req->info.message_date, dates[i]);
    }
}

static void prefixes_may_differ_and_children_may_be_qualified(void **state)
{
    (void)state;
    assert_whole("<SendMessage xmlns='" TYP_NS "'><request xmlns=''><requestInfo>"
                 "<messageId>m-1</messageId><serviceId>S</serviceId>"
                 "<sender><senderId>ekzamen</senderId></sender></requestInfo></request>"
                 "</SendMessage>");
    assert_whole("<q:SendMessage xmlns:q='" TYP_NS "'><q:request><q:requestInfo>"
                 "<q:messageId>m-1</q:messageId><q:serviceId>S</q:serviceId>"
                 "<q:sender><q:senderId>ekzamen</q:senderId></q:sender></q:requestInfo></q:request>"
                 "</q:SendMessage>");
}

static void xsi_type_on_anything_is_ignored(void **state)
{
    (void)state;
    assert_whole("<t:SendMessage xmlns:t='" TYP_NS
                 "' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
                 "xmlns:x='urn:x'><request i:type='x:Some'><requestInfo i:type='x:Other'>"
                 "<messageId i:type='x:string'>m-1</messageId><serviceId>S</serviceId>"
                 "<sender><senderId>ekzamen</senderId></sender></requestInfo>"
                 "<requestData i:type='x:Y'><data i:type='x:string'>text</data></requestData>"
                 "</request></t:SendMessage>");
}

static void data_in_a_foreign_namespace_does_no_harm(void **state)
{
    (void)state;
    assert_whole(T("<request><requestInfo><messageId>m-1</messageId><serviceId>S</serviceId>"
                   "<sender><senderId>ekzamen</senderId></sender></requestInfo><requestData>"
                   "<data xmlns='http://www.w3.org/2001/XMLSchema-instance' type='xsd:string'>"
                   "&lt;x/&gt;</data></requestData></request>"));
}

static void elements_nobody_knows_are_skipped(void **state)
{
    (void)state;
    assert_whole(WHOLE("<priority><messageId>not mine</messageId>high</priority>"));
    assert_whole(WHOLE("<x:priority xmlns:x='urn:x'><messageId>not mine</messageId></x:priority>"));
}

static void blanks_and_processing_instructions_between_elements_are_nothing(void **state)
{
    (void)state;
    assert_whole(T("\n <request>\n\t<?pi x?><requestInfo>\n <messageId>m-1</messageId> "
                   "<serviceId>S</serviceId>\r\n<sender> <senderId>ekzamen</senderId> </sender>"
                   "</requestInfo> </request> "));
}

static void an_id_and_an_href_refer_to_nothing(void **state)
{
    (void)state;
    assert_whole(T("<request><requestInfo id='i'><messageId href='#i'>m-1</messageId>"
                   "<serviceId>S</serviceId><sender id='s'><senderId>ekzamen</senderId></sender>"
                   "</requestInfo></request>"));
}

/* What is missing or wrong: a Fault that names it. */
static const struct {
    const char *message, *field, *says;
} refused[] = {
    { "", "", "no SendMessage" },
    { "<SendMessage/>", "", "no SendMessage" },
    { "<t:SendMessage xmlns:t='urn:other'/>", "", "no SendMessage" },
    { "<t:sendMessage xmlns:t='" TYP_NS "'/>", "", "no SendMessage" },
    { T(""), "requestInfo", "missing" },
    { "<t:SendMessage xmlns:t='" TYP_NS "'><request "
      "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/></t:SendMessage>",
      "requestInfo", "missing" },
    { T("<request/>"), "requestInfo", "missing" },
    { T("<request><requestData/></request>"), "requestInfo", "missing" },
    { INFO(""), "requestInfo/sender", "missing" },
    { INFO("<sender/>"), "requestInfo/messageId", "missing" },
    { INFO("<messageId> "
           "</messageId><serviceId>S</serviceId><sender><senderId>e</senderId></sender>"),
      "requestInfo/messageId", "missing" },
    { INFO("<messageId>m</messageId><sender><senderId>e</senderId></sender>"),
      "requestInfo/serviceId", "missing" },
    { INFO("<messageId>m</messageId><serviceId>S</serviceId><sender><senderId/></sender>"),
      "requestInfo/sender/senderId", "missing" },
    { INFO("<messageId>m</messageId><serviceId>S</serviceId>"), "requestInfo/sender", "missing" },
    { WHOLE("<messageId>m-2</messageId>"), "SendMessage/request/requestInfo/messageId[2]",
      "twice" },
    { WHOLE("<sender><senderId>other</senderId></sender>"),
      "SendMessage/request/requestInfo/sender[2]", "twice" },
    { T("<request><requestInfo/><requestInfo/></request>"), "SendMessage/request/requestInfo[2]",
      "twice" },
    { T("<request><requestData><data/><data/></requestData></request>"),
      "SendMessage/request/requestData/data[2]", "twice" },
    { WHOLE("") WHOLE(""), "", "more than one element" },
    { WHOLE("") "<other/>", "", "more than one element" },
    { T("<request>text<requestInfo/></request>"), "SendMessage/request", "text between" },
};

static void what_is_no_whole_send_message_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct request *req = NULL;
        struct err err = { 0 };
        enum status got = decode(shared_codec, refused[i].message, NULL, &req, &err);

        if (got != ST_FORMAT || req)
            fail_msg("%s: %s", refused[i].message, status_name(got));
        if (strcmp(err.field, refused[i].field) != 0 || !strstr(err.text, refused[i].says))
            fail_msg("%s: field %s, %s", refused[i].message, err.field, err.text);
    }
}

static void texts_of_the_envelope_have_at_most_255_characters(void **state)
{
    AUTO(bytes_free) struct bytes *id = bytes_new(1024);
    AUTO(bytes_free) struct bytes *xml = bytes_new(8192);
    AUTO(request_free) struct request *req = NULL;
    struct err err;

    (void)state;
    for (int i = 0; i < 256; i++)
        bytes_add_str(id, "ё");
    bytes_addf(xml,
               INFO("<messageId>%s</messageId><serviceId>S</serviceId><sender><senderId>e"
                    "</senderId></sender>"),
               id->at);
    assert_int_equal(decode(shared_codec, xml->at, NULL, &req, &err), ST_FORMAT);
    assert_string_equal(err.field, "requestInfo/messageId");
    assert_string_equal(err.limit, "255 characters");
    id->at[id->len - 2] = '\0'; /* one character less */
    xml->len = 0;
    bytes_addf(xml,
               INFO("<messageId>%s</messageId><serviceId>S</serviceId><sender><senderId>e"
                    "</senderId></sender>"),
               id->at);
    req = take(xml->at);
    assert_string_equal(req->info.message_id, id->at);
}

/* Messages of up to about 15 MB */
static void a_message_with_megabytes_of_text_in_data_is_read(void **state)
{
    enum { BIG = 15 << 20 };
    AUTO(bytes_free) struct bytes *xml = bytes_new(BIG + 4096);
    char *at;

    (void)state;
    bytes_add_str(xml, T("<request><requestInfo><messageId>m-1</messageId><serviceId>S</serviceId>"
                         "<sender><senderId>ekzamen</senderId></sender></requestInfo><requestData>"
                         "<data>"));
    xml->len -= strlen("</t:SendMessage>");
    at = bytes_extend(xml, BIG);
    memset(at, 'x', BIG);
    bytes_add_str(xml, "</data></requestData></request></t:SendMessage>");
    assert_whole(xml->at);
}

static void an_engine_that_failed_reads_the_next_message(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct request *req = NULL;
        struct err err;

        assert_int_equal(decode(shared_codec, T("<request><requestInfo/><requestInfo/></request>"),
                                NULL, &req, &err),
                         ST_FORMAT);
        assert_whole(WHOLE(""));
    }
}

static void sample_messages_of_the_gateway_s_owner_are_read(void **state)
{
    static const char *const names[] = { "gost2004_request.xml", "rsa_request.xml" };
    static const struct signer signer = { .iin = "" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO(bytes_free) struct bytes *body = body_of_vector(names[i]);
        AUTO(request_free) struct request *req = NULL;
        struct parts parts = { .signer = &signer };
        struct err err;

        if (!body) {
            print_message("SKIP: %s: no ../shared\n", names[i]);
            skip();
        }
        parts.body = bytes_slice(body);
        if (soap_decode_parts(shared_codec, &parts, &req, &err) != ST_OK)
            fail_msg("%s: %s", names[i], err.text);
        print_message("%s: messageId %s, serviceId %s, sender %s\n", names[i], req->info.message_id,
                      req->info.service_id, req->info.sender_id);
        assert_string_not_equal(req->info.message_id, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync_message_info_is_read_field_by_field),
        cmocka_unit_test(the_order_of_elements_need_not_be_that_of_the_xsd),
        cmocka_unit_test(an_empty_correlation_id_is_as_none),
        cmocka_unit_test(an_empty_route_id_is_as_none),
        cmocka_unit_test(empty_properties_are_as_none),
        cmocka_unit_test(properties_longer_than_the_xsd_says_pass),
        cmocka_unit_test(session_ids_come_as_they_are),
        cmocka_unit_test(dates_are_kept_as_text),
        cmocka_unit_test(prefixes_may_differ_and_children_may_be_qualified),
        cmocka_unit_test(xsi_type_on_anything_is_ignored),
        cmocka_unit_test(data_in_a_foreign_namespace_does_no_harm),
        cmocka_unit_test(elements_nobody_knows_are_skipped),
        cmocka_unit_test(blanks_and_processing_instructions_between_elements_are_nothing),
        cmocka_unit_test(an_id_and_an_href_refer_to_nothing),
        cmocka_unit_test(what_is_no_whole_send_message_is_refused_by_name),
        cmocka_unit_test(texts_of_the_envelope_have_at_most_255_characters),
        cmocka_unit_test(a_message_with_megabytes_of_text_in_data_is_read),
        cmocka_unit_test(an_engine_that_failed_reads_the_next_message),
        cmocka_unit_test(sample_messages_of_the_gateway_s_owner_are_read),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
