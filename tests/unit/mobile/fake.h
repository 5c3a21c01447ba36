/* The store and the journal of these tests: their headers are the contract, memory is the disk. */
#pragma once

#include "journal/journal.h"
#include "store/store.h"

enum { FAKE_SESSIONS = 8, FAKE_EVENTS = 64, FAKE_LOGINS = 32, FAKE_TURNS = 8 };

struct fake_login {
    uint8_t sha256[32];
    char iin[16], bin[16];
};

struct fake_session {
    struct arena *arena; /* holds all below */
    struct signing_session session;
    struct session_secrets secrets;
    struct signed_turn turns[FAKE_TURNS]; /* in the order in which they were taken */
    size_t turn_count;
    struct signed_document *signed_documents;
    size_t signed_count;
    bool waits_for_seal;
    int64_t seal_due_ms;
    unsigned seal_tries;
    struct evidence_seal seal;
    struct fake_login logins[FAKE_LOGINS];
    struct login_tally tally;
    int64_t wipe_due_ms; /* not before; ended_ms is left 0, so ages are counted from birth */
};

struct store {
    struct fake_session sessions[FAKE_SESSIONS];
    size_t count;
    int64_t now_ms;                  /* the database's clock */
    enum status fails;               /* every call ends so, unless ST_OK */
    const struct session_put *rival; /* signs first, once; NULL: nobody */
    const struct session_put *early; /* likewise, before documents are read */
    enum session_state race; /* before the next change the session becomes this, unless created */
};

struct fake_event {
    char name[64], account[64], ip[64], signing[64], code[16], iin[16], text[256];
    char exchange[64], message_id[64];
    enum event_level level;
};
struct journal {
    struct fake_event events[FAKE_EVENTS];
    size_t count;
    bool full; /* the disk */
};

void fake_store_clear(struct store *store);
/* The last event; one without a name when there is none. */
const struct fake_event *fake_last(const struct journal *journal);
