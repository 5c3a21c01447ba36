/* What ЦОИД tells of its bills: transactions, the act's rows, the act as a ZIP (seed 002 sections
 * 6.5 and 6.6, seed 003 section 9.8). Days and months are Astana's. */
#include "sandbox/centre_impl.h"
#include "sandbox/centre_tariff.h"

#include "base/text.h"
#include "crypto/encode.h"

#include <stdlib.h>
#include <time.h>
#include <zip.h>

enum { ACT_TEXT_MAX = 1 << 20, PERIOD_TEXT = 64 };

/* ---- dates ---- */

static struct tm civil(int64_t ms)
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm tm = { 0 };

    (void)localtime_r(&seconds, &tm);
    return tm;
}

/* yyyymmdd; 0: no such day. */
static int read_day(struct slice text)
{
    char word[9];

    if (!text_is_digits(text, 8) || !text_copy_slice(word, sizeof(word), text))
        return 0;
    int day = (int)strtol(word, NULL, 10);
    int month = day / 100 % 100;
    return month >= 1 && month <= 12 && day % 100 >= 1 && day % 100 <= 31 ? day : 0;
}

static int day_of(const struct bill *bill)
{
    const struct tm tm = civil(bill->at_ms);

    return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

/* The path's last two parts. */
static bool last_two(const struct centre_call *call, struct slice *ret_first,
                     struct slice *ret_second)
{
    struct slice path = call->path;
    const char *slash = memrchr(path.at, '/', path.len);

    if (!slash)
        return false;
    *ret_second = slice_skip(path, (size_t)(slash - path.at) + 1);
    path.len = (size_t)(slash - path.at);
    slash = memrchr(path.at, '/', path.len);
    if (!slash)
        return false;
    *ret_first = slice_skip(path, (size_t)(slash - path.at) + 1);
    return true;
}

struct month {
    int year, month;
};

/* YYYY and a month «без 0 в начале строки»; false: refused. */
static bool take_month(const struct centre_call *call, struct month *ret,
                       struct centre_answer *answer)
{
    struct slice year, month;
    char word[8];

    if (last_two(call, &year, &month) && text_is_digits(year, 4) &&
        (text_is_digits(month, 1) || text_is_digits(month, 2)) && month.at[0] != '0' &&
        text_copy_slice(word, sizeof(word), year)) {
        ret->year = (int)strtol(word, NULL, 10);
        (void)text_copy_slice(word, sizeof(word), month);
        ret->month = (int)strtol(word, NULL, 10);
        if (ret->month <= 12)
            return true;
    }
    centre_say_no(call, answer, 400, "year or month is wrong");
    return false;
}

static int64_t count_of(const struct centre *centre, const struct month *month, int vendor)
{
    int64_t count = 0;

    for (size_t i = 0; i < bills_count(centre->bills); i++) {
        const struct bill *bill = bills_at(centre->bills, i);

        if (bill->vendor == vendor && day_of(bill) / 100 == month->year * 100 + month->month)
            count++;
    }
    return count;
}

/* ---- transactions ---- */

static void add_transaction(struct bytes *json, const struct bill *bill, bool first)
{
    const struct tm tm = civil(bill->at_ms);
    char when[32] = "";

    (void)strftime(when, sizeof(when), "%d.%m.%Y %H:%M:%S", &tm);
    bytes_add_str(json, first ? "{" : ",{");
    centre_add_member(json, "vendor_name", tariff_find(bill->vendor)->name);
    centre_add_member(json, "datetime", when);
    bytes_addf(json, ",\"similarity\":%s", bill->result);
    centre_add_member(json, "x_idempotency_key", bill->key);
    bytes_add_str(json, "}");
}

void centre_transactions(struct centre_call *call, struct centre_answer *ret)
{
    struct slice from_text, to_text;
    const struct bills *bills = call->centre->bills;
    struct bytes *json;
    bool first = true;
    int from = 0, to = 0;

    if (last_two(call, &from_text, &to_text)) {
        from = read_day(from_text);
        to = read_day(to_text);
    }
    if (!from || !to || from > to) {
        centre_say_no(call, ret, 400, "fromDate or toDate is wrong");
        return;
    }
    json = centre_say_yes(ret);
    if (!json)
        return;
    bytes_add_str(json, "[");
    for (size_t i = 0; i < bills_count(bills); i++) {
        int day = day_of(bills_at(bills, i));

        if (day < from || day > to)
            continue;
        add_transaction(json, bills_at(bills, i), first);
        first = false;
    }
    bytes_add_str(json, "]");
}

/* ---- the act's rows ---- */

struct act_row {
    char name[PERIOD_TEXT]; /* Verigram с 1 по 1000 */
    int64_t count;
    double price;
};

typedef void take_row_fn(struct bytes *out, const struct month *month, const struct act_row *row);

static void each_row(const struct centre *centre, const struct month *month, take_row_fn *take,
                     struct bytes *out)
{
    for (size_t v = 0; v < TARIFF_VENDORS; v++) {
        const struct tariff_vendor *vendor = &tariff_vendors[v];
        int64_t all = count_of(centre, month, vendor->id);

        for (size_t s = 0; s < TARIFF_STEPS; s++) {
            const struct tariff_step *step = &tariff_steps[s];
            struct act_row row = { .count = tariff_share(step, all), .price = vendor->prices[s] };

            if (row.count == 0)
                break;
            if (step->to)
                (void)text_format(row.name, sizeof(row.name), "%s с %lld по %lld", vendor->name,
                                  (long long)step->from, (long long)step->to);
            else
                (void)text_format(row.name, sizeof(row.name), "%s с %lld", vendor->name,
                                  (long long)step->from);
            take(out, month, &row);
        }
    }
}

/* 210.0, 65.25: as Java prints a double. */
static void add_money(struct bytes *json, const char *name, double value)
{
    int64_t hundredths = (int64_t)(value * 100 + 0.5);

    bytes_addf(json, ",\"%s\":%lld.", name, (long long)(hundredths / 100));
    if (hundredths % 10 == 0)
        bytes_addf(json, "%lld", (long long)(hundredths % 100 / 10));
    else
        bytes_addf(json, "%02lld", (long long)(hundredths % 100));
}

static void take_json(struct bytes *json, const struct month *month, const struct act_row *row)
{
    char date[PERIOD_TEXT];

    (void)text_format(date, sizeof(date), "%04d-%02d-01", month->year, month->month);
    bytes_add_str(json, json->len > 1 ? ",{" : "{");
    centre_add_member(json, "date", date);
    centre_add_member(json, "vendorName", row->name);
    bytes_addf(json, ",\"count\":%lld", (long long)row->count);
    add_money(json, "price", row->price);
    add_money(json, "amount", row->price * (double)row->count);
    bytes_add_str(json, "}");
}

void centre_actdetail(struct centre_call *call, struct centre_answer *ret)
{
    struct bytes *json;
    struct month month;

    if (!take_month(call, &month, ret))
        return;
    json = centre_say_yes(ret);
    if (!json)
        return;
    bytes_add_str(json, "[");
    each_row(call->centre, &month, take_json, json);
    bytes_add_str(json, "]");
}

/* ---- the act ---- */

static void take_text(struct bytes *text, const struct month *month, const struct act_row *row)
{
    (void)month;
    bytes_addf(text, "%-36s %8lld %10.2f %14.2f\r\n", row->name, (long long)row->count, row->price,
               row->price * (double)row->count);
}

static struct bytes *act_text(const struct centre *centre, const struct month *month)
{
    struct bytes *text = bytes_new(ACT_TEXT_MAX);

    if (!text)
        return NULL;
    bytes_addf(text,
               "Акт выполненных работ за %02d.%04d\r\nУчастник: %s, БИН %s\r\n"
               "Поставщик, тариф; количество; цена; сумма, тенге\r\n",
               month->month, month->year, centre->participant->organisation,
               centre->participant->bin);
    each_row(centre, month, take_text, text);
    return text;
}

/* One entry, deflated, of a time that is always the same. */
static bool add_entry(zip_t *zip, const char *name, struct slice text)
{
    zip_source_t *source = zip_source_buffer(zip, text.at, text.len, 0);
    zip_int64_t place = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;

    if (source && place < 0)
        zip_source_free(source);
    return place >= 0 && zip_file_set_mtime(zip, (zip_uint64_t)place, 0, 0) == 0;
}

static struct bytes *source_bytes(zip_source_t *source)
{
    struct bytes *data = bytes_new(CENTRE_BODY_MAX);
    char part[4096];
    zip_int64_t got;

    if (!data || zip_source_open(source) != 0)
        return data;
    while ((got = zip_source_read(source, part, sizeof(part))) > 0)
        bytes_add(data, slice_mem(part, (size_t)got));
    (void)zip_source_close(source);
    return data;
}

/* The caller's; NULL: it could not be made. */
static struct bytes *make_zip(const char *name, struct slice text)
{
    zip_error_t error;
    struct bytes *data = NULL;

    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    if (zip) {
        zip_source_keep(source); /* zip_close() lets go of its own */
        if (add_entry(zip, name, text) && zip_close(zip) == 0)
            data = source_bytes(source);
        else
            zip_discard(zip);
    }
    if (source)
        zip_source_free(source);
    zip_error_fini(&error);
    return data;
}

void centre_act(struct centre_call *call, struct centre_answer *ret)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    AUTO(bytes_free) struct bytes *zip = NULL;
    AUTO(bytes_free) struct bytes *base64 = NULL;
    struct bytes *json;
    struct month month;
    char name[PERIOD_TEXT];

    if (!take_month(call, &month, ret))
        return;
    /* act_8-8-01_K9000666.txt, as in seed 003 section 9.8 */
    (void)text_format(name, sizeof(name), "act_%d-%d-01_K9000666.txt", month.month, month.month);
    text = act_text(call->centre, &month);
    zip = text && !text->failed ? make_zip(name, bytes_slice(text)) : NULL;
    base64 = zip && !zip->failed ? base64_encode(bytes_slice(zip)) : NULL;
    if (!base64) {
        centre_say_no(call, ret, 500, "the act cannot be made");
        return;
    }
    json = centre_say_yes(ret);
    if (!json)
        return;
    bytes_add_str(json, "{");
    centre_add_member(json, "binary", base64->at);
    bytes_add_str(json, "}");
}
