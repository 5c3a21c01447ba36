/* Who may call: sender, certificate, password, service, date (req 0.16, 0.17, 0.31, 0.32). */
#include "flow/internal.h"

#include <stdio.h>
#include <string.h>

static const struct flow_sender *find_sender(const struct flows *flows, const char *sender_id)
{
    for (size_t i = 0; i < flows->params.sender_count; i++)
        if (strcmp(flows->params.senders[i].sender_id, sender_id) == 0)
            return &flows->params.senders[i];
    return NULL;
}

bool in_list(const char *const *list, const char *word)
{
    for (; list && *list; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

/* A pinned gateway named by the sender speaks for it; otherwise IIN and BIN must be the sender's
 * own. */
static enum status check_owner(const struct flow_sender *sender, const struct signer *signer,
                               struct err *err)
{
    if (signer->pin[0] != '\0') {
        if (in_list(sender->gateways, signer->pin))
            return ST_OK;
        return RAISE(err, ST_FORGED, "gateway %s may not sign for sender %s", signer->pin,
                     sender->sender_id);
    }
    if (!*sender->iin && !*sender->bin)
        return RAISE(err, ST_FORGED, "sender %s is spoken for by its gateways only",
                     sender->sender_id);
    if (*sender->bin && strcmp(sender->bin, signer->bin) != 0)
        return RAISE_CAUSE(err, ST_FORGED, "bin", "BIN", NULL,
                           "BIN of the certificate is not that of sender %s", sender->sender_id);
    if (*sender->iin && strcmp(sender->iin, signer->iin) != 0)
        return RAISE_CAUSE(err, ST_FORGED, "iin", "IIN", NULL,
                           "IIN of the certificate is not that of sender %s", sender->sender_id);
    return ST_OK;
}

static enum status check_password(struct flows *flows, const struct flow_sender *sender,
                                  const char *password, struct err *err)
{
    if (!*sender->password_hash)
        return ST_OK;
    if (!passwords_match(flows->passwords, sender->password_hash, slice_str(password)))
        return RAISE_CAUSE(err, ST_FORGED, "password", "sender/password", NULL,
                           "wrong or missing password of sender %s", sender->sender_id);
    return ST_OK;
}

bool service_is(const struct flows *flows, const char *service_id, enum service_kind kind)
{
    const struct flow_params *p = &flows->params;
    const char *const ids[] = {
        [SERVICE_SIGNING] = p->signing_service_id,
        [SERVICE_COID] = p->coid ? p->coid_service_id : NULL,
    };

    return ids[kind] && strcmp(ids[kind], service_id) == 0;
}

static bool is_offered(const struct flows *flows, const char *service_id)
{
    return service_is(flows, service_id, SERVICE_SIGNING) ||
           service_is(flows, service_id, SERVICE_COID);
}

enum status sender_check(struct flows *flows, const struct request *req,
                         const struct flow_sender **ret_sender, struct err *err)
{
    const struct flow_sender *sender = find_sender(flows, req->info.sender_id);

    if (!sender)
        return RAISE_CAUSE(err, ST_FORGED, "sender", "sender/senderId", NULL, "unknown sender");
    TRY(check_owner(sender, &req->signer, err));
    TRY(check_password(flows, sender, req->info.password, err));
    if (!in_list(sender->service_ids, req->info.service_id) ||
        !is_offered(flows, req->info.service_id))
        return RAISE_CAUSE(err, ST_SERVICE, "service", "serviceId", NULL,
                           "no such service, or not for sender %s", sender->sender_id);
    *ret_sender = sender;
    return ST_OK;
}

enum status message_date_check(const struct request *req, int64_t now_ms, int64_t window_ms,
                               struct err *err)
{
    struct time_span date;
    char limit[48];

    if (!time_parse(slice_str(req->info.message_date), &date))
        return RAISE_CAUSE(err, ST_FORMAT, "messageDate", "messageDate", NULL,
                           "messageDate is not an xsd:dateTime");
    (void)snprintf(limit, sizeof(limit), "%lld s", (long long)(window_ms / 1000));
    if (date.to_ms < now_ms - window_ms || date.from_ms > now_ms + window_ms)
        return RAISE_CAUSE(err, ST_STALE, "messageDate", "messageDate", limit,
                           "messageDate is more than %s away from our clock", limit);
    return ST_OK;
}

enum status request_check(struct flows *flows, const struct request *req, int64_t now_ms,
                          const struct flow_sender **ret_sender, struct err *err)
{
    const struct flow_sender *sender = NULL;

    TRY(sender_check(flows, req, &sender, err));
    TRY(author_check(sender, req, err));
    TRY(message_date_check(req, now_ms, flows->params.message_window_ms, err));
    *ret_sender = sender;
    return ST_OK;
}
