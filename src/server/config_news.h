/* What differs between two configurations, as one text for the journal (req 0.37). */
#pragma once

#include "conf/conf.h"

enum { CONFIG_NEWS_BYTES = 8192 };

/* «http.workers: 64 → 32 (wants a restart); …», secrets hidden; "" when nothing differs. What does
 * not fit is counted. */
void config_news(const struct conf *before, const struct conf *after, char ret[CONFIG_NEWS_BYTES]);
