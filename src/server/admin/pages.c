/* Who may see what: the administrator alone sees exchanges, sessions and senders; an auditor the
 * journal's proof, numbers and verdicts (req 0.53). */
#include "server/admin/pages.h"

const struct console_page console_pages[] = {
    { "/admin/overview", "overview_title", ROLES_ALL, true, overview_give },
    { "/admin/journal", "journal_title", ROLES_ADMINISTRATOR, true, journal_give },
    { "/admin/journal.csv", "journal_title", ROLES_ADMINISTRATOR, false, journal_csv_give },
    { "/admin/exchange/", "exchange_title", ROLES_ADMINISTRATOR, false, exchange_give },
    { "/admin/sessions", "sessions_title", ROLES_ADMINISTRATOR, true, sessions_give },
    { "/admin/sessions/", "session_title", ROLES_ADMINISTRATOR, false, session_give },
    { "/admin/senders", "senders_title", ROLES_ADMINISTRATOR, true, senders_give },
    { "/admin/certificates", "certificates_title", ROLES_ALL, true, certificates_give },
    { "/admin/verdicts", "verdicts_title", ROLES_ALL, true, verdicts_give },
    { "/admin/proof", "proof_title", ROLES_ALL, true, proof_give },
    { NULL, NULL, 0, false, NULL },
};
