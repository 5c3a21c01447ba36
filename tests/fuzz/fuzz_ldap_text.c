/* Fuzzes what a JWS puts into an LDAP question: its iss as a name, kid and iss as parts of a
 * filter. The input is iss, after its first line, which is kid. */
#include "fuzz.h"

#include "rest/ldap_text.h"

bool fuzz_take(struct slice in)
{
    const char *end = memchr(in.at, '\n', in.len);
    const size_t len = end ? (size_t)(end - in.at) : 0;
    const struct slice kid = { in.at, len };
    const struct slice iss = slice_skip(in, end ? len + 1 : 0);
    AUTO(bytes_free) struct bytes *filter = NULL;
    struct ldap_names names;
    struct err err = { 0 };

    bool is_name = ldap_names_of(iss, &names);
    if (is_name)
        promise(memchr(names.straight, '\0', sizeof(names.straight)) &&
                memchr(names.reversed, '\0', sizeof(names.reversed)));
    enum status status =
        ldap_filter_of("(&(cn={iss})(serialNumber={kid}))", kid, iss, &filter, &err);
    promise((status == ST_OK) == (filter != NULL) && (status == ST_OK || err.text[0] != '\0'));
    if (filter) /* no value closes its bracket */
        promise(filter->at[filter->len - 1] == ')' && !memchr(filter->at, '\0', filter->len));
    return is_name && filter;
}
