/* Fuzzes the JSON of a login with an authentication key (authType Eds), up to its signature, which
 * target xml judges: a login in its one shape with a time, or an error. */
#include "fuzz.h"

#include "mobile/internal.h"
#include "returned_session.h"

/* What stands beside the document element is no part of what makes a login one of its kind. */
static void check_dressed(const struct login_text *text)
{
    const struct xml_limits limits = { (size_t)2 * LOGIN_MAX_BYTES, 32 };
    struct bytes *dressed = bytes_new((size_t)2 * LOGIN_MAX_BYTES);
    struct login_xml again;
    struct err err;

    promise(dressed != NULL);
    bytes_add(dressed, text->signed_xml);
    bytes_add_str(dressed, "<!-- -->");
    promise(login_xml_read(bytes_slice(dressed), &limits, &again, &err) == ST_OK);
    promise(memcmp(&again, &text->xml, sizeof(again)) == 0);
    bytes_free(dressed);
}

bool fuzz_take(struct slice in)
{
    struct login_text text = { 0 };
    struct err err = { 0 };
    bool is_login;

    (void)returned_mobile(); /* starts the libraries */
    if (login_read(in, &text, &err) != ST_OK) {
        promise(err.text[0] != '\0' && !text.json);
        return false;
    }
    promise(in.len <= LOGIN_MAX_BYTES && text.signed_xml.len < in.len);
    promise(text.is_timed || text.at_ms == 0);
    check_dressed(&text);
    is_login = text.is_timed && text.xml.url[0];
    login_text_free(&text);
    return is_login;
}
