/* Texts that LDAP understands, out of texts that strangers wrote: names (RFC 4514) and filters
 * (RFC 4515), escaped by libldap's own functions. For src/rest only. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

enum { LDAP_NAME_BYTES = 2048 }; /* of a distinguished name, with NUL */

/* A name as LDAP writes it, and with its parts the other way round: certificates put the country
 * first, directories last, and nobody says which of them a JWS' iss is (C-09). */
struct ldap_names {
    char straight[LDAP_NAME_BYTES];
    char reversed[LDAP_NAME_BYTES];
};
/* false: it is not a distinguished name, or its text is too long. */
bool ldap_names_of(struct slice name, struct ldap_names *ret);

/* The template with {kid} and {iss} in the values' escaped form. ST_INPUT: another {word}, or a
 * filter over 4,096 bytes. *ret_filter is the caller's. */
MUST_USE enum status ldap_filter_of(const char *template, struct slice kid, struct slice iss,
                                    struct bytes **ret_filter, struct err *err);
/* ST_INPUT: what comes of the template is not a filter. */
MUST_USE enum status ldap_filter_check(const char *template, struct err *err);
