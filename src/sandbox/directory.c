#include "sandbox/directory.h"

#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/encode.h"
#include "sandbox/family.h"
#include "sandbox/file.h"

enum { CERT_MAX = 65536, LDIF_MAX = 1 << 20, NAME_TEXT = 512 };

/* name:: base64, for what may be other than ASCII (RFC 2849). */
static void add_value(struct bytes *ldif, const char *name, struct slice value)
{
    AUTO(bytes_free) struct bytes *text = base64_encode(value);

    bytes_addf(ldif, "%s:: %s\n", name, text ? text->at : "");
    if (!text)
        ldif->failed = true;
}

static void add_entry(struct bytes *ldif, const char *dn, const char *classes)
{
    add_value(ldif, "dn", slice_str(dn));
    bytes_add_str(ldif, classes);
}

/* The entries on the way to the holder's own, and that one's head. */
static void add_path(struct bytes *ldif, const struct entity *holder)
{
    char dn[NAME_TEXT], unit[64];

    (void)text_format(unit, sizeof(unit), "BIN%s", holder->bin);
    bytes_add_str(ldif, "dn: c=KZ\nobjectClass: country\nc: KZ\n\n");
    (void)text_format(dn, sizeof(dn), "o=%s,c=KZ", holder->organisation);
    add_entry(ldif, dn, "objectClass: organization\n");
    add_value(ldif, "o", slice_str(holder->organisation));
    (void)text_format(dn, sizeof(dn), "ou=%s,o=%s,c=KZ", unit, holder->organisation);
    bytes_add_str(ldif, "\n");
    add_entry(ldif, dn, "objectClass: organizationalUnit\n");
    add_value(ldif, "ou", slice_str(unit));
    (void)text_format(dn, sizeof(dn), "cn=%s,ou=%s,o=%s,c=KZ", holder->common_name, unit,
                      holder->organisation);
    bytes_add_str(ldif, "\n");
    add_entry(ldif, dn, "objectClass: device\nobjectClass: pkiUser\n");
    add_value(ldif, "cn", slice_str(holder->common_name));
}

static enum status add_cert(struct bytes *ldif, const char *dir, const char *name, struct err *err)
{
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *pem = NULL;
    AUTO(cert_free) struct cert *cert = NULL;

    TRY(file_path(path, dir, name, err));
    TRY(file_read(path, CERT_MAX, &pem, err));
    TRY(cert_parse(bytes_slice(pem), &cert, err));
    add_value(ldif, "userCertificate;binary", cert_der(cert));
    return ST_OK;
}

enum status directory_write(const char *dir, struct err *err)
{
    char path[FILE_PATH_MAX], name[128];
    AUTO(bytes_free) struct bytes *ldif = bytes_new(LDIF_MAX);
    bool begun = false;

    if (!ldif)
        return RAISE(err, ST_NOMEM, "out of memory");
    for (size_t i = 0; i < HOLDER_COUNT; i++) {
        if (!holders[i].in_directory)
            continue;
        if (!begun) /* they are of one name */
            add_path(ldif, &holders[i]);
        begun = true;
        for (size_t f = 0; f < FAMILY_COUNT; f++) {
            (void)text_format(name, sizeof(name), "%s/%s.pem", families[f].name, holders[i].name);
            if (family_has(&families[f], &holders[i]))
                TRY(add_cert(ldif, dir, name, err));
        }
    }
    TRY(bytes_check(ldif, DIRECTORY_FILE, err));
    TRY(file_path(path, dir, DIRECTORY_FILE, err));
    return file_write(path, bytes_slice(ldif), 0644, err);
}
