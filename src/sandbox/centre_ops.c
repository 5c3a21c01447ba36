/* What ЦОИД does with each request but the reports: checks in the order of seed 002 section 6 and
 * annex 4, comparisons, data. */
#include "sandbox/centre_impl.h"
#include "sandbox/centre_tariff.h"

#include "base/text.h"
#include "http/form.h"
#include "json/json.h"

#include <math.h>
#include <stdlib.h>

#define DAY_MS INT64_C(86400000)
#define THRESHOLD 0.85

enum {
    SHORT_SIDE = 480, /* annex 1, rule 5 */
    LONG_SIDE = 640,
    SIDE_MAX = 4096,
    CONSENT_MAX = 65536,
};

void centre_say_no(const struct centre_call *call, struct centre_answer *ret, int status,
                   const char *text)
{
    centre_refuse(ret, &(struct centre_refusal){ status, text, centre_words_for(call->who),
                                                 http_path(call->request), call->now_ms });
}

void centre_say_fault(const struct centre_call *call, struct centre_answer *ret,
                      const struct fault *fault)
{
    centre_say_no(call, ret, fault->status, fault->text);
    if (fault->content_type) { /* a page of somebody on the way */
        centre_answer_clear(ret);
        *ret = (struct centre_answer){ fault->status, fault->content_type,
                                       bytes_dup(slice_str(fault->text)) };
    }
}

/* A refusal that the table of faults has the words of. */
static void refuse_as(const struct centre_call *call, struct centre_answer *ret, const char *fault)
{
    centre_say_fault(call, ret, faults_find(slice_str(fault)));
}

struct bytes *centre_say_yes(struct centre_answer *ret)
{
    struct bytes *body = bytes_new(CENTRE_BODY_MAX);

    centre_answer_clear(ret);
    *ret = (struct centre_answer){ 200, "application/json", body };
    return body;
}

/* ---- what requests have in common ---- */

/* The header's key into call->key; false: refused. */
static bool take_key(struct centre_call *call, struct centre_answer *ret)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.:";
    struct slice key = http_header(call->request, "x-idempotency-key");

    if (key.len > 0 && text_copy_slice(call->key, sizeof(call->key), key) &&
        strspn(call->key, allowed) == key.len) {
        call->who = slice_str(call->key);
        return true;
    }
    centre_say_no(call, ret, 400, "x-idempotency-key is wrong or missing");
    return false;
}

/* What the person's row makes of it: refuses, or changes the answer to come; what the control asks
 * for goes before. false: refused. */
static bool meet(struct centre_call *call, const char *name, struct centre_answer *ret)
{
    const struct fault *fault = name ? faults_find(slice_str(name)) : NULL;

    if (!fault || call->fault)
        return true;
    if (!fault->runs) {
        centre_say_fault(call, ret, fault);
        return false;
    }
    call->fault = fault;
    call->delay_ms = fault->ms;
    return true;
}

static const char *verify_fault_of(const char *iin)
{
    const struct person *person = people_find(iin);

    return person ? person->verify_fault : NULL;
}

/* ---- verify ---- */

static uint32_t big_endian(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Sizes of PNG only: what a JPEG holds is the adapter's to judge. */
static bool fits_annex_1(struct slice photo)
{
    static const struct slice png = { "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16 };
    static const struct slice jpeg = { "\xff\xd8\xff", 3 };
    uint32_t width, height;

    if (slice_starts(photo, jpeg))
        return true;
    if (!slice_starts(photo, png) || photo.len < png.len + 8)
        return false;
    width = big_endian(photo.at + png.len);
    height = big_endian(photo.at + png.len + 4);
    return width <= SIDE_MAX && height <= SIDE_MAX && width >= SHORT_SIDE && height >= SHORT_SIDE &&
           (width >= LONG_SIDE || height >= LONG_SIDE);
}

/* IIN and vendor of the query; false: refused. */
static bool take_query(struct centre_call *call, const struct tariff_vendor **ret_vendor,
                       struct centre_answer *ret)
{
    struct slice query = http_query(call->request);
    char iin[32], vendor[16];
    char *end = NULL;

    *ret_vendor = NULL;
    if (!form_value(query, "iin", iin, sizeof(iin)) || !text_is_digits(slice_str(iin), 12) ||
        !form_value(query, "vendor", vendor, sizeof(vendor)) || !vendor[0]) {
        centre_say_no(call, ret, 400, "iin or vendor is wrong or missing");
        return false;
    }
    long id = strtol(vendor, &end, 10);
    if (*end) {
        centre_say_no(call, ret, 400, "vendor is no number");
        return false;
    }
    (void)text_copy(call->iin, sizeof(call->iin), iin);
    call->who = slice_str(call->iin);
    *ret_vendor = tariff_find(id);
    if (!*ret_vendor)
        refuse_as(call, ret, "404-vendor");
    return *ret_vendor != NULL;
}

static bool is_image(const struct http_request *request)
{
    return slice_starts(http_header(request, "Content-Type"), SLICE("image/")) &&
           http_body(request).len > 0;
}

static void add_request_date(struct bytes *json, int64_t at_ms)
{
    char text[TIME_TEXT];

    time_utc_text(at_ms, text);
    bytes_addf(json, ",\"requestDate\":\"%.*s+00:00\"", (int)strlen(text) - 1, text);
}

/* Of somebody of whom little is known not more than seed 003 section 9.3 shows (req 3.09). */
static bool is_told_in_short(const char *iin)
{
    const struct person *person = people_find(iin);

    return person && person->shape == SHAPE_SPARSE;
}

/* photo NULL: as GET tells it (req 2.17). */
static void tell_bill(const struct centre_call *call, const struct bill *bill,
                      const struct bytes *photo, struct centre_answer *ret)
{
    const struct entity *who = call->centre->participant;
    struct bytes *json = centre_say_yes(ret);

    if (!json)
        return;
    bytes_add_str(json, "{");
    centre_add_member(json, "iin", bill->iin);
    centre_add_member(json, "vendor", tariff_find(bill->vendor)->name);
    bytes_addf(json, ",\"result\":%s", bill->result);
    centre_add_member(json, "x_idempotency_key", bill->key);
    if (is_told_in_short(bill->iin)) {
        bytes_add_str(json, "}");
        return;
    }
    centre_add_member(json, "photo", photo ? photo->at : "");
    bytes_add_str(json, ",\"requisites\":{");
    centre_add_member(json, "name", who->organisation);
    centre_add_member(json, "bin", who->bin);
    bytes_add_str(json, "}");
    add_request_date(json, bill->at_ms);
    bytes_add_str(json, "}");
}

void centre_verify(struct centre_call *call, struct centre_answer *ret)
{
    struct centre *centre = call->centre;
    const struct tariff_vendor *vendor = NULL;
    struct bill bill = { .at_ms = call->now_ms };
    AUTO(bytes_free) struct bytes *photo = NULL;
    struct err err;

    if (!take_key(call, ret) || !take_query(call, &vendor, ret))
        return;
    if (!is_image(call->request)) {
        centre_say_no(call, ret, 400, "Content-Type image/* and a photo are expected");
        return;
    }
    if (bills_find(centre->bills, slice_str(call->key))) {
        centre->repeats++;
        refuse_as(call, ret, "406-key");
        return;
    }
    if (!fits_annex_1(http_body(call->request))) {
        refuse_as(call, ret, "406-image");
        return;
    }
    if (!meet(call, verify_fault_of(call->iin), ret))
        return;
    (void)text_copy(bill.key, sizeof(bill.key), call->key);
    (void)text_copy(bill.iin, sizeof(bill.iin), call->iin);
    people_result(call->iin, bill.result);
    bill.vendor = vendor->id;
    photo = people_photo();
    if (bills_add(centre->bills, &bill, &err) != ST_OK)
        centre_say_no(call, ret, 503, err.text);
    else
        tell_bill(call, &bill, photo, ret);
}

/* The comparison of the header's key; NULL: refused. */
static const struct bill *take_bill(struct centre_call *call, struct centre_answer *ret)
{
    const struct bill *bill = NULL;

    if (!take_key(call, ret))
        return NULL;
    bill = bills_find(call->centre->bills, slice_str(call->key));
    if (!bill) {
        refuse_as(call, ret, "404-similarity");
        return NULL;
    }
    (void)text_copy(call->iin, sizeof(call->iin), bill->iin);
    call->who = slice_str(call->iin);
    return bill;
}

/* A time-out is over by the time that somebody asks again. */
void centre_get(struct centre_call *call, struct centre_answer *ret)
{
    const struct bill *bill = take_bill(call, ret);
    const char *name = bill ? verify_fault_of(call->iin) : NULL;
    const struct fault *fault = name ? faults_find(slice_str(name)) : NULL;

    if (!bill || (fault && fault->runs && !fault->status && !meet(call, name, ret)))
        return;
    tell_bill(call, bill, NULL, ret);
}

/* ---- data ---- */

/* Data.confirmation is there; the printed key has a blank in front (C-10). */
static bool has_consent(struct slice body)
{
    static const struct json_limits limits = { CONSENT_MAX, 8, 64 };
    AUTO(json_free) struct json *json = NULL;
    struct slice text;
    struct err err;

    if (json_parse(body, &limits, &json, &err) != ST_OK)
        return false;
    const struct json *data = json_member(json, "Data");
    return (json_string(json_member(data, "confirmation"), &text) ||
            json_string(json_member(data, " confirmation"), &text)) &&
           slice_trim(text).len > 0;
}

/* The JWS is the participant's, over this very body (req 2.19, annex 5). */
static bool is_signed(const struct centre_call *call)
{
    const struct centre *centre = call->centre;
    AUTO(report_free) struct report *report = report_new();
    const struct judge judge = { .trust = centre->trust,
                                 .now_ms = clock_now(centre->clock),
                                 .purpose = PURPOSE_TRANSPORT,
                                 .pins = (const struct cert *const *)centre->pins,
                                 .pin_count = centre->pin_count };
    const struct jws_params params = { .input = centre->signer.settings.input };

    return report && jws_judge(&judge, http_header(call->request, "x-jws-signature"),
                               http_body(call->request), &params, report) == VERDICT_VALID;
}

void centre_data(struct centre_call *call, struct centre_answer *ret)
{
    const struct person *person;
    const struct bill *bill;
    struct bytes *json;

    if (!take_key(call, ret))
        return;
    if (!slice_starts(http_header(call->request, "Content-Type"), SLICE("application/json")) ||
        !has_consent(http_body(call->request)) || !is_signed(call)) {
        centre_say_no(call, ret, 400, NULL);
        return;
    }
    bill = take_bill(call, ret);
    if (!bill)
        return;
    person = people_find(call->iin);
    if (call->now_ms - bill->at_ms > DAY_MS)
        refuse_as(call, ret, "406-late");
    else if (strtod(bill->result, NULL) < THRESHOLD)
        refuse_as(call, ret, "406-low");
    else if (meet(call, person ? person->data_fault : NULL, ret)) {
        char mcdb[8];
        bool with = form_value(http_query(call->request), "mcdb", mcdb, sizeof(mcdb)) &&
                    strcmp(mcdb, "1") == 0;

        json = centre_say_yes(ret);
        if (json)
            people_write(json, call->iin, with);
    }
}

/* ---- vendors, news ---- */

void centre_vendors(struct centre_call *call, struct centre_answer *ret)
{
    struct bytes *json = centre_say_yes(ret);

    (void)call;
    if (!json)
        return;
    bytes_add_str(json, "{\"vendors\":[");
    for (size_t i = 0; i < TARIFF_VENDORS; i++) {
        bytes_addf(json, "%s{\"id\":%d", i > 0 ? "," : "", tariff_vendors[i].id);
        centre_add_member(json, "name", tariff_vendors[i].name);
        bytes_add_str(json, "}");
    }
    bytes_add_str(json, "]}");
}

/* Seed 002 section 6.7, and one of our own. */
void centre_news(struct centre_call *call, struct centre_answer *ret)
{
    static const struct {
        const char *date, *subject, *text;
    } news[] = {
        { "2021-10-29", "касательно плановых работ на стороне АО \"НИТ\"",
          "Здравствуйте!\nНастоящим АО «НПК» в рамках взаимодействия по проекту механизма "
          "удаленной идентификации, сообщает следующее. В период с 21:00 часов 30 октября по 09:00 "
          "часов 31 октября 2021 года будут проводиться плановые работы на стороне АО "
          "«Национальные информационные технологии». В этой связи, информируем Вас о возможных "
          "перебоях в работе системы Центра обмена идентификационными данными в вышеуказанный "
          "период.\n" },
        { "2022-01-10", "Песочница", "Это ЦОИД песочницы: люди, сравнения и счета вымышлены." },
    };
    struct bytes *json = centre_say_yes(ret);

    (void)call;
    if (!json)
        return;
    bytes_add_str(json, "[");
    for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
        bytes_add_str(json, i > 0 ? ",{" : "{");
        centre_add_member(json, "date", news[i].date);
        centre_add_member(json, "subject", news[i].subject);
        centre_add_member(json, "text", news[i].text);
        bytes_add_str(json, "}");
    }
    bytes_add_str(json, "]");
}
