#include "server/senders.h"

#include <stdlib.h>
#include <string.h>

static enum business_answer answer_of(const char *word)
{
    if (strcmp(word, "always") == 0)
        return BUSINESS_ANSWER_ALWAYS;
    return strcmp(word, "same") == 0 ? BUSINESS_ANSWER_SAME : BUSINESS_ANSWER_NO;
}

/* Behind a gateway the transport's certificate is the gateway's: the author is the sender's own. */
static struct business business_of(const struct conf_sender *c)
{
    const bool own = *c->business_iin || *c->business_bin;

    return (struct business){
        .ignored = strcmp(c->business_signature, "ignore") == 0,
        .demanded = strcmp(c->business_signature, "demand") == 0,
        .services = c->business_services,
        .author = { .iin = own ? c->business_iin : c->iin,
                    .bin = own ? c->business_bin : c->bin,
                    .anyone = strcmp(c->business_signer, "anyone") == 0 },
        .answer = answer_of(c->business_answer),
    };
}

static struct flow_sender sender_of(const struct conf_sender *c)
{
    return (struct flow_sender){
        .sender_id = c->sender_id,
        .password_hash = c->password_hash,
        .iin = c->iin,
        .bin = c->bin,
        .gateways = c->gateways,
        .service_ids = c->service_ids,
        .organisation = { .name = { c->organisation_ru, c->organisation_kz, c->organisation_en },
                          .bin = c->bin },
        .business = business_of(c),
        .coid_daily_limit = c->coid_daily_limit,
    };
}

enum status senders_new(const struct conf *conf, struct flow_sender **ret_senders, struct err *err)
{
    struct flow_sender *senders = calloc(conf->sender_count + 1, sizeof(*senders));

    if (!senders)
        return RAISE(err, ST_NOMEM, "senders: out of memory");
    for (size_t i = 0; i < conf->sender_count; i++)
        senders[i] = sender_of(&conf->senders[i]);
    *ret_senders = senders;
    return ST_OK;
}
