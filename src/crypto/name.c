/* Distinguished names: as text for people, and compared with what gateways write for one. */
#include "base/text.h"
#include "crypto/cert_impl.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <strings.h>

enum {
    NAME_MAX_TEXT = 4096, /* bytes of a name's text */
    NAME_MAX_PARTS = 32,
    TYPE_MAX = 64,
};

void name_text(const X509_NAME *name, char *dst, size_t size)
{
    /* The certificate's own order; UTF-8 as it is, only control characters escaped. */
    const unsigned long flags =
        XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_ESC_CTRL;
    AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
    char *at = NULL;

    dst[0] = '\0';
    if (!out || X509_NAME_print_ex(out, name, 0, flags) < 0)
        return;
    long len = BIO_get_mem_data(out, &at);
    if (len > 0 && text_is_utf8(slice_mem(at, (size_t)len)))
        text_copy_slice(dst, size, slice_mem(at, (size_t)len));
}

/* One attribute of a written name; texts lie in the parser's buffer. */
struct part {
    char type[OID_TEXT]; /* dotted */
    struct slice value;  /* unescaped, white space folded */
    bool hex;            /* #…: the value's DER */
    bool taken;
};

struct name_parser {
    struct slice rest;
    char separator; /* '/' or ','; with ',' also ';' and '+' */
    char buffer[NAME_MAX_TEXT];
    size_t used;
    struct part parts[NAME_MAX_PARTS];
    size_t count;
};

/* Names that others use and OpenSSL does not. */
static const struct {
    const char *name;
    int nid;
} aliases[] = {
    { "E", NID_pkcs9_emailAddress },
    { "EMAIL", NID_pkcs9_emailAddress },
    { "S", NID_stateOrProvinceName },
    { "G", NID_givenName },
    { "T", NID_title },
};

static int nid_of_name(const char *name)
{
    static const int usual[] = {
        NID_commonName,
        NID_surname,
        NID_serialNumber,
        NID_countryName,
        NID_localityName,
        NID_stateOrProvinceName,
        NID_streetAddress,
        NID_organizationName,
        NID_organizationalUnitName,
        NID_givenName,
        NID_title,
        NID_pkcs9_emailAddress,
        NID_domainComponent,
        NID_userId,
        NID_businessCategory,
        NID_initials,
        NID_description,
        NID_name,
    };

    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (strcasecmp(aliases[i].name, name) == 0)
            return aliases[i].nid;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strcasecmp(OBJ_nid2sn(usual[i]), name) == 0 ||
            strcasecmp(OBJ_nid2ln(usual[i]), name) == 0)
            return usual[i];
    return NID_undef;
}

/* A short name, a long name, 1.2.3 or OID.1.2.3; false: none of them. */
static bool read_type(struct slice type, char dst[OID_TEXT])
{
    char name[TYPE_MAX];

    if (type.len == 0 || !text_copy_slice(name, sizeof(name), type))
        return false;
    int nid = nid_of_name(name);
    if (nid != NID_undef) {
        oid_text(OBJ_nid2obj(nid), dst);
        return true;
    }
    const char *dotted = strncasecmp(name, "OID.", 4) == 0 ? name + 4 : name;
    AUTO(ASN1_OBJECT_free) ASN1_OBJECT *object = OBJ_txt2obj(dotted, 1);
    ERR_clear_error();
    oid_text(object, dst);
    return dst[0] != '\0';
}

/* Whether text begins with «type =»: only then the separator before it was one. */
static bool starts_part(struct slice text)
{
    struct slice at = slice_trim(text);
    size_t n = 0;

    while (n < at.len && (isalnum((unsigned char)at.at[n]) || at.at[n] == '.' || at.at[n] == '-'))
        n++;
    if (n == 0)
        return false;
    at = slice_skip(at, n);
    while (at.len > 0 && at.at[0] == ' ')
        at = slice_skip(at, 1);
    return at.len > 0 && at.at[0] == '=';
}

static bool at_separator(const struct name_parser *p)
{
    char c = p->rest.at[0];
    bool known = p->separator == '/' ? c == '/' : c == ',' || c == ';' || c == '+';

    return known && starts_part(slice_skip(p->rest, 1));
}

static int hex_pair(struct slice s)
{
    int high = s.len >= 2 ? text_hex_digit(s.at[0]) : -1;
    int low = high >= 0 ? text_hex_digit(s.at[1]) : -1;

    return low >= 0 ? high << 4 | low : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void put_byte(struct name_parser *p, char c)
{
    if (p->used < sizeof(p->buffer))
        p->buffer[p->used++] = c;
}

/* Writes c; a run of white space becomes one space, none at the beginning. */
static void put(struct name_parser *p, size_t from, char c)
{
    if (!is_blank(c))
        put_byte(p, c);
    else if (p->used > from && p->buffer[p->used - 1] != ' ')
        put_byte(p, ' ');
}

/* The escape after a backslash: \XX or \c. false: nothing follows. */
static bool take_escape(struct name_parser *p, size_t from)
{
    p->rest = slice_skip(p->rest, 1);
    if (p->rest.len == 0)
        return false;
    int byte = hex_pair(p->rest);
    if (byte >= 0)
        put(p, from, (char)byte);
    else
        put(p, from, p->rest.at[0]);
    p->rest = slice_skip(p->rest, byte >= 0 ? 2 : 1);
    return true;
}

/* "…": RFC 2253 section 4 escapes with \, others double the quote. */
static bool take_quoted(struct name_parser *p, size_t from)
{
    p->rest = slice_skip(p->rest, 1);
    while (p->rest.len > 0) {
        char c = p->rest.at[0];
        if (c == '\\') {
            if (!take_escape(p, from))
                return false;
            continue;
        }
        p->rest = slice_skip(p->rest, 1);
        if (c == '"') {
            if (p->rest.len == 0 || p->rest.at[0] != '"')
                return true;
            p->rest = slice_skip(p->rest, 1);
        }
        put(p, from, c);
    }
    return false;
}

static bool take_plain(struct name_parser *p, size_t from)
{
    while (p->rest.len > 0 && !at_separator(p)) {
        if (p->rest.at[0] == '\\') {
            if (!take_escape(p, from))
                return false;
            continue;
        }
        put(p, from, p->rest.at[0]);
        p->rest = slice_skip(p->rest, 1);
    }
    return true;
}

static bool take_hex(struct name_parser *p)
{
    p->rest = slice_skip(p->rest, 1);
    for (int byte; (byte = hex_pair(p->rest)) >= 0; p->rest = slice_skip(p->rest, 2))
        put_byte(p, (char)byte);
    return true;
}

static void skip_blanks(struct name_parser *p)
{
    while (p->rest.len > 0 && isspace((unsigned char)p->rest.at[0]))
        p->rest = slice_skip(p->rest, 1);
}

static bool is_quoted(const struct name_parser *p)
{
    return p->rest.len > 0 && p->rest.at[0] == '"';
}

static bool take_value(struct name_parser *p, struct part *part)
{
    size_t from = p->used;

    skip_blanks(p);
    part->hex = p->rest.len > 2 && p->rest.at[0] == '#' && hex_pair(slice_skip(p->rest, 1)) >= 0;
    bool whole = part->hex      ? take_hex(p)
                 : is_quoted(p) ? take_quoted(p, from)
                                : take_plain(p, from);
    if (!whole || p->used == sizeof(p->buffer))
        return false;
    if (!part->hex)
        while (p->used > from && p->buffer[p->used - 1] == ' ')
            p->used--;
    part->value = slice_mem(p->buffer + from, p->used - from);
    skip_blanks(p);
    return p->rest.len == 0 || at_separator(p);
}

static bool take_part(struct name_parser *p)
{
    const char *equals = memchr(p->rest.at, '=', p->rest.len);
    struct part *part = &p->parts[p->count];

    if (!equals || p->count == NAME_MAX_PARTS)
        return false;
    struct slice type = slice_mem(p->rest.at, (size_t)(equals - p->rest.at));
    *part = (struct part){ 0 };
    p->rest = slice_skip(p->rest, type.len + 1);
    if (!read_type(slice_trim(type), part->type) || !take_value(p, part))
        return false;
    p->count++;
    if (p->rest.len > 0)
        p->rest = slice_skip(p->rest, 1);
    return true;
}

static bool parse(struct name_parser *p, struct slice text)
{
    p->rest = slice_trim(text);
    p->separator = ',';
    if (p->rest.len > 0 && p->rest.at[0] == '/') {
        p->separator = '/';
        p->rest = slice_skip(p->rest, 1);
    }
    while (p->rest.len > 0)
        if (!take_part(p))
            return false;
    return p->count > 0;
}

/* White space folded as put() does it. */
static struct slice fold(struct slice in, char *dst, size_t size)
{
    size_t len = 0;

    in = slice_trim(in);
    for (size_t i = 0; i < in.len && len < size; i++) {
        if (!is_blank(in.at[i]))
            dst[len++] = in.at[i];
        else if (len > 0 && dst[len - 1] != ' ')
            dst[len++] = ' ';
    }
    return slice_mem(dst, len);
}

static bool value_equals(const ASN1_STRING *value, const struct part *part)
{
    AUTO(der_free) unsigned char *bytes = NULL;
    char folded[NAME_MAX_TEXT];

    if (part->hex) {
        int len = i2d_ASN1_PRINTABLE(value, &bytes);
        ERR_clear_error();
        return len > 0 && slice_eq(slice_mem(bytes, (size_t)len), part->value);
    }
    int len = ASN1_STRING_to_UTF8(&bytes, value);
    ERR_clear_error();
    if (len < 0 || (size_t)len > sizeof(folded))
        return false;
    return slice_eq(fold(slice_mem(bytes, (size_t)len), folded, sizeof(folded)), part->value);
}

static bool take_match(struct name_parser *p, const X509_NAME_ENTRY *entry)
{
    char type[OID_TEXT];

    oid_text(X509_NAME_ENTRY_get_object(entry), type);
    for (size_t i = 0; i < p->count; i++) {
        struct part *part = &p->parts[i];
        if (part->taken || strcmp(part->type, type) != 0 ||
            !value_equals(X509_NAME_ENTRY_get_data(entry), part))
            continue;
        part->taken = true;
        return true;
    }
    return false;
}

bool name_equals_text(const X509_NAME *name, struct slice text)
{
    struct name_parser parser = { 0 };
    int entries = X509_NAME_entry_count(name);

    if (text.len > NAME_MAX_TEXT || !parse(&parser, text) || entries < 0 ||
        (size_t)entries != parser.count)
        return false;
    for (int i = 0; i < entries; i++)
        if (!take_match(&parser, X509_NAME_get_entry(name, i)))
            return false;
    return true;
}
