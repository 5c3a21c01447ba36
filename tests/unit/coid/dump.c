#include "dump.h"

#include "support/cmocka.h"

enum { DUMP_MAX = 64 << 20, ARENA_MAX = 256 << 20 };

static const struct json_limits wide = { 64 << 20, 64, 5000000 };

static void text(struct bytes *to, const char *name, const char *value)
{
    assert_non_null(value);
    if (value[0])
        bytes_addf(to, "%s=%s\n", name, value);
}

static void date(struct bytes *to, const char *name, const struct coid_date *date)
{
    assert_non_null(date->text);
    assert_non_null(date->meaning);
    if (date->text[0])
        bytes_addf(to, "%s=%s (%s)\n", name, date->text, date->meaning);
    else
        assert_string_equal(date->meaning, "");
}

static void term(struct bytes *to, const char *name, const struct coid_term *term)
{
    const size_t start = to->len;

    bytes_addf(to, "%s:\n", name);
    const size_t empty = to->len;
    text(to, " code", term->code);
    text(to, " nameRu", term->name_ru);
    text(to, " nameKz", term->name_kz);
    date(to, " changeDate", &term->change_date);
    assert_int_equal(term->present, to->len > empty);
    if (!term->present)
        to->len = start;
}

static void foreign(struct bytes *to, const struct coid_foreign *foreign)
{
    if (foreign->present)
        bytes_addf(to, "foreignData:\n");
    text(to, " districtName", foreign->district_name);
    text(to, " regionName", foreign->region_name);
}

static void birth_place(struct bytes *to, const struct coid_birth_place *place)
{
    if (place->present)
        bytes_addf(to, "birthPlace:\n");
    term(to, "country", &place->country);
    term(to, "district", &place->district);
    term(to, "region", &place->region);
    foreign(to, &place->foreign);
    text(to, "city", place->city);
}

static void address(struct bytes *to, const char *name, const struct coid_address *address)
{
    if (address->present || strcmp(name, "address") == 0)
        bytes_addf(to, "%s:\n", name);
    term(to, "type", &address->type);
    term(to, "country", &address->country);
    term(to, "district", &address->district);
    term(to, "region", &address->region);
    foreign(to, &address->foreign);
    text(to, "city", address->city);
    text(to, "street", address->street);
    text(to, "building", address->building);
    text(to, "corpus", address->corpus);
    text(to, "flat", address->flat);
    date(to, "beginDate", &address->begin_date);
    date(to, "endDate", &address->end_date);
    term(to, "status", &address->status);
    term(to, "invalidity", &address->invalidity);
    text(to, "arCode", address->ar_code);
}

static void document(struct bytes *to, const struct coid_document *document)
{
    bytes_addf(to, "document:\n");
    term(to, "type", &document->type);
    text(to, "number", document->number);
    text(to, "series", document->series);
    date(to, "beginDate", &document->begin_date);
    date(to, "endDate", &document->end_date);
    term(to, "issueOrganization", &document->issue_organization);
    term(to, "status", &document->status);
    date(to, "invalidityDate", &document->invalidity_date);
    text(to, "surname", document->surname);
    text(to, "name", document->name);
    text(to, "patronymic", document->patronymic);
    date(to, "birthDate", &document->birth_date);
}

static void person(struct bytes *to, const struct coid_person *person)
{
    text(to, "iin", person->iin);
    text(to, "surname", person->surname);
    text(to, "name", person->name);
    text(to, "patronymic", person->patronymic);
    text(to, "engFirstName", person->eng_first_name);
    text(to, "engSurname", person->eng_surname);
    date(to, "birthDate", &person->birth_date);
    date(to, "deathDate", &person->death_date);
    term(to, "gender", &person->gender);
    term(to, "nationality", &person->nationality);
    term(to, "citizenship", &person->citizenship);
    term(to, "lifeStatus", &person->life_status);
    birth_place(to, &person->birth_place);
    address(to, "regAddress", &person->reg_address);
    for (size_t i = 0; i < person->document_count; i++)
        document(to, &person->documents[i]);
    for (size_t i = 0; i < person->address_count; i++)
        address(to, "address", &person->addresses[i]);
    text(to, "removed", person->removed);
    text(to, "mobilephone", person->mobile_phone);
}

static void verification(struct bytes *to, const struct coid_verification *told)
{
    assert_true(told->similarity == strtod(told->result, NULL));
    assert_string_equal(told->data_until, "");
    text(to, "iin", told->iin);
    text(to, "vendor", told->vendor);
    text(to, "result", told->result);
    text(to, "x_idempotency_key", told->idempotency_key);
    text(to, "photo", told->photo_type);
    if (told->photo.len > 0)
        bytes_addf(to, " %zu bytes\n", told->photo.len);
    if (told->has_requisites)
        bytes_addf(to, "requisites:\n");
    text(to, " name", told->requisites_name);
    text(to, " bin", told->requisites_bin);
    date(to, "requestDate", &told->request_date);
}

static void transactions(struct bytes *to, const struct coid_answer *answer)
{
    for (size_t i = 0; i < answer->told.transactions.count; i++) {
        const struct coid_transaction *at = &answer->told.transactions.at[i];
        bytes_addf(to, "-\n");
        text(to, "vendor_name", at->vendor_name);
        date(to, "datetime", &at->date_time);
        text(to, "similarity", at->similarity);
        text(to, "x_idempotency_key", at->idempotency_key);
    }
}

static void act_rows(struct bytes *to, const struct coid_answer *answer)
{
    for (size_t i = 0; i < answer->told.act_rows.count; i++) {
        const struct coid_act_row *at = &answer->told.act_rows.at[i];
        bytes_addf(to, "-\n");
        date(to, "date", &at->date);
        text(to, "vendorName", at->vendor_name);
        bytes_addf(to, "count=%lld\n", (long long)at->count);
        text(to, "price", at->price);
        text(to, "amount", at->amount);
    }
}

static void news(struct bytes *to, const struct coid_answer *answer)
{
    for (size_t i = 0; i < answer->told.news.count; i++) {
        const struct coid_news *at = &answer->told.news.at[i];
        bytes_addf(to, "-\n");
        date(to, "date", &at->date);
        text(to, "subject", at->subject);
        text(to, "text", at->text);
    }
}

static void act(struct bytes *to, const struct coid_act *act)
{
    bytes_addf(to, "zip of %zu bytes\n", act->zip.len);
    for (size_t i = 0; i < act->file_count; i++)
        bytes_addf(to, "%s=%s\n", act->files[i].name, act->files[i].text);
}

static void answer(struct bytes *to, enum told told, const struct coid_answer *answer)
{
    switch (told) {
    case VERIFICATION:
        verification(to, &answer->told.verification);
        break;
    case PERSON:
        person(to, &answer->told.person);
        break;
    case VENDORS:
        for (size_t i = 0; i < answer->told.vendors.count; i++)
            bytes_addf(to, "%lld=%s\n", (long long)answer->told.vendors.at[i].id,
                       answer->told.vendors.at[i].name);
        break;
    case TRANSACTIONS:
        transactions(to, answer);
        break;
    case ACT_ROWS:
        act_rows(to, answer);
        break;
    case ACT:
    case ACT_UNPACKED:
        act(to, &answer->told.act);
        break;
    case NEWS:
        news(to, answer);
        break;
    }
}

static enum status read_told(enum told told, struct reading *r, const struct json *json,
                             struct coid_answer *ret, struct err *err)
{
    switch (told) {
    case VERIFICATION:
        return read_verification(r, json, &ret->told.verification, err);
    case PERSON:
        return read_person(r, json, &ret->told.person, err);
    case VENDORS:
        return read_vendors(r, json, ret, err);
    case TRANSACTIONS:
        return read_transactions(r, json, ret, err);
    case ACT_ROWS:
        return read_act_detail(r, json, ret, err);
    case ACT:
        return read_act(r, json, false, &ret->told.act, err);
    case ACT_UNPACKED:
        return read_act(r, json, true, &ret->told.act, err);
    case NEWS:
        return read_news(r, json, ret, err);
    }
    return ST_INTERNAL;
}

static void dump(struct bytes *to, enum told told, struct reading *r, const struct json *json)
{
    struct coid_answer got = { 0 };
    struct err err = { 0 };
    size_t n;

    const enum status status = read_told(told, r, json, &got, &err);
    if (status != ST_OK) {
        assert_int_equal(status, ST_UPSTREAM);
        bytes_addf(to, "%s %s|%s|%s", err.code, err.field, err.limit, err.text);
        return;
    }
    answer(to, told, &got);
    const struct coid_extra *extras = reading_extras(r, &n);
    for (size_t i = 0; i < n; i++)
        bytes_addf(to, "extra %s=%s\n", extras[i].path, extras[i].json);
}

struct bytes *dump_json(enum told told, struct slice json)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    AUTO(json_free) struct json *parsed = NULL;
    struct bytes *to = bytes_new(DUMP_MAX);
    struct reading *r = reading_new(arena);
    struct err err;

    assert_true(arena && to && r);
    if (json_parse(json, &wide, &parsed, &err) != ST_OK)
        fail_msg("%.200s: %s", json.at, err.text);
    dump(to, told, r, parsed);
    assert_false(to->failed);
    return to;
}

static struct bytes *quoted(const char *json)
{
    struct bytes *copy = bytes_dup(slice_str(json));

    assert_non_null(copy);
    for (size_t i = 0; i < copy->len; i++)
        if (copy->at[i] == '\'')
            copy->at[i] = '"';
    return copy;
}

void assert_told(enum told told, const char *json, const char *want)
{
    AUTO(bytes_free) struct bytes *text = quoted(json);
    AUTO(bytes_free) struct bytes *wanted = quoted(want);
    AUTO(bytes_free) struct bytes *got = dump_json(told, bytes_slice(text));

    if (!slice_eq(bytes_slice(got), bytes_slice(wanted)))
        fail_msg("%s\nis read as\n%s\nexpected\n%s", json, got->at, wanted->at);
}

void assert_spoilt(enum told told, const char *json, const char *field, const char *limit,
                   const char *says)
{
    AUTO(bytes_free) struct bytes *text = quoted(json);
    AUTO(bytes_free) struct bytes *got = dump_json(told, bytes_slice(text));
    char want[200];

    (void)snprintf(want, sizeof(want), "answerInvalid %s|%s|", field, limit);
    if (strncmp(got->at, want, strlen(want)) != 0 || !strstr(got->at, says))
        fail_msg("%.200s\nis read as\n%s\nexpected\n%s %s", json, got->at, want, says);
}
