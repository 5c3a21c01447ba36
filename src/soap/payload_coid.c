/* The operations of identity checks by ЦОИД: coid.xsd. */
#include "soap/payload.h"

#include "base/text.h"
#include "soap/field.h"

static const char *const containers[] = { "verifyPhoto",
                                          "getVerification",
                                          "getPersonData",
                                          "getVendors",
                                          "getTransactions",
                                          "getActDetail",
                                          "getAct",
                                          "getNews",
                                          "photo",
                                          "consent",
                                          NULL };

static enum status read_iin(const struct reader *r, const struct place *parent, const char *value,
                            const char **ret)
{
    static const struct field rule = { "iin", true, 12 };

    return field_digits(r, parent, &rule, value, ret);
}

static enum status read_key(const struct reader *r, const char *value, const char **ret)
{
    static const struct field rule = { "idempotencyKey", true, 64 };

    return field_uuid(r, &payload_root, &rule, value, ret);
}

/* A copy in the arena of what the base64 says. */
static enum status read_photo(const struct reader *r, size_t max_bytes,
                              const struct c__RequestPhoto *in, struct slice *ret)
{
    static const struct field type = { "contentType", false, 100 };
    static const struct field data = { "data", true, 0 };
    struct place place = place_child(&payload_root, "photo");
    const char *unused; /* the content decides */

    if (!in)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldMissing", "photo", NULL, "photo is missing");
    TRY(field_token(r, &place, &type, in->contentType, &unused));
    TRY(field_base64(r, &place, &data, in->data, ret));
    if (ret->len > max_bytes) {
        char limit[48];

        place = place_child(&place, data.name);
        text_format(limit, sizeof(limit), "%zu bytes", max_bytes);
        return RAISE_CAUSE(r->err, ST_INPUT, "photoTooLarge", place.text, limit,
                           "the photo has more than %zu bytes", max_bytes);
    }
    return ST_OK;
}

static enum status read_verify_photo(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field vendor = { "vendor", true, 0 };
    static const struct range vendors = { 0, INT32_MAX };
    struct _c__verifyPhoto in = { 0 };
    const struct reader reader = { req->arena, err };
    struct coid_verify_photo *to = &req->payload.verify_photo;

    if (!soap_get__c__verifyPhoto(engine->soap, &in, "c:verifyPhoto", NULL))
        return payload_unreadable(engine, err);
    TRY(read_iin(&reader, &payload_root, in.iin, &to->iin));
    TRY(field_number(&reader, &payload_root, &vendor, vendors, in.vendor, &to->vendor));
    return read_photo(&reader, codec_limits(engine->codec)->max_photo_bytes, in.photo, &to->photo);
}

static enum status read_get_verification(struct engine *engine, struct request *req,
                                         struct err *err)
{
    struct _c__getVerification in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__c__getVerification(engine->soap, &in, "c:getVerification", NULL))
        return payload_unreadable(engine, err);
    return read_key(&reader, in.idempotencyKey, &req->payload.get_verification.idempotency_key);
}

static bool is_blank(const char *text)
{
    return slice_trim(slice_str(text)).len == 0;
}

/* Generators emit what was not given as an empty element: that is absence. */
static enum status read_consent(const struct reader *r, const struct c__Consent *in,
                                struct coid_consent *ret)
{
    static const struct field full_name = { "fullName", true, 300 };
    static const struct field text = { "text", false, 4000 };
    struct place place = place_child(&payload_root, "consent");

    if (!in || (is_blank(in->iin) && is_blank(in->fullName) && is_blank(in->text)))
        return RAISE_CAUSE(r->err, ST_INPUT, "consentMissing", place.text, NULL,
                           "the client's consent is missing");
    TRY(read_iin(r, &place, in->iin, &ret->iin));
    TRY(field_token(r, &place, &full_name, in->fullName, &ret->full_name));
    return field_text(r, &place, &text, in->text, &ret->text);
}

static enum status read_get_person_data(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field mcdb = { "mcdb", false, 0 };
    struct _c__getPersonData in = { 0 };
    const struct reader reader = { req->arena, err };
    struct coid_get_person_data *to = &req->payload.get_person_data;

    if (!soap_get__c__getPersonData(engine->soap, &in, "c:getPersonData", NULL))
        return payload_unreadable(engine, err);
    TRY(read_key(&reader, in.idempotencyKey, &to->idempotency_key));
    TRY(field_bool(&reader, &payload_root, &mcdb, in.mcdb, &to->mcdb));
    return read_consent(&reader, in.consent, &to->consent);
}

static enum status read_get_vendors(struct engine *engine, struct request *req, struct err *err)
{
    struct _c__getVendors in; /* holds nothing */

    (void)req;
    if (!soap_get__c__getVendors(engine->soap, &in, "c:getVendors", NULL))
        return payload_unreadable(engine, err);
    return ST_OK;
}

static enum status read_get_transactions(struct engine *engine, struct request *req,
                                         struct err *err)
{
    static const struct field from = { "fromDate", true, 0 };
    static const struct field to = { "toDate", true, 0 };
    struct _c__getTransactions in = { 0 };
    const struct reader reader = { req->arena, err };
    struct coid_get_transactions *days = &req->payload.get_transactions;

    if (!soap_get__c__getTransactions(engine->soap, &in, "c:getTransactions", NULL))
        return payload_unreadable(engine, err);
    TRY(field_day(&reader, &payload_root, &from, in.fromDate, &days->from_day));
    return field_day(&reader, &payload_root, &to, in.toDate, &days->to_day);
}

static enum status read_month(const struct reader *r, const char *year, const char *month,
                              struct coid_get_act *ret)
{
    static const struct range years = { 2000, 9999 };
    static const struct range months = { 1, 12 };
    static const struct field year_rule = { "year", true, 0 };
    static const struct field month_rule = { "month", true, 0 };

    TRY(field_number(r, &payload_root, &year_rule, years, year, &ret->year));
    return field_number(r, &payload_root, &month_rule, months, month, &ret->month);
}

static enum status read_get_act_detail(struct engine *engine, struct request *req, struct err *err)
{
    struct _c__getActDetail in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__c__getActDetail(engine->soap, &in, "c:getActDetail", NULL))
        return payload_unreadable(engine, err);
    return read_month(&reader, in.year, in.month, &req->payload.get_act);
}

static enum status read_get_act(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field unpacked = { "unpacked", false, 0 };
    struct _c__getAct in = { 0 };
    const struct reader reader = { req->arena, err };
    struct coid_get_act *to = &req->payload.get_act;

    if (!soap_get__c__getAct(engine->soap, &in, "c:getAct", NULL))
        return payload_unreadable(engine, err);
    TRY(read_month(&reader, in.year, in.month, to));
    return field_bool(&reader, &payload_root, &unpacked, in.unpacked, &to->unpacked);
}

static enum status read_get_news(struct engine *engine, struct request *req, struct err *err)
{
    struct _c__getNews in; /* holds nothing */

    (void)req;
    if (!soap_get__c__getNews(engine->soap, &in, "c:getNews", NULL))
        return payload_unreadable(engine, err);
    return ST_OK;
}

static const struct payload_operation operations[] = {
    { "verifyPhoto", OP_VERIFY_PHOTO, read_verify_photo },
    { "getVerification", OP_GET_VERIFICATION, read_get_verification },
    { "getPersonData", OP_GET_PERSON_DATA, read_get_person_data },
    { "getVendors", OP_GET_VENDORS, read_get_vendors },
    { "getTransactions", OP_GET_TRANSACTIONS, read_get_transactions },
    { "getActDetail", OP_GET_ACT_DETAIL, read_get_act_detail },
    { "getAct", OP_GET_ACT, read_get_act },
    { "getNews", OP_GET_NEWS, read_get_news },
};

const struct payload_service payload_coid = { "urn:shep-adapter:coid:1", containers, operations,
                                              sizeof(operations) / sizeof(operations[0]) };
