/* ЦОИД (Центр обмена идентификационными данными) of the sandbox: its REST API over mutual TLS with
 * signed answers, as seeds 002 (section 6, annexes 2 to 4) and 003 (section 9) have it.
 * Thread-safe.
 *
 *   POST /identity/1.1.0/verify?iin=&vendor=   a comparison: billed, once for each new key
 *   GET  /identity/1.1.0/verify                its result again, by its key
 *   POST /identity/1.1.0/data, personal_data, personel_data [?mcdb=1]
 *   GET  /identity/1.1.0/vendors, news
 *   GET  /identity/1.1.0/report/transactions/FROM/TO, actdetail/YEAR/MONTH, act/YEAR/MONTH
 *
 * Every 200 carries x-jws-signature over its very bytes. Whoever shows no client certificate gets
 * 400, as does one that has expired or is another authority's, and a wrong JWS. What is asked for
 * is what the people of sandbox/centre_people.h and the faults of sandbox/centre_faults.h make of
 * it.
 *
 * Control, on the authority's own listener (sandbox/authority.h), not on ЦОИД's:
 *
 *   GET  /coid/          people and faults, as text
 *   GET  /coid/people    {"NAME":"IIN",…}
 *   GET  /coid/bills     {"comparisons":N,"repeats":N,"requests":{…},"keys":{KEY:N,…}}
 *   POST /coid/fault?operation=O&fault=F[&times=N][&ms=N]   the next N answers of O
 *   POST /coid/fault?operation=O&fault=none    its next answers are good again
 *   POST /coid/clock?shift_s=N                 ЦОИД's clock runs N seconds ahead of ours
 *   POST /coid/reset                           no faults, our clock, no comparisons */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "crypto/jws.h"
#include "http/http.h"
#include "sandbox/pki.h"

struct centre;

#define CENTRE_ROOT "/identity/1.1.0"

/* Borrowed for the centre's life, but for listen. */
struct centre_params {
    const struct pki *pki;
    const struct family *family; /* that signs the answers: gost2015 or gost2004 */
    const char *listen;          /* "127.0.0.1:0"; NULL: the port after the authority's base URL's,
                                    or a free one when that is taken */
    struct jws_settings jws;     /* of the answers; its input also of the requests */
    const struct clock *clock;
};

/* Binds and serves in a thread of its own. ST_INPUT: an address that cannot be used, a folder
 * without ЦОИД's keys, bills that cannot be read. *ret_centre is the caller's: centre_free(). */
MUST_USE enum status centre_new(const struct centre_params *params, struct centre **ret_centre,
                                struct err *err);
/* Stops it first; what it holds back is answered by a reset. NULL is fine. */
void centre_free(struct centre *centre);
DEFINE_AUTO(struct centre, centre_free)

uint16_t centre_port(const struct centre *centre);
/* https://HOST:PORT/identity/1.1.0; borrowed. */
const char *centre_url(const struct centre *centre);

/* path is one of the control's. */
bool centre_owns(struct slice path);
/* Answers a request of the control. On any thread. */
void centre_control(struct centre *centre, struct http_request *request);
