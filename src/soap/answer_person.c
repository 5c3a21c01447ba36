/* ГБД ФЛ's person as coid.xsd has it, absent things left out. */
#include "soap/answer_coid.h"

struct text_row {
    const char *in;
    char **out;
};
struct date_row {
    const struct coid_date *in;
    struct c__Date **out;
};
struct term_row {
    const struct coid_term *in;
    struct c__DictionaryValue **out;
};

enum status coid_put_date(const struct writer *w, const struct coid_date *in, struct c__Date **ret)
{
    struct c__Date *out;

    *ret = NULL;
    if (!in->text || !*in->text)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_text(w, in->text, &out->__item));
    TRY(writer_optional(w, in->meaning, &out->value));
    *ret = out;
    return ST_OK;
}

static enum status put_texts(const struct writer *w, const struct text_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(writer_optional(w, rows[i].in, rows[i].out));
    return ST_OK;
}

static enum status put_dates(const struct writer *w, const struct date_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(coid_put_date(w, rows[i].in, rows[i].out));
    return ST_OK;
}

static enum status put_term(const struct writer *w, const struct coid_term *in,
                            struct c__DictionaryValue **ret)
{
    struct c__DictionaryValue *out;

    *ret = NULL;
    if (!in->present)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_optional(w, in->code, &out->code));
    TRY(writer_optional(w, in->name_ru, &out->nameRu));
    TRY(writer_optional(w, in->name_kz, &out->nameKz));
    TRY(coid_put_date(w, &in->change_date, &out->changeDate));
    *ret = out;
    return ST_OK;
}

static enum status put_terms(const struct writer *w, const struct term_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(put_term(w, rows[i].in, rows[i].out));
    return ST_OK;
}

#define PUT(what, w, ...)                                                                          \
    put_##what##s(w, (const struct what##_row[]){ __VA_ARGS__ },                                   \
                  sizeof((const struct what##_row[]){ __VA_ARGS__ }) / sizeof(struct what##_row))

static enum status put_foreign(const struct writer *w, const struct coid_foreign *in,
                               struct c__ForeignData **ret)
{
    struct c__ForeignData *out;

    if (!in->present)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    *ret = out;
    return PUT(text, w, { in->district_name, &out->districtName },
               { in->region_name, &out->regionName });
}

static enum status put_birth_place(const struct writer *w, const struct coid_birth_place *in,
                                   struct c__BirthPlace **ret)
{
    struct c__BirthPlace *out;

    if (!in->present)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    *ret = out;
    TRY(PUT(term, w, { &in->country, &out->country }, { &in->district, &out->district },
            { &in->region, &out->region }));
    TRY(put_foreign(w, &in->foreign, &out->foreignData));
    return writer_optional(w, in->city, &out->city);
}

static enum status put_address(const struct writer *w, const struct coid_address *in,
                               struct c__Address *out)
{
    TRY(PUT(term, w, { &in->type, &out->type }, { &in->country, &out->country },
            { &in->district, &out->district }, { &in->region, &out->region },
            { &in->status, &out->status }, { &in->invalidity, &out->invalidity }));
    TRY(put_foreign(w, &in->foreign, &out->foreignData));
    TRY(PUT(text, w, { in->city, &out->city }, { in->street, &out->street },
            { in->building, &out->building }, { in->corpus, &out->corpus },
            { in->flat, &out->flat }, { in->ar_code, &out->arCode }));
    return PUT(date, w, { &in->begin_date, &out->beginDate }, { &in->end_date, &out->endDate });
}

static enum status put_reg_address(const struct writer *w, const struct coid_address *in,
                                   struct c__Address **ret)
{
    struct c__Address *out;

    if (!in->present)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    *ret = out;
    return put_address(w, in, out);
}

static enum status put_addresses(const struct writer *w, const struct coid_person *in,
                                 struct c__Person *out)
{
    struct c__Addresses *list;

    if (in->address_count == 0)
        return ST_OK;
    list = writer_alloc(w, 1, sizeof(*list));
    if (!list)
        return writer_no_memory(w);
    list->address = writer_alloc(w, in->address_count, sizeof(*list->address));
    if (!list->address)
        return writer_no_memory(w);
    for (size_t i = 0; i < in->address_count; i++)
        TRY(put_address(w, &in->addresses[i], &list->address[list->__sizeaddress++]));
    out->addresses = list;
    return ST_OK;
}

static enum status put_document(const struct writer *w, const struct coid_document *in,
                                struct c__PersonDocument *out)
{
    TRY(PUT(term, w, { &in->type, &out->type },
            { &in->issue_organization, &out->issueOrganization }, { &in->status, &out->status }));
    TRY(PUT(text, w, { in->number, &out->number }, { in->series, &out->series },
            { in->surname, &out->surname }, { in->name, &out->name },
            { in->patronymic, &out->patronymic }));
    return PUT(date, w, { &in->begin_date, &out->beginDate }, { &in->end_date, &out->endDate },
               { &in->invalidity_date, &out->invalidityDate },
               { &in->birth_date, &out->birthDate });
}

static enum status put_documents(const struct writer *w, const struct coid_person *in,
                                 struct c__Person *out)
{
    struct c__PersonDocuments *list;

    if (in->document_count == 0)
        return ST_OK;
    list = writer_alloc(w, 1, sizeof(*list));
    if (!list)
        return writer_no_memory(w);
    list->document = writer_alloc(w, in->document_count, sizeof(*list->document));
    if (!list->document)
        return writer_no_memory(w);
    for (size_t i = 0; i < in->document_count; i++)
        TRY(put_document(w, &in->documents[i], &list->document[list->__sizedocument++]));
    out->documents = list;
    return ST_OK;
}

enum status coid_put_person(const struct writer *w, const struct coid_person *in,
                            struct c__Person **ret)
{
    struct c__Person *out = writer_alloc(w, 1, sizeof(*out));

    if (!out)
        return writer_no_memory(w);
    *ret = out;
    TRY(PUT(text, w, { in->iin, &out->iin }, { in->surname, &out->surname },
            { in->name, &out->name }, { in->patronymic, &out->patronymic },
            { in->eng_first_name, &out->engFirstName }, { in->eng_surname, &out->engSurname },
            { in->removed, &out->removed }, { in->mobile_phone, &out->mobilephone }));
    TRY(PUT(date, w, { &in->birth_date, &out->birthDate }, { &in->death_date, &out->deathDate }));
    TRY(PUT(term, w, { &in->gender, &out->gender }, { &in->nationality, &out->nationality },
            { &in->citizenship, &out->citizenship }, { &in->life_status, &out->lifeStatus }));
    TRY(put_birth_place(w, &in->birth_place, &out->birthPlace));
    TRY(put_reg_address(w, &in->reg_address, &out->regAddress));
    TRY(put_documents(w, in, out));
    return put_addresses(w, in, out);
}
