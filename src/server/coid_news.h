/* ЦОИД's news, fetched behind the answers by one instance at a time (req 3.14). */
#pragma once

#include "server/service.h"

/* Fetches them when it is this instance's turn (coid_fetch_news()); the seconds until there is
 * reason to look again (server/chore.h). *missed is the chore's, false at first: the last look
 * failed. Troubles are logged. */
int coid_news_look(const struct service *service, bool *missed);
