/* How a session's rows and the model's structs correspond: one table of columns each, used for
 * writing and for reading. For this room only. */
#pragma once

#include "store/db.h"

/* The ceiling of a session's lists, whatever upper floors allow. */
enum { SESSION_LIST_MAX = 40000 };

/* Rows that the model's structs do not carry alone. */
struct meta_row {
    int64_t document_id;
    struct meta_item item;
};
struct evidence_row {
    int64_t document_id;
    uint32_t turn;
    uint32_t kind;
    struct slice data;
};

extern const struct columns session_fixed;  /* struct signing_session: id … organisation.bin */
extern const struct columns document_fixed; /* struct document: id … mime */
extern const struct columns signer_fixed;   /* struct expected_signer */
extern const struct columns meta_fixed;     /* struct meta_row */
/* SQL: not final yet, but it may be overdue. */
#define SESSION_LIVE "state IN ('created', 'scanned', 'documents_sent')"

/* SQL: a list of ids of one query; those that are not needed are NULL. */
enum { SESSION_IDS = 64 };
#define SESSION_IDS_8 "?, ?, ?, ?, ?, ?, ?, ?"
#define SESSION_IDS_32 SESSION_IDS_8 ", " SESSION_IDS_8 ", " SESSION_IDS_8 ", " SESSION_IDS_8
#define SESSION_IN "(" SESSION_IDS_32 ", " SESSION_IDS_32 ")"

extern const struct columns signed_signer; /* struct signer, without its dates */
bool parse_state(struct slice text, void *member);
