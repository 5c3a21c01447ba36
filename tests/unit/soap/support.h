/* What the tests of soap share: canonical XML out of readable XML, and judgement by our own XSDs.
 */
#pragma once

#include "soap/decode.h"

#define SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define TYP_NS "http://bip.bee.kz/SyncChannel/v10/Types"
#define SIGNING_NS "urn:shep-adapter:signing:1"
#define COID_NS "urn:shep-adapter:coid:1"

/* Four engines, 50 documents of 1 MiB together, a photo of 1 MiB. Fails the test when it cannot. */
struct codec *new_codec(void);

/* One for all tests of a program, with Astana's zone: the setup and teardown of their group. */
extern struct codec *shared_codec;
int open_codec(void **state);
int close_codec(void **state);

/* Exclusive C14N, as wsse hands it out. The caller's. */
struct bytes *canonical(const char *xml);

/* The canonical Body of an envelope in a file of SHEP_SHARED/vectors/wsse; NULL when it is not
 * there. */
struct bytes *body_of_vector(const char *name);

/* Decodes the Body given as SendMessage's XML and the payload's XML (NULL: none). */
enum status decode(struct codec *codec, const char *send_message, const char *payload,
                   struct request **ret, struct err *err);

/* A SendMessage whose requestInfo is whole, with `data` as given. */
#define MESSAGE(data)                                                                              \
    "<t:SendMessage xmlns:t='" TYP_NS "'><request><requestInfo>"                                   \
    "<messageId>m-1</messageId><serviceId>EGOVMOBILE_QR_SIGN_SERVICE</serviceId>"                  \
    "<messageDate>2026-11-22T14:03:07+05:00</messageDate>"                                         \
    "<sender><senderId>ekzamen</senderId><password>secret</password></sender>"                     \
    "</requestInfo><requestData>" data "</requestData></request></t:SendMessage>"

/* Fails the test unless xml is valid by wsdl/: its root when that is declared there, else (a Fault)
 * the one element of its detail. */
void assert_valid(struct slice xml);
/* The text of the first element with that local name, the caller's; NULL when there is none. */
struct bytes *text_of(struct slice xml, const char *name);
/* How many elements have that local name. */
size_t count_of(struct slice xml, const char *name);
