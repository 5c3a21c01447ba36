/* Vendors as acts name them: with the step of the tariff, which is no part of the name. */
#include "coid/ledger_impl.h"

#include <string.h>
#include <strings.h>

static bool cut_end(struct slice *s, struct slice end)
{
    if (s->len <= end.len || !slice_eq(slice_skip(*s, s->len - end.len), end))
        return false;
    s->len -= end.len;
    return true;
}

static bool cut_number(struct slice *s)
{
    struct slice cut = slice_trim(*s);
    size_t len = cut.len;

    while (cut.len > 0 && cut.at[cut.len - 1] >= '0' && cut.at[cut.len - 1] <= '9')
        cut.len--;
    if (cut.len == len || cut.len == 0 || cut.at[cut.len - 1] != ' ')
        return false;
    *s = slice_trim(cut);
    return true;
}

static bool cut_word(struct slice *s, const char *const *words)
{
    for (; *words; words++)
        if (cut_end(s, slice_str(*words))) {
            *s = slice_trim(*s);
            return true;
        }
    return false;
}

struct slice ledger_vendor_name(struct slice text)
{
    static const char *const before[] = {
        " с", " С", " c", " от", " по", " до", " свыше", " более", NULL
    }; /* the third one is Latin */
    static const char *const behind[] = { " и более", " и выше", " и далее", NULL };
    struct slice name = slice_trim(text);
    struct slice rest = name;

    (void)cut_word(&rest, behind);
    for (;;) {
        int numbers = 0; /* of one that is written in groups: 1 000 */

        while (cut_number(&rest))
            numbers++;
        if (numbers == 0 || !cut_word(&rest, before) || rest.len == 0)
            return name;
        name = rest;
    }
}

enum status ledger_vendor_index(struct ledger *ledger, const char *text, uint8_t *ret,
                                struct err *err)
{
    struct slice name = ledger_vendor_name(slice_str(text));

    for (size_t i = 0; i < ledger->vendor_count; i++)
        if (strlen(ledger->vendors[i]) == name.len &&
            strncasecmp(ledger->vendors[i], name.at, name.len) == 0) {
            *ret = (uint8_t)i;
            return ST_OK;
        }
    if (ledger->vendor_count == LEDGER_VENDORS_MAX)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "vendorName", "64 vendors",
                           "over %d names of vendors", LEDGER_VENDORS_MAX);
    const char *kept = arena_text(ledger->arena, name);
    if (!kept)
        return RAISE(err, ST_NOMEM, "reconciliation: out of memory");
    ledger->vendors[ledger->vendor_count] = kept;
    *ret = (uint8_t)ledger->vendor_count++;
    return ST_OK;
}
