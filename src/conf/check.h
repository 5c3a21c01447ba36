/* What no single row can say: settings that go together. Only for src/conf. */
#pragma once

#include "conf/conf.h"

enum { CONF_JOURNAL_MONTHS = 36, CONF_THREE_YEARS = 1096 /* days */ };

/* ST_INPUT names the file, the section and what is wrong. */
MUST_USE enum status conf_check(const char *path, const struct conf *conf, struct err *err);
/* Its part for [coid] and the senders of ЦОИД. */
MUST_USE enum status conf_check_coid(const char *path, const struct conf *conf, struct err *err);

/* list: NULL-terminated. */
bool conf_is_listed(const char *const *list, const char *word);
