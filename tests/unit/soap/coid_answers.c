#include "soap/coid_answers.h"

#include "support/cmocka.h"

#define NONE                                                                                       \
    {                                                                                              \
        "", ""                                                                                     \
    }
#define CHANGED                                                                                    \
    {                                                                                              \
        "2013-09-19T09:44:33+06:00", "2013-09-19T08:44:33+05:00"                                   \
    }
#define TERM(code, ru, kz)                                                                         \
    {                                                                                              \
        true, code, ru, kz, CHANGED                                                                \
    }
#define NO_TERM                                                                                    \
    {                                                                                              \
        false, "", "", "", NONE                                                                    \
    }
#define COUNTRY TERM("398", "КАЗАХСТАН", "ҚАЗАҚСТАН")
#define DISTRICT TERM("1904", "АКТЮБИНСКАЯ", "АҚТӨБЕ")
#define REGION TERM("1910", "АКТАУ", "АКТАУ")

static const struct coid_document documents[] = {
    { .type = TERM("002", "УДОСТОВЕРЕНИЕ РК", "ҚР ЖЕКЕ КУӘЛІГІ"),
      .number = "012345678",
      .series = "А",
      .begin_date = { "2001-09-07", "2001-09-07" },
      .end_date = { "2013-08-04", "2013-08-04" },
      .issue_organization = TERM("002", "МИНИСТЕРСТВО ВНУТРЕННИХ ДЕЛ РК", "ҚР ІІМ"),
      .status = TERM("00", "ДЕЙСТВИТЕЛЕН", "ЖАРАМДЫ"),
      .invalidity_date = { "04.08.2013", "2013-08-04" },
      .surname = "ОМАРОВ",
      .name = "ШАЯН",
      .patronymic = "ОМАРОВИЧ",
      .birth_date = { "1978-02-02", "1978-02-02" } },
    { .type = NO_TERM,
      .number = "",
      .series = "",
      .begin_date = NONE,
      .end_date = NONE,
      .issue_organization = NO_TERM,
      .status = NO_TERM,
      .invalidity_date = NONE,
      .surname = "",
      .name = "",
      .patronymic = "",
      .birth_date = NONE },
};

#define ADDRESS(kind)                                                                              \
    {                                                                                              \
        .present = true, .type = kind, .country = COUNTRY, .district = DISTRICT, .region = REGION, \
        .foreign = { true, "ОБЛАСТЬ", "РАЙОН" }, .city = "АКТАУ", .street = "МКР 7",               \
        .building = "153/8", .corpus = "2", .flat = "15", .begin_date = { "2008-01-23", "" },      \
        .end_date = { "2010-01-23", "2010-01-23" }, .status = TERM("1", "ПОСТОЯННЫЙ", "ТҰРАҚТЫ"),  \
        .invalidity = TERM("0", "НЕТ", "ЖОҚ"), .ar_code = "0201300012345678"                       \
    }

static const struct coid_address addresses[] = { ADDRESS(TERM("2", "ВРЕМЕННЫЙ", "УАҚЫТША")) };

static const struct coid_person person = {
    .iin = "780202300018",
    .surname = "ОМАРОВ",
    .name = "ШАЯН",
    .patronymic = "ОМАРОВИЧ",
    .eng_first_name = "SHAYAN",
    .eng_surname = "OMAROV",
    .birth_date = { "1978-02-02", "1978-02-02" },
    .death_date = { "когда-то", "" },
    .gender = TERM("1", "Мужской", "Ер"),
    .nationality = TERM("005", "КАЗАХ", "ҚАЗАҚ"),
    .citizenship = COUNTRY,
    .life_status = TERM("0", "Нормальный", "Қалыпты"),
    .birth_place = { true, COUNTRY, DISTRICT, REGION, { true, "", "АЛМАТИНСКИЙ" }, "АКТАУ" },
    .reg_address = ADDRESS(NO_TERM),
    .documents = documents,
    .document_count = 2,
    .addresses = addresses,
    .address_count = 1,
    .removed = "false",
    .mobile_phone = "+77001234567",
};

static const struct coid_verification verification = {
    .idempotency_key = COID_ID,
    .iin = "780202300018",
    .vendor = "VisionLabs",
    .result = "0.9959589839",
    .similarity = 0.9959589839,
    .passed = true,
    .data_until = "2026-11-23T14:03:07.120+05:00",
    .photo_type = "image/jpeg",
    .photo = { "\xFF\xD8\xFF\0", 4 },
    .has_requisites = true,
    .requisites_name = "ТОО \"Наименование <организации>\"",
    .requisites_bin = "123456789012",
    .request_date = { "2024-10-17T11:49:01.337+00:00", "2024-10-17T16:49:01.337+05:00" },
};

static const struct coid_vendor vendors[] = { { 1, "VisionLabs" }, { 2, "FORENSICS" } };
static const struct coid_transaction transactions[] = {
    { "Verigram", { "24.09.2021 09:03:45", "2021-09-24T09:03:45+06:00" }, "0.01469", "CD0305" },
    { "VisionLabs", { "24.09.2021 10:01:39", "2021-09-24T10:01:39+06:00" }, "0", "8c6dfd0f" },
};
static const struct coid_act_row act_rows[] = {
    { { "2022-01-01", "2022-01-01" }, "Verigram с 1 по 1000", 1000, "210", "210000.5" },
};
static const struct coid_act_file files[] = { { "act-8-2021.txt", "Акт\r\n1;2\n" } };
static const struct coid_news news[] = {
    { { "2021-10-29", "2021-10-29" }, "касательно \"НИТ\"", "Здравствуйте!\n" },
};
static const struct coid_extra extras[] = {
    { "person.hairColour", "\"<рыжий>\"" },
    { "documents.document[2].note", "{\"a\":[1,2.50]}" },
};

struct coid_answer coid_whole(enum operation op)
{
    struct coid_answer answer = {
        .proof = { { COID_ID }, 1795338187120, true, "ECGOST34310", "CN=ЦОИД", "1a2b" },
        .extras = extras,
        .extra_count = 2,
        .idempotency_key = COID_ID,
    };

    switch (op) {
    case OP_VERIFY_PHOTO:
    case OP_GET_VERIFICATION:
        answer.told.verification = verification;
        break;
    case OP_GET_PERSON_DATA:
        answer.told.person = person;
        break;
    case OP_GET_VENDORS:
        answer.told.vendors.at = vendors;
        answer.told.vendors.count = COUNT(vendors);
        break;
    case OP_GET_TRANSACTIONS:
        answer.told.transactions.at = transactions;
        answer.told.transactions.count = COUNT(transactions);
        break;
    case OP_GET_ACT_DETAIL:
        answer.told.act_rows.at = act_rows;
        answer.told.act_rows.count = COUNT(act_rows);
        break;
    case OP_GET_ACT:
        answer.told.act = (struct coid_act){ SLICE("PK\x05\x06"), files, COUNT(files) };
        break;
    default:
        answer.told.news.at = news;
        answer.told.news.count = COUNT(news);
    }
    return answer;
}
