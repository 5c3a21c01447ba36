#include "sandbox/phone_login.h"

#include "base/clock.h"
#include "wsse/xmlsig.h"
#include "json/json.h"

enum { LOGIN_MAX = 64 * 1024, DEPTH_MAX = 16 };

/* As seed 001 section 4 writes it; the time in ISO 8601, of which it says nothing. */
static enum status write_xml(const char *uri, int64_t now_ms, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *xml = bytes_new(LOGIN_MAX);
    char time[TIME_TEXT];

    if (!xml)
        return RAISE(err, ST_NOMEM, "out of memory");
    time_utc_text(now_ms, time);
    bytes_add_str(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<login><url>");
    bytes_add_xml(xml, slice_str(uri));
    bytes_addf(xml, "</url><timeStamp>%s</timeStamp></login>", time);
    TRY(bytes_check(xml, "login", err));
    *ret = TAKE(xml);
    return ST_OK;
}

enum status phone_login_make(const struct key *auth_key, const char *uri, int64_t now_ms,
                             struct bytes **ret_json, struct err *err)
{
    static const struct xml_limits limits = { LOGIN_MAX, DEPTH_MAX };
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *signed_xml = NULL;
    AUTO(json_free) struct json *json = json_new_object();

    TRY(write_xml(uri, now_ms, &xml, err));
    TRY(xmlsig_sign_enveloped(auth_key, bytes_slice(xml), &limits, &signed_xml, err));
    json_set_string(json, "xml", bytes_slice(signed_xml));
    return json_print(json, (size_t)2 * LOGIN_MAX, ret_json, err);
}
