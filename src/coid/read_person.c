/* `person` is ГБД ФЛ's Person, name for name (flows.md section 2). The field table of seed 002
 * section 6.3 spells some names otherwise (C-11): they are aliases here. */
#include "coid/read_fields.h"

enum {
    DOCUMENTS_MAX = 1000, /* of one person, all he ever had */
    ADDRESSES_MAX = 1000,
};

#define AT(type, member) .offset = offsetof(struct type, member)
#define TEXT(type, member) .kind = FIELD_TEXT, AT(type, member)
#define DATE(type, member) .kind = FIELD_DATE, AT(type, member)
#define TERM(type, member) .kind = FIELD_TERM, AT(type, member)
#define OBJECT(type, member, rows)                                                                 \
    .kind = FIELD_OBJECT, AT(type, member), .also = offsetof(struct type, member.present),         \
    .shape = ROWS(rows)

static const struct field foreign[] = {
    { "districtName", TEXT(coid_foreign, district_name) },
    { "regionName", TEXT(coid_foreign, region_name) },
};

static const struct field birth_place[] = {
    { "country", TERM(coid_birth_place, country) },
    { "district", TERM(coid_birth_place, district) },
    { "region", TERM(coid_birth_place, region) },
    { "foreignData", OBJECT(coid_birth_place, foreign, foreign) },
    { "city", TEXT(coid_birth_place, city) },
};

static const struct field address[] = {
    { "type", TERM(coid_address, type) },
    { "country", TERM(coid_address, country) },
    { "district", TERM(coid_address, district) },
    { "region", TERM(coid_address, region) },
    { "foreignData", OBJECT(coid_address, foreign, foreign) },
    { "city", TEXT(coid_address, city) },
    { "street", TEXT(coid_address, street) },
    { "building", TEXT(coid_address, building) },
    { "corpus", TEXT(coid_address, corpus) },
    { "flat", TEXT(coid_address, flat) },
    { "beginDate", "begin_date", DATE(coid_address, begin_date) },
    { "endDate", DATE(coid_address, end_date) },
    { "status", TERM(coid_address, status) },
    { "invalidity", TERM(coid_address, invalidity) },
    { "arCode", TEXT(coid_address, ar_code) },
};

static const struct field document[] = {
    { "type", TERM(coid_document, type) },
    { "number", TEXT(coid_document, number) },
    { "series", TEXT(coid_document, series) },
    { "beginDate", "begin_date", DATE(coid_document, begin_date) },
    { "endDate", DATE(coid_document, end_date) },
    { "issueOrganization", "issue_organization", TERM(coid_document, issue_organization) },
    { "status", TERM(coid_document, status) },
    { "invalidityDate", DATE(coid_document, invalidity_date) },
    { "surname", TEXT(coid_document, surname) },
    { "name", TEXT(coid_document, name) },
    { "patronymic", TEXT(coid_document, patronymic) },
    { "birthDate", DATE(coid_document, birth_date) },
};

static const struct list documents = {
    .holder = "document",
    .item_bytes = sizeof(struct coid_document),
    .max = DOCUMENTS_MAX,
    .item = ROWS(document),
};
static const struct list addresses = {
    .holder = "address",
    .item_bytes = sizeof(struct coid_address),
    .max = ADDRESSES_MAX,
    .item = ROWS(address),
};

static const struct field person[] = {
    { "iin", .kind = FIELD_DIGITS, AT(coid_person, iin) },
    { "surname", "surrname", TEXT(coid_person, surname) },
    { "name", TEXT(coid_person, name) },
    { "patronymic", TEXT(coid_person, patronymic) },
    { "engFirstName", TEXT(coid_person, eng_first_name) },
    { "engSurname", TEXT(coid_person, eng_surname) },
    { "birthDate", DATE(coid_person, birth_date) },
    { "deathDate", DATE(coid_person, death_date) },
    { "gender", TERM(coid_person, gender) },
    { "nationality", TERM(coid_person, nationality) },
    { "citizenship", TERM(coid_person, citizenship) },
    { "lifeStatus", TERM(coid_person, life_status) },
    { "birthPlace", OBJECT(coid_person, birth_place, birth_place) },
    { "regAddress", "reg_address", OBJECT(coid_person, reg_address, address) },
    { "documents", .kind = FIELD_LIST, AT(coid_person, documents), .list = &documents,
      .also = offsetof(struct coid_person, document_count) },
    { "addresses", .kind = FIELD_LIST, AT(coid_person, addresses), .list = &addresses,
      .also = offsetof(struct coid_person, address_count) },
    { "removed", TEXT(coid_person, removed) },
    { "mobilephone", TEXT(coid_person, mobile_phone) },
};

/* The answer around the person. */
struct answer {
    bool present;
    struct coid_person person;
};

static const struct field answer[] = {
    { "person", .kind = FIELD_OBJECT, AT(answer, person), .also = offsetof(struct answer, present),
      .shape = ROWS(person), .required = true },
};
static const struct shape answer_shape = ROWS(answer);

enum status read_person(struct reading *r, const struct json *json, struct coid_person *ret,
                        struct err *err)
{
    struct answer told = { 0 };

    read_root(r, json, &answer_shape, &told);
    if (!told.present)
        read_spoil(r, &(struct place){ NULL, "person", 0 }, NULL, "is empty");
    TRY(read_end(r, err));
    *ret = told.person;
    return ST_OK;
}
