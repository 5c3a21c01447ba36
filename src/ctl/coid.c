/* shepctl coid: what operators do with the checks of identity by ЦОИД. */
#include "ctl/coid.h"

#include "base/text.h"
#include "ctl/commands.h"
#include "server/open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 366, NEWS_MAX = 1000 };

enum status coid_set_option(void *ctx, int key, const char *value, struct err *err)
{
    struct coid_options *o = ctx;
    char *end;

    switch ((enum coid_option)key) {
    case COID_CONFIG:
        o->config = value;
        break;
    case COID_CSV:
        o->form = LISTING_CSV;
        break;
    case COID_JSON:
        o->form = LISTING_JSON;
        break;
    case COID_OUT:
        o->out = value;
        break;
    case COID_NOTE:
        o->note = value;
        break;
    case COID_MAX:
        errno = 0;
        o->max = strtoll(value, &end, 10);
        if (errno || end == value || *end || o->max < 1 || o->max > NEWS_MAX)
            return RAISE(err, ST_INPUT, "--max %s: expected 1 to %d", value, NEWS_MAX);
        break;
    }
    return ST_OK;
}

static enum status open_desk(const struct coid_options *options, bool with_audit,
                             struct coid_desk **ret_desk, struct err *err)
{
    const char *path = options->config ? options->config : "/etc/shepd/shepd.conf";
    AUTO(coid_desk_close) struct coid_desk *desk = calloc(1, sizeof(*desk));

    if (!desk)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(conf_load(path, &desk->conf, err));
    TRY(vault_open(desk->conf->store.content_keys_file, &desk->vault, err));
    TRY(open_store(desk->conf, desk->vault, &desk->store, err));
    TRY(store_check_schema(desk->store, err));
    const struct audit_params audit = {
        .conf = desk->conf, .store = desk->store, .clock = clock_system(), .wait_ms = AUDIT_WAIT_MS
    };
    if (with_audit)
        TRY(audit_open(&audit, &desk->audit, err));
    *ret_desk = TAKE(desk);
    return ST_OK;
}

enum status coid_desk_open(const struct coid_options *options, bool with_audit,
                           struct coid_desk **ret_desk, struct err *err)
{
    enum status status = open_desk(options, with_audit, ret_desk, err);

    /* a file that is missing is no «none found» */
    return status == ST_NOT_FOUND ? (err->status = ST_INPUT) : status;
}

void coid_desk_close(struct coid_desk *desk)
{
    if (!desk)
        return;
    audit_close(desk->audit);
    store_close(desk->store);
    vault_close(desk->vault);
    conf_free(desk->conf);
    free(desk);
}

enum status coid_read_period(char **arguments, struct coid_days *ret, struct err *err)
{
    int32_t *const places[] = { &ret->from, &ret->to };

    for (int i = 0; i < 2; i++)
        if (!day_parse(slice_str(arguments[i]), places[i]))
            return RAISE(err, ST_INPUT, "%.40s: expected a day, 20261122 or 2026-11-22",
                         arguments[i]);
    if (day_count(ret->from, ret->to) < 1)
        return RAISE(err, ST_INPUT, "the period ends before it begins");
    if (day_count(ret->from, ret->to) > DAYS_MAX)
        return RAISE(err, ST_INPUT, "the period has over %d days", DAYS_MAX);
    return ST_OK;
}

enum status coid_read_key(const char *argument, struct id *ret, struct err *err)
{
    return id_parse(slice_str(argument), ret)
               ? ST_OK
               : RAISE(err, ST_INPUT, "%.60s: expected a UUID of 36 characters", argument);
}

int coid_exit(const char *command, enum status status, const struct err *err)
{
    if (status == ST_OK)
        return CTL_OK;
    (void)ctl_fail(command, err);
    return status == ST_NOT_FOUND ? CTL_NO : CTL_TROUBLE;
}

int cmd_coid(int argc, char **argv)
{
    return ctl_dispatch("shepctl coid", ctl_coid_commands, argc, argv);
}
