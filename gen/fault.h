/* soapcpp2's input beside the contract: a SOAP 1.1 Fault with the prefix `soap` that verifiers in
 * the field look for; gSOAP's own would be SOAP-ENV. */
#include "gen/data.h"
#import "contract.h"

//gsoap soap  schema namespace: http://schemas.xmlsoap.org/soap/envelope/
//gsoap soap  schema form: unqualified

struct soap__Detail
{
    struct com__ErrorInfo *typ__SendMessageFault1_USCORESendMessageFault 1;
};

struct _soap__Fault
{
    char *faultcode 1;
    char *faultstring 1;
    struct soap__Detail *detail 1;
};
