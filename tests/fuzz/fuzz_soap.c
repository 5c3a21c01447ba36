/* Fuzzes a Body on its way to a typed request, as if its signature had held: canonical form, the
 * payload in `data`, gSOAP, the fields. */
#include "soap/soap.h"
#include "world.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/wsse_impl.h"

static const struct xml_limits limits = { WORLD_LIMIT, 64 };

static struct codec *codec(void)
{
    static struct codec *only;
    const struct codec_params params = { 1, WORLD_LIMIT, 8, 1 << 10 };
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

static void check(const struct request *req)
{
    promise(req->info.message_id[0] != '\0' && req->info.sender_id[0] != '\0');
    promise((req->op == OP_NONE) == (req->payload_err.status == ST_INPUT));
    if (req->op == OP_CREATE_SIGNING_SESSION)
        promise(req->payload.create.document_count <= 8);
    if (req->op == OP_VERIFY_PHOTO)
        promise(req->payload.verify_photo.photo.len <= 1 << 10);
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
