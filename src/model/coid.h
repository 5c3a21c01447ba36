/* Identity checks by ЦОИД: what a sender asks, and what ЦОИД told, typed (seed 002 section 6, seed
 * 003 section 9; flows.md section 2). Plain data in an arena; texts are never NULL, "" is absent.
 */
#pragma once

#include "base/id.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what is asked; soap has checked presence, types and lengths, coid checks the rules ---- */

struct coid_verify_photo {
    const char *iin;
    int64_t vendor; /* its code, from getVendors */
    struct slice photo;
};
struct coid_get_verification {
    const char *idempotency_key; /* verifyPhoto's answer */
};
/* The client's consent (req 2.02, 2.19). */
struct coid_consent {
    const char *iin;
    const char *full_name;
    const char *
        text; /* the whole confirmation in the sender's own words; "": by the configured template */
};
struct coid_get_person_data {
    const char *idempotency_key; /* of the verification */
    bool mcdb; /* with the telephone number of the mobile citizens' base (req 3.12) */
    struct coid_consent consent;
};
struct coid_get_transactions {
    int32_t from_day, to_day; /* yyyymmdd, both included */
};
struct coid_get_act { /* getAct and getActDetail */
    int64_t year, month;
    bool unpacked; /* getAct: the texts in the ZIP too */
};

/* ---- what was told ---- */

/* A date or time as ЦОИД wrote it, and what that means where it can be read (C-15). */
struct coid_date {
    const char *text;
    const char
        *meaning; /* xs:date (2013-09-19), or xs:dateTime with Astana's offset; "": unclear */
};

/* A value of a dictionary. */
struct coid_term {
    bool present;
    const char *code, *name_ru, *name_kz;
    struct coid_date change_date;
};

struct coid_foreign {
    bool present;
    const char *district_name, *region_name;
};

struct coid_birth_place {
    bool present;
    struct coid_term country, district, region;
    struct coid_foreign foreign;
    const char *city;
};

struct coid_address {
    bool present;
    struct coid_term type; /* of `addresses` only */
    struct coid_term country, district, region;
    struct coid_foreign foreign;
    const char *city, *street, *building, *corpus, *flat;
    struct coid_date begin_date, end_date;
    struct coid_term status, invalidity;
    const char *ar_code;
};

struct coid_document {
    struct coid_term type;
    const char *number, *series;
    struct coid_date begin_date, end_date;
    struct coid_term issue_organization, status;
    struct coid_date invalidity_date;
    const char *surname, *name, *patronymic;
    struct coid_date birth_date;
};

/* ГБД ФЛ's Person, name for name and in its order; mobile_phone with mcdb. */
struct coid_person {
    const char *iin, *surname, *name, *patronymic, *eng_first_name, *eng_surname;
    struct coid_date birth_date, death_date;
    struct coid_term gender, nationality, citizenship, life_status;
    struct coid_birth_place birth_place;
    struct coid_address reg_address;
    const struct coid_document *documents;
    size_t document_count;
    const struct coid_address *addresses;
    size_t address_count;
    const char *removed; /* as written: true, false */
    const char *mobile_phone;
};

struct coid_verification { /* verifyPhoto, getVerification */
    const char *idempotency_key;
    const char *iin;
    const char *vendor; /* its name */
    const char *result; /* 0..1 in decimal notation, the shortest that reads back the same */
    double similarity;
    bool passed;            /* result >= the threshold (C-05): personal data may be asked for */
    const char *data_until; /* until when, xs:dateTime; "" when it did not pass */
    const char *photo_type; /* image/png, image/jpeg or application/octet-stream, by content */
    struct slice photo;     /* empty: none (req 2.17) */
    bool has_requisites;
    const char *requisites_name, *requisites_bin;
    struct coid_date request_date;
};

struct coid_vendor {
    int64_t id;
    const char *name;
};
struct coid_transaction {
    const char *vendor_name;
    struct coid_date date_time;
    const char *similarity; /* decimal; may be 0 (req 3.17) */
    const char *idempotency_key;
};
struct coid_act_row { /* getActDetail */
    struct coid_date date;
    const char *vendor_name; /* with its tariff step: «Verigram с 1 по 1000» */
    int64_t count;
    const char *price, *amount; /* decimal */
};
struct coid_act_file {
    const char *name;
    const char *text;
};
struct coid_act { /* getAct */
    struct slice zip;
    const struct coid_act_file *files; /* unpacked on request */
    size_t file_count;
};
struct coid_news {
    struct coid_date date;
    const char *subject, *text;
};

/* A member of ЦОИД's JSON that no field above takes: a name we do not know, or a known one of
 * another type. Handed on. */
struct coid_extra {
    const char *path; /* person.hairColour, documents.document[2].note */
    const char *json; /* the value, as JSON */
};

/* How ЦОИД's answer was proven (req 2.16, 2.46–2.51). */
struct coid_proof {
    struct id
        evidence; /* the stored body, header, certificate and verdict; "" when nothing was called */
    int64_t received_ms;
    bool is_signed;            /* false: only with coid.unsigned_answers = accept */
    const char *algorithm;     /* the JWS' alg */
    const char *signer;        /* subject of its certificate */
    const char *signer_serial; /* hex */
};

/* The member that counts is the operation's. */
struct coid_answer {
    struct coid_proof proof;
    const struct coid_extra *extras;
    size_t extra_count;
    union {
        struct coid_verification verification;
        struct coid_person person;
        struct {
            const struct coid_vendor *at;
            size_t count;
        } vendors;
        struct {
            const struct coid_transaction *at;
            size_t count;
        } transactions;
        struct {
            const struct coid_act_row *at;
            size_t count;
        } act_rows;
        struct coid_act act;
        struct {
            const struct coid_news *at;
            size_t count;
        } news;
    } told;
    const char *idempotency_key; /* getPersonData: of the verification */
};
