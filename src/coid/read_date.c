/* The dates and times of ЦОИД and ГБД ФЛ, which come in whatever way each system prints them. */
#include "coid/read_fields.h"

#include "base/clock.h"
#include "base/text.h"

enum { ISO_DAY = 10, TEXT_MAX = 40 }; /* 2013-09-19; of what can be a date at all */

static int number_at(const char *at, size_t digits)
{
    int number = 0;

    while (digits-- > 0)
        number = number * 10 + (*at++ - '0');
    return number;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* yyyy-MM-dd of a day that was or will be; xs:date knows no year 0000. */
static bool is_day(const char *text)
{
    const bool shaped = text_is_digits((struct slice){ text, 4 }, 4) && text[4] == '-' &&
                        text_is_digits((struct slice){ text + 5, 2 }, 2) && text[7] == '-' &&
                        text_is_digits((struct slice){ text + 8, 2 }, 2);
    if (!shaped)
        return false;
    const int year = number_at(text, 4), month = number_at(text + 5, 2),
              day = number_at(text + 8, 2);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month);
}

/* The text with its day written as ISO 8601 does: dd.MM.yyyy is turned around. */
static bool to_iso(struct slice text, char dst[TEXT_MAX])
{
    char at[TEXT_MAX] = "";

    if (text.len < ISO_DAY || !text_copy_slice(at, sizeof(at), text))
        return false;
    if (at[2] == '.' && at[5] == '.')
        return text_format(dst, TEXT_MAX, "%.4s-%.2s-%.2s%s", at + 6, at + 3, at, at + ISO_DAY);
    return text_copy(dst, TEXT_MAX, at);
}

/* In Astana's civil time, with the offset that held at that instant. false: before Astana had one
 * of whole minutes, or beyond the year 9999. */
static bool write_instant(int64_t ms, char dst[DATE_MEANING])
{
    char text[TIME_TEXT];
    struct time_span back;

    time_utc_offset_text(ms, text);
    if (!time_parse(slice_str(text), &back) || back.from_ms != ms)
        return false;
    char *fraction = strstr(text, ".000");
    if (!fraction)
        return text_copy(dst, DATE_MEANING, text);
    *fraction = '\0';
    return text_format(dst, DATE_MEANING, "%s%s", text, fraction + strlen(".000"));
}

void date_meaning(struct slice text, char dst[DATE_MEANING])
{
    struct time_span span;
    char iso[TEXT_MAX];

    dst[0] = '\0';
    if (!to_iso(slice_trim(text), iso) || !is_day(iso) || !time_parse(slice_str(iso), &span))
        return;
    if (span.from_ms != span.to_ms) /* a day: civil, whatever zone it was printed with */
        (void)text_format(dst, DATE_MEANING, "%.*s", ISO_DAY, iso);
    else if (!write_instant(span.from_ms, dst))
        dst[0] = '\0';
}
