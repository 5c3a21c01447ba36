/* Fuzzes the readers of ЦОИД's JSON: one answer, read as each of the operations would. */
#include "fuzz.h"

#include "base/clock.h"
#include "base/text.h"
#include "coid/read.h"

#include <stdlib.h>

enum { ARENA_MAX = 64 << 20 };

static const struct json_limits limits = { 1 << 20, 16, 20000 };

/* As text of ours: there, and UTF-8. */
static void check_text(const char *text)
{
    promise(text && text_is_utf8(slice_str(text)));
}

static void check_date(const struct coid_date *date)
{
    struct time_span span;

    check_text(date->text);
    check_text(date->meaning);
    promise(date->meaning[0] == '\0' || time_parse(slice_str(date->meaning), &span));
}

static void check_term(const struct coid_term *term)
{
    check_text(term->code);
    check_text(term->name_ru);
    check_text(term->name_kz);
    check_date(&term->change_date);
}

static void check_address(const struct coid_address *address)
{
    check_term(&address->type);
    check_term(&address->invalidity);
    check_text(address->foreign.district_name);
    check_text(address->city);
    check_date(&address->end_date);
    check_text(address->ar_code);
}

static enum status verification(struct reading *r, const struct json *json, struct coid_answer *ret,
                                struct err *err)
{
    struct coid_verification *told = &ret->told.verification;

    TRY(read_verification(r, json, told, err));
    promise(told->similarity >= 0 && told->similarity <= 1);
    promise(told->iin[0] != '\0' && told->result[0] != '\0');
    promise((told->photo.len > 0) == (told->photo_type[0] != '\0'));
    check_text(told->vendor);
    check_text(told->requisites_bin);
    check_date(&told->request_date);
    return ST_OK;
}

static enum status person(struct reading *r, const struct json *json, struct coid_answer *ret,
                          struct err *err)
{
    const struct coid_person *told = &ret->told.person;

    TRY(read_person(r, json, &ret->told.person, err));
    check_text(told->iin);
    check_text(told->mobile_phone);
    check_date(&told->birth_date);
    check_term(&told->gender);
    check_term(&told->birth_place.region);
    check_address(&told->reg_address);
    for (size_t i = 0; i < told->address_count; i++)
        check_address(&told->addresses[i]);
    for (size_t i = 0; i < told->document_count; i++) {
        check_term(&told->documents[i].issue_organization);
        check_text(told->documents[i].series);
        check_date(&told->documents[i].birth_date);
    }
    return ST_OK;
}

static enum status transactions(struct reading *r, const struct json *json, struct coid_answer *ret,
                                struct err *err)
{
    TRY(read_transactions(r, json, ret, err));
    for (size_t i = 0; i < ret->told.transactions.count; i++) {
        check_text(ret->told.transactions.at[i].similarity);
        promise(!strchr(ret->told.transactions.at[i].similarity, 'e'));
        check_date(&ret->told.transactions.at[i].date_time);
    }
    return ST_OK;
}

static enum status act_rows(struct reading *r, const struct json *json, struct coid_answer *ret,
                            struct err *err)
{
    TRY(read_act_detail(r, json, ret, err));
    for (size_t i = 0; i < ret->told.act_rows.count; i++) {
        promise(ret->told.act_rows.at[i].count >= 0);
        check_text(ret->told.act_rows.at[i].amount);
        check_date(&ret->told.act_rows.at[i].date);
    }
    return ST_OK;
}

static enum status news(struct reading *r, const struct json *json, struct coid_answer *ret,
                        struct err *err)
{
    TRY(read_news(r, json, ret, err));
    for (size_t i = 0; i < ret->told.news.count; i++)
        check_text(ret->told.news.at[i].text);
    return ST_OK;
}

static void check_extras(const struct reading *r)
{
    size_t n;
    const struct coid_extra *extras = reading_extras(r, &n);

    for (size_t i = 0; i < n; i++) {
        const struct json_limits wider = { 8 << 20, 16, 20000 };
        AUTO(json_free) struct json *value = NULL;
        struct err err;

        check_text(extras[i].path);
        promise(json_parse(slice_str(extras[i].json), &wider, &value, &err) == ST_OK);
    }
}

static enum status (*const readers[])(struct reading *r, const struct json *json,
                                      struct coid_answer *ret, struct err *err) = {
    verification, person, read_vendors, transactions, act_rows, news,
};

bool fuzz_take(struct slice in)
{
    AUTO(json_free) struct json *json = NULL;
    struct err err = { 0 };
    bool taken = false;

    promise(clock_use_astana(&err) == ST_OK);
    if (json_parse(in, &limits, &json, &err) != ST_OK)
        return false;
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
        struct reading *r = reading_new(arena);
        struct coid_answer told = { 0 };
        struct err refusal = { 0 };
        const enum status status = readers[i](r, json, &told, &refusal);

        promise(status == ST_OK || status == ST_UPSTREAM);
        promise(status == ST_OK || strcmp(refusal.code, "answerInvalid") == 0);
        if (status == ST_OK)
            check_extras(r);
        taken = taken || status == ST_OK;
    }
    return taken;
}
