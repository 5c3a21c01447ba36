/* The manual pages, from the tables the programs themselves run by. A row of a table that says
 * nothing of itself is ST_FORMAT, named, and so the build fails. *ret_page is the caller's. */
#pragma once

#include "conf/schema.h"
#include "manual/roff.h"

/* shepd.conf(5); rows: conf_rows. */
MUST_USE enum status manual_conf(const struct manual_stamp *stamp, const struct conf_row *rows,
                                 size_t count, struct bytes **ret_page, struct err *err);
struct command;
/* shepctl(1); commands: ctl_commands. Not thread-safe. */
MUST_USE enum status manual_ctl(const struct manual_stamp *stamp, const struct command *commands,
                                struct bytes **ret_page, struct err *err);
struct shepd_option;
/* shepd(8); options: shepd_options. */
MUST_USE enum status manual_shepd(const struct manual_stamp *stamp,
                                  const struct shepd_option *options, size_t count,
                                  struct bytes **ret_page, struct err *err);

enum { MANUAL_MAX_BYTES = 512 * 1024 };
