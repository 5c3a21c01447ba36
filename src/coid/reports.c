/* getTransactions, getActDetail, getAct, getNews (seed 002 sections 6.5–6.7, seed 003 section 9.8).
 */
#include "base/text.h"
#include "coid/ask.h"
#include "coid/read.h"

static enum status read_act_plain(struct reading *reading, const struct json *json,
                                  struct coid_answer *ret, struct err *err)
{
    return read_act(reading, json, false, &ret->told.act, err);
}

static enum status read_act_unpacked(struct reading *reading, const struct json *json,
                                     struct coid_answer *ret, struct err *err)
{
    return read_act(reading, json, true, &ret->told.act, err);
}

static void put_number(struct path_value *value, const char *name, int64_t number)
{
    value->name = name;
    (void)text_format(value->value, sizeof(value->value), "%lld", (long long)number);
}

enum status run_get_transactions(struct errand *errand, const struct coid_sender *sender,
                                 const struct request *req, struct coid_answer *ret,
                                 struct err *err)
{
    const struct coid_get_transactions *get = &req->payload.get_transactions;
    struct question question = { .asked = ASK_TRANSACTIONS };

    (void)sender;
    TRY(rule_period(errand->coid, get->from_day, get->to_day, err));
    put_number(&question.values[0], "from", get->from_day);
    put_number(&question.values[1], "to", get->to_day);
    return ask_for(errand, &question, read_transactions, ret, err);
}

/* Without a leading zero (C-18). */
static enum status fetch_month(struct errand *errand, enum asked asked,
                               const struct coid_get_act *get, answer_reader *read,
                               struct coid_answer *ret, struct err *err)
{
    struct question question = { .asked = asked };

    TRY(rule_month(errand->coid, get->year, get->month, err));
    put_number(&question.values[0], "year", get->year);
    put_number(&question.values[1], "month", get->month);
    return ask_for(errand, &question, read, ret, err);
}

enum status run_get_act_detail(struct errand *errand, const struct coid_sender *sender,
                               const struct request *req, struct coid_answer *ret, struct err *err)
{
    (void)sender;
    return fetch_month(errand, ASK_ACT_DETAIL, &req->payload.get_act, read_act_detail, ret, err);
}

enum status run_get_act(struct errand *errand, const struct coid_sender *sender,
                        const struct request *req, struct coid_answer *ret, struct err *err)
{
    const struct coid_get_act *get = &req->payload.get_act;

    (void)sender;
    return fetch_month(errand, ASK_ACT, get, get->unpacked ? read_act_unpacked : read_act_plain,
                       ret, err);
}

enum status run_get_news(struct errand *errand, const struct coid_sender *sender,
                         const struct request *req, struct coid_answer *ret, struct err *err)
{
    const struct question question = { .asked = ASK_NEWS };

    (void)sender;
    (void)req;
    return ask_for(errand, &question, read_news, ret, err);
}
