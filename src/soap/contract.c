/* The contract as partners fetch it: the files of wsdl/ with the address as the caller reached it.
 */
#include "soap/soap.h"

#include "base/embedded.h"

#define PLACEHOLDER "http://localhost:8443/shep/SyncChannel" /* in SyncChannel.wsdl */
#define SERVICE_PATH "/shep/SyncChannel"
#define CONTRACT_PATH "/wsdl/"

enum { MAX_ADDRESS = 2048, MAX_FILE = 1 << 20 };

extern const struct embedded contract_files[];

/* scheme://host[/prefix], where /wsdl/ stands beside /shep/SyncChannel. */
static struct slice base_of(struct slice address)
{
    struct slice path = SLICE(SERVICE_PATH);

    if (address.len >= path.len && slice_eq(slice_skip(address, address.len - path.len), path))
        address.len -= path.len;
    while (address.len && address.at[address.len - 1] == '/')
        address.len--;
    return address;
}

/* Stand before the names of neighbours: these become addresses, since the WSDL is served elsewhere
 * (?wsdl) than the files beside it. */
static const struct slice markers[] = {
    SLICE("schemaLocation=\""),
    SLICE("Interfaces\" location=\""),
};

static const struct slice *marker_at(struct slice s)
{
    for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++)
        if (slice_starts(s, markers[i]))
            return &markers[i];
    return NULL;
}

static void copy_with_addresses(struct bytes *out, struct slice file, struct slice address)
{
    struct slice base = base_of(address), placeholder = SLICE(PLACEHOLDER);

    while (file.len) {
        const struct slice *marker = marker_at(file);
        if (slice_starts(file, placeholder)) {
            bytes_add_xml(out, address);
            file = slice_skip(file, placeholder.len);
        } else if (marker) {
            bytes_add(out, *marker);
            bytes_add_xml(out, base);
            bytes_add(out, SLICE(CONTRACT_PATH));
            file = slice_skip(file, marker->len);
        } else {
            bytes_add(out, (struct slice){ file.at, 1 });
            file = slice_skip(file, 1);
        }
    }
}

enum status soap_contract(struct slice name, const char *address, struct bytes **ret,
                          struct err *err)
{
    const struct embedded *file = embedded_find(contract_files, name);
    struct slice where = slice_str(address);
    AUTO(bytes_free) struct bytes *out = NULL;

    if (!file)
        return RAISE(err, ST_NOT_FOUND, "the contract has no such file");
    if (where.len > MAX_ADDRESS)
        return RAISE(err, ST_INPUT, "the address is longer than %d bytes", MAX_ADDRESS);
    out = bytes_new(MAX_FILE);
    if (!out)
        return RAISE(err, ST_NOMEM, "contract: out of memory");
    copy_with_addresses(out, file->bytes, where);
    TRY(bytes_check(out, "contract", err));
    *ret = TAKE(out);
    return ST_OK;
}
