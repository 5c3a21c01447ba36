/* A person as ГБД ФЛ tells of him (flows.md section 2): name for name, in its order. */
#include "sandbox/centre_people.h"

#include "base/text.h"

#include <string.h>

/* What the JSON is made of. */
struct portrait {
    struct bytes *json;
    enum person_shape shape;
    const char *iin;
    bool is_woman;
    char birth_date[16];
    const char *surname, *name, *patronymic, *eng_surname, *eng_name;
};

static const struct {
    const char *surname, *name, *patronymic, *eng_surname, *eng_name;
} men[] = {
    { "ОМАРОВ", "ШАЯН", "ОМАРОВИЧ", "OMAROV", "SHAYAN" },
    { "АХМЕТОВ", "ДАНИЯР", "СЕРІКҰЛЫ", "AKHMETOV", "DANIYAR" },
    { "ІСКАКОВ", "ӘЛІБЕК", "МАРАТҰЛЫ", "ISKAKOV", "ALIBEK" },
};
static const struct {
    const char *surname, *name, *patronymic, *eng_surname, *eng_name;
} women[] = {
    { "ЖҮСІПОВА", "ӘСЕЛ", "СЕРІКҚЫЗЫ", "ZHUSSIPOVA", "ASSEL" },
    { "КИМ", "АННА", "ВИКТОРОВНА", "KIM", "ANNA" },
    { "ҚАСЫМОВА", "АЙГҮЛ", "БОЛАТҚЫЗЫ", "KASSYMOVA", "AIGUL" },
};

enum { NAMES = sizeof(men) / sizeof(men[0]) };
_Static_assert(NAMES == sizeof(women) / sizeof(women[0]), "as many");

static unsigned two_digits(const char *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

/* YYMMDD and the digit of century and sex; what is no date becomes one. */
static void read_iin(struct portrait *p)
{
    unsigned digit = (unsigned)(p->iin[6] - '0');
    unsigned century = digit >= 5 ? 2000 : (digit >= 3 ? 1900 : 1800);
    unsigned which = two_digits(p->iin + 9) % NAMES;
    unsigned month = (two_digits(p->iin + 2) + 11) % 12 + 1;
    unsigned day = two_digits(p->iin + 4);

    if (day == 0 || day > (month == 2 ? 28 : 30))
        day = 28;
    p->is_woman = digit > 0 && digit % 2 == 0;
    (void)text_format(p->birth_date, sizeof(p->birth_date), "%04u-%02u-%02u",
                      century + two_digits(p->iin), month, day);
    p->surname = p->is_woman ? women[which].surname : men[which].surname;
    p->name = p->is_woman ? women[which].name : men[which].name;
    p->patronymic = p->is_woman ? women[which].patronymic : men[which].patronymic;
    p->eng_surname = p->is_woman ? women[which].eng_surname : men[which].eng_surname;
    p->eng_name = p->is_woman ? women[which].eng_name : men[which].eng_name;
}

/* ---- values ---- */

static void add_text(const struct portrait *p, const char *name, const char *value)
{
    centre_add_member(p->json, name, value);
}

/* An object begins as a member; '}' ends it. */
static void begin(const struct portrait *p, const char *name)
{
    if (!strchr("{[", p->json->at[p->json->len - 1]))
        bytes_add_str(p->json, ",");
    bytes_addf(p->json, "\"%s\":{", name);
}

static void end(const struct portrait *p)
{
    bytes_add_str(p->json, "}");
}

struct term {
    const char *name, *code, *ru, *kz;
};

static void add_term(const struct portrait *p, const struct term *term)
{
    bool numbers = p->shape == SHAPE_PRINTED || p->shape == SHAPE_SPARSE;

    begin(p, term->name);
    add_text(p, "nameRu", term->ru);
    /* a number has no zeros in front */
    if (numbers && term->code[0] != '0')
        bytes_addf(p->json, ",\"code\":%s", term->code);
    else
        add_text(p, "code", term->code);
    add_text(p, "nameKz", p->shape == SHAPE_SPARSE ? "-" : term->kz);
    if (p->shape != SHAPE_SPARSE)
        add_text(p, "changeDate",
                 p->shape == SHAPE_PRINTED ? "2013-09-19T09:44:33+06:00" : "2013-09-19 09:44:33");
    end(p);
}

static const struct term kazakhstan = { "country", "398", "КАЗАХСТАН", "ҚАЗАҚСТАН" };
static const struct term germany = { "country", "276", "ГЕРМАНИЯ", "ГЕРМАНИЯ" };

/* Country, district and region, or what stands for them abroad. */
static void add_place(const struct portrait *p)
{
    static const struct term district = { "district", "1904", "АКТЮБИНСКАЯ", "АҚТӨБЕ" };
    static const struct term region = { "region", "1904286", "МУГАЛЖАРСКИЙ РАЙОН",
                                        "МҰҒАЛЖАР АУДАНЫ" };

    if (p->shape == SHAPE_FOREIGN) {
        add_term(p, &germany);
        begin(p, "foreignData");
        add_text(p, "districtName", "BAYERN");
        add_text(p, "regionName", "OBERBAYERN");
        end(p);
        return;
    }
    add_term(p, &kazakhstan);
    add_term(p, &district);
    if (p->shape == SHAPE_PRINTED) {
        begin(p, "foreignData");
        add_text(p, "regionName", "АЛМАТИНСКИЙ");
        end(p);
    } else {
        add_term(p, &region);
    }
}

/* ---- parts ---- */

static void add_document(const struct portrait *p, const char *number, const struct term *type)
{
    static const struct term issuer = { "issueOrganization", "002",
                                        "МИНИСТЕРСТВО ВНУТРЕННИХ ДЕЛ РК",
                                        "ҚР ІШКІ ІСТЕР МИНИСТРЛІГІ" };
    static const struct term valid = { "status", "00", "ДОКУМЕНТ ДЕЙСТВИТЕЛЕН", "ҚҰЖАТ ЖАРАМДЫ" };

    bytes_add_str(p->json, p->json->at[p->json->len - 1] == '[' ? "{" : ",{");
    add_term(p, type);
    add_text(p, "number", number);
    add_text(p, "beginDate", "2019-09-07");
    add_text(p, "endDate", "2029-09-06");
    add_term(p, &issuer);
    add_term(p, &valid);
    add_text(p, "surname", p->surname);
    add_text(p, "name", p->name);
    add_text(p, "patronymic", p->shape == SHAPE_FOREIGN ? "-" : p->patronymic);
    add_text(p, "birthDate", p->birth_date);
    if (p->shape == SHAPE_EXTRAS)
        add_text(p, "note", "второй экземпляр");
    end(p);
}

static void add_documents(const struct portrait *p)
{
    static const struct term card = { "type", "002", "УДОСТОВЕРЕНИЕ РК", "ҚР ЖЕКЕ КУӘЛІГІ" };
    static const struct term passport = { "type", "001", "ПАСПОРТ РК", "ҚР ТӨЛҚҰЖАТЫ" };
    static const struct term foreign = { "type", "005", "ИНОСТРАННЫЙ ПАСПОРТ",
                                         "ШЕТЕЛДІК ТӨЛҚҰЖАТ" };

    begin(p, "documents");
    bytes_add_str(p->json, "\"document\":[");
    add_document(p, p->shape == SHAPE_FOREIGN ? "C01X00T47" : "012345678",
                 p->shape == SHAPE_FOREIGN ? &foreign : &card);
    if (p->shape == SHAPE_PLAIN || p->shape == SHAPE_EXTRAS)
        add_document(p, "N07654321", &passport);
    bytes_add_str(p->json, "]");
    end(p);
}

static void add_birth_place(const struct portrait *p)
{
    begin(p, "birthPlace");
    add_place(p);
    add_text(p, "city", p->shape == SHAPE_FOREIGN ? "MÜNCHEN" : "АКТАУ");
    end(p);
}

static void add_address(const struct portrait *p)
{
    static const struct term status = { "status", "1", "ПОСТОЯННАЯ РЕГИСТРАЦИЯ", "ТҰРАҚТЫ ТІРКЕУ" };

    begin(p, "regAddress");
    add_place(p);
    add_text(p, "city", p->shape == SHAPE_FOREIGN ? "MÜNCHEN" : "АКТАУ");
    add_text(p, "street", p->shape == SHAPE_FOREIGN ? "LEOPOLDSTRASSE" : "МИКРОРАЙОН 14");
    add_text(p, "building", "153/8");
    add_text(p, "corpus", "-");
    add_text(p, "flat", "12");
    add_text(p, "beginDate", "2008-01-23");
    add_term(p, &status);
    add_text(p, "arCode", "0201300163216512");
    if (p->shape == SHAPE_EXTRAS)
        bytes_add_str(p->json, ",\"floor\":7");
    end(p);
}

static void add_names(const struct portrait *p)
{
    add_text(p, "iin", p->iin);
    add_text(p, "surname", p->surname);
    add_text(p, "name", p->name);
    add_text(p, "patronymic", p->shape == SHAPE_FOREIGN ? "-" : p->patronymic);
    if (p->shape != SHAPE_SPARSE && p->shape != SHAPE_PRINTED) {
        add_text(p, "engFirstName", p->eng_name);
        add_text(p, "engSurname", p->eng_surname);
    }
    add_text(p, "birthDate", p->birth_date);
}

static void add_state(const struct portrait *p)
{
    static const struct term male = { "gender", "1", "Мужской", "Ер" };
    static const struct term female = { "gender", "2", "Женский", "Әйел" };
    static const struct term kazakh = { "nationality", "005", "КАЗАХ", "ҚАЗАҚ" };
    static const struct term german = { "nationality", "028", "НЕМЕЦ", "НЕМІС" };
    static const struct term alive = { "lifeStatus", "0", "Нормальный", "Қалыпты" };
    bool is_foreign = p->shape == SHAPE_FOREIGN;
    struct term citizenship = is_foreign ? germany : kazakhstan;

    citizenship.name = "citizenship";
    add_term(p, p->is_woman ? &female : &male);
    if (p->shape != SHAPE_SPARSE && p->shape != SHAPE_PRINTED)
        add_term(p, is_foreign ? &german : &kazakh);
    add_term(p, &citizenship);
    if (p->shape != SHAPE_PRINTED)
        add_term(p, &alive);
}

static void add_rest(const struct portrait *p, bool mcdb)
{
    if (p->shape == SHAPE_EXTRAS)
        bytes_add_str(p->json, ",\"hairColour\":{\"code\":\"7\",\"nameRu\":\"русый\"},"
                               "\"children\":[1,2.5,null,true]");
    if (p->shape == SHAPE_PLAIN || p->shape == SHAPE_EXTRAS)
        bytes_add_str(p->json, ",\"removed\":false");
    if (mcdb)
        add_text(p, "mobilephone", p->shape == SHAPE_SPARSE ? "-" : "77010000000");
}

void people_write(struct bytes *json, const char *iin, bool mcdb)
{
    const struct person *person = people_find(iin);
    struct portrait p = { .json = json, .shape = person ? person->shape : SHAPE_PLAIN, .iin = iin };

    read_iin(&p);
    bytes_add_str(json, "{\"person\":{");
    add_names(&p);
    add_state(&p);
    if (p.shape == SHAPE_SPARSE) {
        add_text(&p, "deathDate", "-");
    } else {
        add_birth_place(&p);
        add_address(&p);
        add_documents(&p);
    }
    add_rest(&p, mcdb);
    bytes_add_str(json, p.shape == SHAPE_EXTRAS ? "},\"queryId\":\"a-17\"}" : "}}");
}
