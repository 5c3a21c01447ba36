/* The configured senders as flow knows them. */
#pragma once

#include "conf/conf.h"
#include "flow/flow.h"

/* One for each [sender], in their order; texts borrowed from conf. *ret_senders is the caller's:
 * free(). */
MUST_USE enum status senders_new(const struct conf *conf, struct flow_sender **ret_senders,
                                 struct err *err);
