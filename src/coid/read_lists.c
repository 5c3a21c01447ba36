/* The four reports that are lists. */
#include "coid/read_fields.h"

enum {
    VENDORS_MAX = 1000,
    TRANSACTIONS_MAX = 100000, /* two days and nights at 2000 comparisons an hour */
    ACT_ROWS_MAX = 10000,      /* of one month: days by vendors by tariff steps */
    NEWS_MAX = 10000,
};

#define TEXT(type, member) .kind = FIELD_TEXT, .offset = offsetof(struct type, member)
#define DATE(type, member) .kind = FIELD_DATE, .offset = offsetof(struct type, member)
#define DECIMAL(type, member) .kind = FIELD_DECIMAL, .offset = offsetof(struct type, member)
#define INTEGER(type, member) .kind = FIELD_INTEGER, .offset = offsetof(struct type, member)

static const struct field vendor[] = {
    { "id", INTEGER(coid_vendor, id), .required = true },
    { "name", TEXT(coid_vendor, name), .required = true },
};
static const struct list vendors = {
    .item_bytes = sizeof(struct coid_vendor),
    .max = VENDORS_MAX,
    .item = ROWS(vendor),
};

/* The answer around the vendors. */
struct vendors_told {
    const struct coid_vendor *at;
    size_t count;
};

static const struct field vendors_answer[] = {
    { "vendors", .kind = FIELD_LIST, .offset = offsetof(struct vendors_told, at), .list = &vendors,
      .also = offsetof(struct vendors_told, count), .required = true },
};
static const struct shape vendors_shape = ROWS(vendors_answer);

enum status read_vendors(struct reading *r, const struct json *json, struct coid_answer *ret,
                         struct err *err)
{
    struct vendors_told told = { 0 };

    read_root(r, json, &vendors_shape, &told);
    TRY(read_end(r, err));
    ret->told.vendors.at = told.at;
    ret->told.vendors.count = told.count;
    return ST_OK;
}

static const struct field transaction[] = {
    { "vendor_name", TEXT(coid_transaction, vendor_name) },
    { "datetime", DATE(coid_transaction, date_time) },
    { "similarity", DECIMAL(coid_transaction, similarity) },
    { "x_idempotency_key", TEXT(coid_transaction, idempotency_key) },
};
static const struct list transactions = {
    .item_bytes = sizeof(struct coid_transaction),
    .max = TRANSACTIONS_MAX,
    .item = ROWS(transaction),
};

enum status read_transactions(struct reading *r, const struct json *json, struct coid_answer *ret,
                              struct err *err)
{
    const void *items;
    size_t count;

    read_root_list(r, json, &transactions, "transactions", &items, &count);
    TRY(read_end(r, err));
    ret->told.transactions.at = items;
    ret->told.transactions.count = count;
    return ST_OK;
}

static const struct field act_row[] = {
    { "date", DATE(coid_act_row, date) },
    { "vendorName", TEXT(coid_act_row, vendor_name) },
    { "count", INTEGER(coid_act_row, count), .required = true },
    { "price", DECIMAL(coid_act_row, price) },
    { "amount", DECIMAL(coid_act_row, amount) },
};
static const struct list act_rows = {
    .item_bytes = sizeof(struct coid_act_row),
    .max = ACT_ROWS_MAX,
    .item = ROWS(act_row),
};

/* A count below zero cannot be meant. */
static void check_counts(struct reading *r, const struct coid_act_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].count < 0)
            read_spoil(r, &(struct place){ &(struct place){ .index = i }, "count", 0 }, NULL,
                       "is below zero");
}

enum status read_act_detail(struct reading *r, const struct json *json, struct coid_answer *ret,
                            struct err *err)
{
    const void *items;
    size_t count;

    read_root_list(r, json, &act_rows, "rows", &items, &count);
    check_counts(r, items, count);
    TRY(read_end(r, err));
    ret->told.act_rows.at = items;
    ret->told.act_rows.count = count;
    return ST_OK;
}

static const struct field news[] = {
    { "date", DATE(coid_news, date) },
    { "subject", TEXT(coid_news, subject) },
    { "text", TEXT(coid_news, text) },
};
static const struct list news_items = {
    .item_bytes = sizeof(struct coid_news),
    .max = NEWS_MAX,
    .item = ROWS(news),
};

enum status read_news(struct reading *r, const struct json *json, struct coid_answer *ret,
                      struct err *err)
{
    const void *items;
    size_t count;

    read_root_list(r, json, &news_items, "news", &items, &count);
    TRY(read_end(r, err));
    ret->told.news.at = items;
    ret->told.news.count = count;
    return ST_OK;
}
