/* Fuzzes a Body on its way to a typed request, as if its signature had held: canonical form, the
 * payload in `data`, gSOAP, the fields. */
#include "soap/soap.h"
#include "world.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/wsse_impl.h"

enum { PHOTO_LIMIT = 1 << 10 };

static const struct xml_limits limits = { WORLD_LIMIT, 64 };

static struct codec *codec(void)
{
    static struct codec *only;
    const struct codec_params params = { 1, WORLD_LIMIT, 8, PHOTO_LIMIT };
    struct err err;

    promise(wsse_init(&err) == ST_OK);
    promise(only || codec_new(&params, &only, &err) == ST_OK);
    return only;
}

static struct bytes *canonical(struct slice xml)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    struct bytes *text = NULL;
    struct err err;

    if (document_parse(xml, &limits, 0, &doc, &err) == ST_OK &&
        c14n_document(doc, C14N_EXCLUSIVE, document_canonical_max(&limits), &text, &err) == ST_OK)
        return text;
    return NULL;
}

static struct verified *verified(struct slice body)
{
    struct verified *env = calloc(1, sizeof(*env));
    struct err err;

    promise(env != NULL);
    if (payload_split(body, &limits, env, &err) == ST_OK)
        return env;
    verified_free(env);
    return NULL;
}

static void check_coid(const struct request *req)
{
    const struct coid_get_transactions *days = &req->payload.get_transactions;
    const struct coid_get_act *act = &req->payload.get_act;

    if (req->op == OP_VERIFY_PHOTO) {
        promise(strlen(req->payload.verify_photo.iin) == 12);
        promise(req->payload.verify_photo.photo.len <= PHOTO_LIMIT);
    }
    if (req->op == OP_GET_VERIFICATION)
        promise(strlen(req->payload.get_verification.idempotency_key) == 36);
    if (req->op == OP_GET_PERSON_DATA)
        promise(strlen(req->payload.get_person_data.consent.iin) == 12 &&
                req->payload.get_person_data.consent.full_name[0] != '\0');
    if (req->op == OP_GET_TRANSACTIONS)
        promise(days->from_day > 19700000 && days->to_day <= 99991231);
    if (req->op == OP_GET_ACT || req->op == OP_GET_ACT_DETAIL)
        promise(act->year >= 2000 && act->year <= 9999 && act->month >= 1 && act->month <= 12);
}

static void check(const struct request *req)
{
    promise(req->info.message_id[0] != '\0' && req->info.sender_id[0] != '\0');
    promise((req->op == OP_NONE) == (req->payload_err.status == ST_INPUT));
    if (req->op == OP_CREATE_SIGNING_SESSION)
        promise(req->payload.create.document_count <= 8);
    check_coid(req);
}

bool fuzz_take(struct slice in)
{
    (void)world();
    struct codec *decoder = codec();
    AUTO(bytes_free) struct bytes *body = canonical(in);
    AUTO(verified_free) struct verified *env = body ? verified(bytes_slice(body)) : NULL;
    AUTO(request_free) struct request *req = NULL;
    struct err err = { 0 };

    if (!env)
        return false;
    if (soap_decode(decoder, env, &req, &err) != ST_OK) {
        promise(!req && err.text[0] != '\0');
        return false;
    }
    check(req);
    return req->op != OP_NONE;
}
