#include "soap/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS "https://shep.example.kz:8443/shep/SyncChannel"

static const char *const files[] = { "SyncChannel.wsdl",
                                     "SyncChannelInterface.wsdl",
                                     "SyncChannelTypes.xsd",
                                     "SyncChannelRequest.xsd",
                                     "SyncChannelResponse.xsd",
                                     "SyncChannelCommon.xsd",
                                     "signing.xsd",
                                     "coid.xsd",
                                     "common.xsd" };
enum { FILE_COUNT = sizeof(files) / sizeof(files[0]) };

static struct bytes *contract(const char *name, const char *address)
{
    struct bytes *text = NULL;
    struct err err;

    if (soap_contract(slice_str(name), address, &text, &err) != ST_OK)
        fail_msg("%s: %s", name, err.text);
    return text;
}

static void every_file_of_the_contract_is_served(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        AUTO(bytes_free) struct bytes *text = contract(files[i], ADDRESS);

        assert_true(slice_starts(bytes_slice(text), SLICE("<?xml version=\"1.0\"")));
        (void)count_of(bytes_slice(text), "documentation"); /* fails when it is no XML */
    }
}

static void the_wsdl_names_the_address_as_the_caller_reached_it(void **state)
{
    AUTO(bytes_free) struct bytes *wsdl = contract("SyncChannel.wsdl", ADDRESS);
    AUTO(bytes_free) struct bytes *interface = contract("SyncChannelInterface.wsdl", ADDRESS);
    AUTO(bytes_free)
    struct bytes *prefixed =
        contract("SyncChannel.wsdl", "http://h/behind/a/proxy/shep/SyncChannel");
    AUTO(bytes_free) struct bytes *nasty = contract("SyncChannel.wsdl", "http://h/?a=\"<&");

    (void)state;
    assert_non_null(strstr(wsdl->at, "<soap:address location=\"" ADDRESS "\"/>"));
    assert_null(strstr(wsdl->at, "localhost"));
    assert_non_null(strstr(
        wsdl->at, " location=\"https://shep.example.kz:8443/wsdl/SyncChannelInterface.wsdl\"/>"));
    assert_non_null(
        strstr(interface->at, "schemaLocation=\"https://shep.example.kz:8443/wsdl/signing.xsd\""));
    assert_non_null(
        strstr(interface->at, "schemaLocation=\"https://shep.example.kz:8443/wsdl/coid.xsd\""));
    assert_non_null(strstr(prefixed->at, "\"http://h/behind/a/proxy/wsdl/SyncChannelInterface"));
    assert_non_null(strstr(nasty->at, "location=\"http://h/?a=&quot;&lt;&amp;\""));
}

static void what_is_no_file_of_the_contract_is_not_found(void **state)
{
    static const char *const names[] = { "", "x.xsd", "../wsdl/signing.xsd", "signing.xsd/",
                                         "SIGNING.XSD" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct bytes *text = NULL;
        struct err err;

        assert_int_equal(soap_contract(slice_str(names[i]), ADDRESS, &text, &err), ST_NOT_FOUND);
    }
}

/* The names of shep-contract.md section 1: what is served is what the tools of partners look for.
 */
static void names_and_namespaces_are_those_of_the_published_contract(void **state)
{
    static const struct {
        const char *file, *holds;
    } cases[] = {
        { "SyncChannel.wsdl",
          "targetNamespace=\"http://bip.bee.kz/SyncChannel/v10/Interfaces/Binding2\"" },
        { "SyncChannel.wsdl", "<wsdl:binding name=\"SyncChannelHttpBinding\"" },
        { "SyncChannel.wsdl", "<wsdl:service name=\"ISyncChannelHttpService\">" },
        { "SyncChannel.wsdl", "<wsdl:port name=\"SyncChannelHttpPort\"" },
        { "SyncChannel.wsdl", "soapAction=\"\" style=\"document\"" },
        { "SyncChannelInterface.wsdl",
          "targetNamespace=\"http://bip.bee.kz/SyncChannel/v10/Interfaces\"" },
        { "SyncChannelInterface.wsdl", "<wsdl:portType name=\"ISyncChannel\">" },
        { "SyncChannelInterface.wsdl",
          "part name=\"SendMessageParameters\" element=\"t:SendMessage\"" },
        { "SyncChannelInterface.wsdl",
          "part name=\"SendMessageResult\" element=\"t:SendMessageResponse\"" },
        { "SyncChannelInterface.wsdl",
          "part name=\"sendMessageFault\" element=\"t:SendMessageFault1_SendMessageFault\"" },
        { "SyncChannelTypes.xsd", "targetNamespace=\"http://bip.bee.kz/SyncChannel/v10/Types\"" },
        { "SyncChannelRequest.xsd",
          "targetNamespace=\"http://bip.bee.kz/SyncChannel/v10/Types/Request\"" },
        { "SyncChannelResponse.xsd",
          "targetNamespace=\"http://bip.bee.kz/SyncChannel/v10/Types/Response\"" },
        { "SyncChannelCommon.xsd", "targetNamespace=\"http://bip.bee.kz/common/v10/Types\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(bytes_free) struct bytes *text = contract(cases[i].file, ADDRESS);

        if (!strstr(text->at, cases[i].holds))
            fail_msg("%s: no %s", cases[i].file, cases[i].holds);
    }
}

/* A wrapped message is valid, and so is what the XSD's facets are there for. */
static void the_xsds_judge_as_the_table_of_the_contract_says(void **state)
{
    (void)state;
    assert_valid(slice_str(MESSAGE("")));
    assert_valid(slice_str(MESSAGE("<data>text</data>")));
    assert_valid(slice_str("<t:SendMessage xmlns:t='" TYP_NS
                           "' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>"
                           "<request i:nil='true'/></t:SendMessage>"));
    assert_valid(slice_str(MESSAGE("<data><s:getSigningStatus xmlns:s='" SIGNING_NS
                                   "'><signingSessionId>0193a5c0-7b2e-7c3d-8e4f-0123456789ab"
                                   "</signingSessionId></s:getSigningStatus></data>")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_of_the_contract_is_served),
        cmocka_unit_test(the_wsdl_names_the_address_as_the_caller_reached_it),
        cmocka_unit_test(what_is_no_file_of_the_contract_is_not_found),
        cmocka_unit_test(names_and_namespaces_are_those_of_the_published_contract),
        cmocka_unit_test(the_xsds_judge_as_the_table_of_the_contract_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
