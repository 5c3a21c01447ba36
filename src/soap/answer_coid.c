/* The answers of ЦОИД's operations: what was told, what else it held, how it was proven. */
#include "soap/answer_coid.h"

#include <ctype.h>

enum {
    MONEY_DIGITS = 18
}; /* of an xs:decimal that every reader takes (XML Schema part 2, 3.2.3) */

static enum status put_bool(const struct writer *w, bool value, char **ret)
{
    return writer_text(w, value ? "true" : "false", ret);
}

/* -1, 0.5, .5, 1.: what both xs:decimal and xs:double can be. Returns the number of its digits, 0
 * when it is anything else. */
static size_t decimal_digits(const char *text)
{
    size_t n = 0;
    bool point = false;

    for (text += *text == '-' || *text == '+'; *text; text++) {
        if (*text == '.' && !point)
            point = true;
        else if (isdigit((unsigned char)*text))
            n++;
        else
            return 0;
    }
    return n;
}

/* NULL when there is none. Any other text would break the caller's validation. */
static enum status put_decimal(const struct writer *w, const char *text, size_t max_digits,
                               char **ret)
{
    size_t n;

    TRY(writer_optional(w, text, ret));
    n = *ret ? decimal_digits(*ret) : 1;
    if (n == 0 || n > max_digits)
        return RAISE(w->err, ST_INTERNAL,
                     "answer: a number of ЦОИД is none, or has too many digits");
    return ST_OK;
}

static enum status put_extras(const struct writer *w, const struct coid_answer *in,
                              struct c__Extras **ret)
{
    struct c__Extras *out;

    if (in->extra_count == 0)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    out->member = writer_alloc(w, in->extra_count, sizeof(*out->member));
    if (!out->member)
        return writer_no_memory(w);
    for (size_t i = 0; i < in->extra_count; i++) {
        struct c__Extra *to = &out->member[out->__sizemember++];
        TRY(writer_text(w, in->extras[i].path, &to->path));
        TRY(writer_text(w, in->extras[i].json, &to->json));
    }
    *ret = out;
    return ST_OK;
}

static enum status put_proof(const struct writer *w, const struct coid_proof *in,
                             struct c__Proof **ret)
{
    struct c__Proof *out = writer_alloc(w, 1, sizeof(*out));

    if (!out)
        return writer_no_memory(w);
    *ret = out;
    TRY(writer_optional(w, in->evidence.text, &out->evidenceId));
    TRY(writer_optional_time(w, in->received_ms, &out->receivedAt));
    TRY(put_bool(w, in->is_signed, &out->signed_));
    TRY(writer_optional(w, in->algorithm, &out->algorithm));
    TRY(writer_optional(w, in->signer, &out->signer));
    return writer_optional(w, in->signer_serial, &out->signerSerial);
}

/* What ends every answer. */
static enum status put_end(const struct writer *w, const struct coid_answer *in,
                           struct c__Extras **ret_extras, struct c__Proof **ret_proof)
{
    TRY(put_extras(w, in, ret_extras));
    return put_proof(w, &in->proof, ret_proof);
}

/* ---- a verification ---- */

static enum status put_photo(const struct writer *w, const struct coid_verification *in,
                             struct c__Photo **ret)
{
    struct c__Photo *out;

    if (in->photo.len == 0)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    *ret = out;
    TRY(writer_text(w, in->photo_type, &out->contentType));
    return writer_base64(w, in->photo, &out->data);
}

static enum status put_requisites(const struct writer *w, const struct coid_verification *in,
                                  struct c__Requisites **ret)
{
    struct c__Requisites *out;

    if (!in->has_requisites)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    *ret = out;
    TRY(writer_optional(w, in->requisites_name, &out->name));
    return writer_optional(w, in->requisites_bin, &out->bin);
}

static enum status answer_verification(const struct writer *w, const struct coid_answer *answer,
                                       const char *tag, struct data *ret)
{
    const struct coid_verification *in = &answer->told.verification;
    struct c__Verification *out = writer_alloc(w, 1, sizeof(*out));

    if (!out)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE_c__Verification, .element = out, .tag = tag };
    TRY(writer_text(w, in->idempotency_key, &out->idempotencyKey));
    TRY(writer_text(w, in->iin, &out->iin));
    TRY(writer_text(w, in->vendor, &out->vendor));
    TRY(put_decimal(w, in->result, SIZE_MAX, &out->result));
    TRY(put_bool(w, in->passed, &out->passed));
    TRY(writer_optional(w, in->data_until, &out->dataUntil));
    TRY(put_photo(w, in, &out->photo));
    TRY(put_requisites(w, in, &out->requisites));
    TRY(coid_put_date(w, &in->request_date, &out->requestDate));
    return put_end(w, answer, &out->extras, &out->proof);
}

static enum status answer_verify_photo(const struct writer *w, const struct coid_answer *answer,
                                       struct data *ret)
{
    return answer_verification(w, answer, "c:verifyPhotoResponse", ret);
}

static enum status answer_get_verification(const struct writer *w, const struct coid_answer *answer,
                                           struct data *ret)
{
    return answer_verification(w, answer, "c:getVerificationResponse", ret);
}

/* ---- the others ---- */

static enum status answer_person(const struct writer *w, const struct coid_answer *answer,
                                 struct data *ret)
{
    struct _c__getPersonDataResponse *out = writer_alloc(w, 1, sizeof(*out));

    if (!out)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE__c__getPersonDataResponse, .element = out };
    TRY(writer_text(w, answer->idempotency_key, &out->idempotencyKey));
    TRY(coid_put_person(w, &answer->told.person, &out->person));
    return put_end(w, answer, &out->extras, &out->proof);
}

static enum status answer_vendors(const struct writer *w, const struct coid_answer *answer,
                                  struct data *ret)
{
    struct _c__getVendorsResponse *out = writer_alloc(w, 1, sizeof(*out));
    struct c__Vendors *list = writer_alloc(w, 1, sizeof(*list));

    if (!out || !list)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE__c__getVendorsResponse, .element = out };
    out->vendors = list;
    list->vendor = writer_alloc(w, answer->told.vendors.count, sizeof(*list->vendor));
    if (!list->vendor)
        return writer_no_memory(w);
    for (size_t i = 0; i < answer->told.vendors.count; i++) {
        const struct coid_vendor *in = &answer->told.vendors.at[i];
        struct c__Vendor *to = &list->vendor[list->__sizevendor++];
        TRY(writer_number(w, in->id, &to->id));
        TRY(writer_text(w, in->name, &to->name));
    }
    return put_end(w, answer, &out->extras, &out->proof);
}

static enum status answer_transactions(const struct writer *w, const struct coid_answer *answer,
                                       struct data *ret)
{
    struct _c__getTransactionsResponse *out = writer_alloc(w, 1, sizeof(*out));
    struct c__Transactions *list = writer_alloc(w, 1, sizeof(*list));

    if (!out || !list)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE__c__getTransactionsResponse, .element = out };
    out->transactions = list;
    list->transaction =
        writer_alloc(w, answer->told.transactions.count, sizeof(*list->transaction));
    if (!list->transaction)
        return writer_no_memory(w);
    for (size_t i = 0; i < answer->told.transactions.count; i++) {
        const struct coid_transaction *in = &answer->told.transactions.at[i];
        struct c__Transaction *to = &list->transaction[list->__sizetransaction++];
        TRY(writer_optional(w, in->vendor_name, &to->vendorName));
        TRY(coid_put_date(w, &in->date_time, &to->dateTime));
        TRY(put_decimal(w, in->similarity, SIZE_MAX, &to->similarity));
        TRY(writer_optional(w, in->idempotency_key, &to->idempotencyKey));
    }
    return put_end(w, answer, &out->extras, &out->proof);
}

static enum status put_row(const struct writer *w, const struct coid_act_row *in,
                           struct c__ActRow *out)
{
    TRY(coid_put_date(w, &in->date, &out->date));
    TRY(writer_optional(w, in->vendor_name, &out->vendorName));
    TRY(writer_number(w, in->count, &out->count));
    TRY(put_decimal(w, in->price, MONEY_DIGITS, &out->price));
    return put_decimal(w, in->amount, MONEY_DIGITS, &out->amount);
}

static enum status answer_act_detail(const struct writer *w, const struct coid_answer *answer,
                                     struct data *ret)
{
    struct _c__getActDetailResponse *out = writer_alloc(w, 1, sizeof(*out));
    struct c__ActRows *list = writer_alloc(w, 1, sizeof(*list));

    if (!out || !list)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE__c__getActDetailResponse, .element = out };
    out->rows = list;
    list->row = writer_alloc(w, answer->told.act_rows.count, sizeof(*list->row));
    if (!list->row)
        return writer_no_memory(w);
    for (size_t i = 0; i < answer->told.act_rows.count; i++)
        TRY(put_row(w, &answer->told.act_rows.at[i], &list->row[list->__sizerow++]));
    return put_end(w, answer, &out->extras, &out->proof);
}

static enum status put_files(const struct writer *w, const struct coid_act *in,
                             struct c__ActFiles **ret)
{
    struct c__ActFiles *out;

    if (in->file_count == 0)
        return ST_OK;
    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    out->file = writer_alloc(w, in->file_count, sizeof(*out->file));
    if (!out->file)
        return writer_no_memory(w);
    for (size_t i = 0; i < in->file_count; i++) {
        struct c__ActFile *to = &out->file[out->__sizefile++];
        TRY(writer_text(w, in->files[i].name, &to->name));
        TRY(writer_text(w, in->files[i].text, &to->text));
    }
    *ret = out;
    return ST_OK;
}

static enum status answer_act(const struct writer *w, const struct coid_answer *answer,
                              struct data *ret)
{
    struct _c__getActResponse *out = writer_alloc(w, 1, sizeof(*out));

    if (!out)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE__c__getActResponse, .element = out };
    TRY(writer_base64(w, answer->told.act.zip, &out->zip));
    TRY(put_files(w, &answer->told.act, &out->files));
    return put_end(w, answer, &out->extras, &out->proof);
}

static enum status answer_news(const struct writer *w, const struct coid_answer *answer,
                               struct data *ret)
{
    struct _c__getNewsResponse *out = writer_alloc(w, 1, sizeof(*out));
    struct c__News *list = writer_alloc(w, 1, sizeof(*list));

    if (!out || !list)
        return writer_no_memory(w);
    *ret = (struct data){ .type = SOAP_TYPE__c__getNewsResponse, .element = out };
    out->news = list;
    list->item = writer_alloc(w, answer->told.news.count, sizeof(*list->item));
    if (!list->item)
        return writer_no_memory(w);
    for (size_t i = 0; i < answer->told.news.count; i++) {
        const struct coid_news *in = &answer->told.news.at[i];
        struct c__NewsItem *to = &list->item[list->__sizeitem++];
        TRY(coid_put_date(w, &in->date, &to->date));
        TRY(writer_optional(w, in->subject, &to->subject));
        TRY(writer_optional(w, in->text, &to->text));
    }
    return put_end(w, answer, &out->extras, &out->proof);
}

typedef enum status answer_fn(const struct writer *w, const struct coid_answer *answer,
                              struct data *ret);

static answer_fn *const answers[] = {
    [OP_VERIFY_PHOTO] = answer_verify_photo,
    [OP_GET_VERIFICATION] = answer_get_verification,
    [OP_GET_PERSON_DATA] = answer_person,
    [OP_GET_VENDORS] = answer_vendors,
    [OP_GET_TRANSACTIONS] = answer_transactions,
    [OP_GET_ACT_DETAIL] = answer_act_detail,
    [OP_GET_ACT] = answer_act,
    [OP_GET_NEWS] = answer_news,
};

enum status answer_coid(const struct writer *w, const struct reply *reply, struct data *ret)
{
    if (!reply->coid)
        return RAISE(w->err, ST_INTERNAL, "answer: nothing of ЦОИД in the reply");
    return answers[reply->op](w, reply->coid, ret);
}
