/* What the commands of `shepctl coid` share: options, the period, and what they look into. */
#pragma once

#include "base/day.h"
#include "conf/conf.h"
#include "crypto/vault.h"
#include "ctl/audit.h"
#include "ctl/ctl.h"
#include "ctl/listing.h"
#include "store/coid.h"

struct coid_options {
    const char *config;
    const char *out;  /* evidence */
    const char *note; /* decide */
    enum listing_form form;
    int64_t max; /* news */
};
enum coid_option { COID_CONFIG, COID_CSV, COID_JSON, COID_OUT, COID_NOTE, COID_MAX };

#define COID_ROW_CONFIG                                                                            \
    {                                                                                              \
        COID_CONFIG, "config", "FILE", "the service's configuration (/etc/shepd/shepd.conf)"       \
    }
#define COID_ROW_JSON                                                                              \
    {                                                                                              \
        COID_JSON, "json", NULL, "prints JSON"                                                     \
    }
#define COID_ROW_CSV                                                                               \
    {                                                                                              \
        COID_CSV, "csv", NULL, "prints CSV (RFC 4180)"                                             \
    }

/* An option_setter; ctx: struct coid_options. */
enum status coid_set_option(void *ctx, int key, const char *value, struct err *err);

/* A look into the service: configuration, store, and the record of who looks. */
struct coid_desk {
    const struct conf *conf;
    struct vault *vault;
    struct store *store;
    struct audit *audit; /* NULL unless asked for */
};
/* with_audit: what is done is put on record. *ret_desk is the caller's. */
MUST_USE enum status coid_desk_open(const struct coid_options *options, bool with_audit,
                                    struct coid_desk **ret_desk, struct err *err);
/* NULL is fine. */
void coid_desk_close(struct coid_desk *desk);
DEFINE_AUTO(struct coid_desk, coid_desk_close)

/* FROM and TO. ST_INPUT: not days, the wrong way round, or over 366. */
MUST_USE enum status coid_read_period(char **arguments, struct coid_days *ret, struct err *err);
/* ST_INPUT: not a UUID. */
MUST_USE enum status coid_read_key(const char *argument, struct id *ret, struct err *err);

/* Says why and gives the exit code: ST_NOT_FOUND is CTL_NO. */
int coid_exit(const char *command, enum status status, const struct err *err);
