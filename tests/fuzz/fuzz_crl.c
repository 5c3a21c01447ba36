/* Fuzzes revocation lists: whole, and, since no mutation passes a signature, their entries and
 * their extensions by themselves. Tables must be in order. */
#include "crypto/crl_impl.h"
#include "crypto/crl_points.h"
#include "world.h"

static bool parse(struct slice in)
{
    const struct crl_source source = { .data = in, .issuer = world()->ca[0] };
    AUTO(crl_free) struct crl *crl = NULL;
    struct err err = { 0 };
    enum status status = crl_parse(&source, &crl, &err);

    promise((status == ST_OK) == (crl != NULL) && (status == ST_OK || err.code[0] != '\0'));
    return status == ST_OK;
}

static bool read_entries(struct slice in, bool is_delta)
{
    AUTO(crl_free) struct crl *crl = crl_new(world()->ca[0]);
    struct err err = { 0 };

    promise(crl != NULL);
    crl->facts.base_number.present = is_delta;
    if (crl_read_entries(crl, in, &err) != ST_OK)
        return false;
    promise(crl_table_disorder(&crl->table) == crl->facts.count);
    return crl->facts.count > 0;
}

static bool read_extensions(struct slice in)
{
    AUTO(crl_free) struct crl *crl = crl_new(world()->ca[0]);
    char number[CRL_NUMBER_TEXT];
    struct crl_urls urls;
    struct err err = { 0 };

    promise(crl != NULL);
    if (crl_read_extensions(crl, in, &err) != ST_OK)
        return false;
    crl_number_text(&crl->facts.number, number);
    promise(crl_freshest_urls(crl, &urls, &err) == ST_OK || err.text[0] != '\0');
    (void)crl_is_for_point_of(crl, world()->leaf[0]);
    return in.len > 0;
}

bool fuzz_take(struct slice in)
{
    bool is_list = parse(in);
    bool is_base = read_entries(in, false);
    bool is_delta = read_entries(in, true);
    bool is_extensions = read_extensions(in);

    return is_list || is_base || is_delta || is_extensions;
}
