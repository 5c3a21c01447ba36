#include "rest/ldap_text.h"

#include "base/text.h"

#include <ctype.h>
#include <ldap.h>

enum { FILTER_BYTES = 4096 };

static void free_dn(LDAPRDN *dn)
{
    ldap_dnfree(dn);
}

static void free_text(char *text)
{
    ldap_memfree(text);
}

static void hang_up(LDAP *ld)
{
    (void)ldap_unbind_ext(ld, NULL, NULL);
}

DEFINE_AUTO(LDAPRDN, free_dn)
DEFINE_AUTO(char, free_text)
DEFINE_AUTO(LDAP, hang_up)

static struct berval berval_of(struct slice text)
{
    return (struct berval){ .bv_len = text.len, .bv_val = (char *)text.at };
}

/* ---- names ---- */

static bool write_name(LDAPDN dn, char dst[LDAP_NAME_BYTES])
{
    AUTO(free_text) char *text = NULL;

    return ldap_dn2str(dn, &text, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && text &&
           text_copy(dst, LDAP_NAME_BYTES, text);
}

static void reverse(LDAPDN dn)
{
    size_t count = 0;

    while (dn[count])
        count++;
    for (size_t i = 0; i < count / 2; i++) {
        LDAPRDN kept = dn[i];
        dn[i] = dn[count - 1 - i];
        dn[count - 1 - i] = kept;
    }
}

bool ldap_names_of(struct slice name, struct ldap_names *ret)
{
    char copy[LDAP_NAME_BYTES]; /* libldap 2.5 reads on behind the length, to a NUL */
    AUTO(free_dn) LDAPDN dn = NULL;

    if (name.len == 0 || memchr(name.at, '\0', name.len) ||
        !text_copy_slice(copy, sizeof(copy), name))
        return false;
    struct berval text = berval_of(slice_str(copy));
    if (ldap_bv2dn(&text, &dn, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS || !dn ||
        !write_name(dn, ret->straight))
        return false;
    reverse(dn);
    return write_name(dn, ret->reversed);
}

/* ---- filters ---- */

static enum status add_escaped(struct bytes *filter, struct slice value, struct err *err)
{
    struct berval in = berval_of(value);
    struct berval out = { 0 };

    if (value.len == 0)
        return ST_OK;
    if (ldap_bv2escaped_filter_value(&in, &out) != 0)
        return RAISE(err, ST_NOMEM, "LDAP filter: out of memory");
    bytes_add(filter, slice_mem(out.bv_val, out.bv_len));
    if (out.bv_val != in.bv_val) /* nothing to escape: the value itself */
        ldap_memfree(out.bv_val);
    return ST_OK;
}

enum status ldap_filter_of(const char *template, struct slice kid, struct slice iss,
                           struct bytes **ret_filter, struct err *err)
{
    enum { WORDS = 2 };
    const struct {
        struct slice word;
        struct slice value;
    } words[WORDS] = { { SLICE("{kid}"), kid }, { SLICE("{iss}"), iss } };
    AUTO(bytes_free) struct bytes *filter = bytes_new(FILTER_BYTES);
    struct slice rest = slice_str(template);

    if (!filter)
        return RAISE(err, ST_NOMEM, "LDAP filter: out of memory");
    while (rest.len > 0) {
        size_t which = 0;
        while (which < WORDS && !slice_starts(rest, words[which].word))
            which++;
        if (which < WORDS) {
            TRY(add_escaped(filter, words[which].value, err));
            rest = slice_skip(rest, words[which].word.len);
            continue;
        }
        if (rest.at[0] == '{' && isalpha((unsigned char)rest.at[1])) /* a blank follows GSER's */
            return RAISE(err, ST_INPUT, "LDAP filter: only {kid} and {iss} stand in braces");
        bytes_add(filter, (struct slice){ rest.at, 1 });
        rest = slice_skip(rest, 1);
    }
    if (filter->failed)
        return RAISE_CAUSE(err, ST_INPUT, NULL, NULL, "4096 bytes", "LDAP filter: over %d bytes",
                           FILTER_BYTES);
    *ret_filter = TAKE(filter);
    return ST_OK;
}

/* libldap reads a filter on the way to a server, so one is asked that cannot be there. */
static bool is_filter(const char *text)
{
    AUTO(hang_up) LDAP *ld = NULL;
    int id = 0;

    return ldap_initialize(&ld, "ldapi://%2Fdev%2Fnull%2Fnowhere") == LDAP_SUCCESS &&
           ldap_search_ext(ld, "", LDAP_SCOPE_BASE, text, NULL, 0, NULL, NULL, NULL, 0, &id) !=
               LDAP_FILTER_ERROR;
}

enum status ldap_filter_check(const char *template, struct err *err)
{
    AUTO(bytes_free) struct bytes *filter = NULL;

    TRY(ldap_filter_of(template, SLICE("1a"), SLICE("CN=x"), &filter, err));
    if (!filter || !is_filter(filter->at))
        return RAISE(err, ST_INPUT, "LDAP filter: «%.80s» is not a filter of RFC 4515", template);
    return ST_OK;
}
