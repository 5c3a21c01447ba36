/* The wsu:Timestamp of a Security header. */
#include "wsse/timestamp.h"

#include "base/clock.h"
#include "wsse/names.h"

/* Created or Expires; at most one, a date in text alone. */
static bool read_time(struct trial *trial, const xmlNode *timestamp, const char *name,
                      struct time_span *ret, bool *ret_found)
{
    unsigned count = 0;
    const xmlNode *node = dom_child(timestamp, NS_WSU, name, &count);
    struct slice text;

    *ret_found = count > 0;
    if (count == 0)
        return true;
    if (count > 1 || !dom_leaf(node, &text) || text.len > 64 || !time_parse(text, ret))
        return REFUSE(trial, CHECK_TIMESTAMP, "wsu:%s is not one date and time", name);
    return true;
}

static bool check_window(struct trial *trial, const xmlNode *timestamp)
{
    const struct judge *judge = trial->judge;
    struct time_span created = { 0 };
    struct time_span expires = { 0 };
    char text[TIME_TEXT];
    bool is_created = false;
    bool is_expiring = false;

    if (!read_time(trial, timestamp, "Created", &created, &is_created) ||
        !read_time(trial, timestamp, "Expires", &expires, &is_expiring))
        return false;
    if (is_created && created.from_ms - judge->skew_ms > judge->now_ms) {
        time_utc_text(created.from_ms, text);
        return REFUSE(trial, CHECK_TIMESTAMP, "wsu:Created %s is in the future", text);
    }
    if (is_expiring && expires.to_ms + judge->skew_ms < judge->now_ms) {
        time_utc_text(expires.to_ms, text);
        return REFUSE(trial, CHECK_TIMESTAMP, "wsu:Expires %s is past", text);
    }
    report_add(trial->report, CHECK_TIMESTAMP, OUTCOME_PASSED, "signed wsu:Timestamp is in time");
    return true;
}

bool timestamp_check(struct trial *trial, const struct envelope *envelope, bool is_signed)
{
    if (!envelope->timestamp)
        return true;
    if (!is_signed) {
        report_add(trial->report, CHECK_TIMESTAMP, OUTCOME_SKIPPED,
                   "the wsu:Timestamp is not signed and says nothing");
        return true;
    }
    if (trial->judge->signature_only) {
        report_add(trial->report, CHECK_TIMESTAMP, OUTCOME_SKIPPED, "only the signature is judged");
        return true;
    }
    return check_window(trial, envelope->timestamp);
}
