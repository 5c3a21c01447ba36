/* A signing session: what a government system asks a citizen to sign, and what came of it. */
#pragma once

#include "base/arena.h"
#include "base/id.h"
#include "base/slice.h"
#include "model/signer.h"

#include <stdbool.h>
#include <stdint.h>

/* req 1.07–1.11; texts of session_method_name() are the seed's, case included (req 1.40) */
enum sign_method {
    METHOD_NONE = 0, /* per document: the session's method applies */
    METHOD_XML,
    METHOD_CMS_WITH_DATA,
    METHOD_CMS_SIGN_ONLY,
    METHOD_SIGN_BYTES_ARRAY,
    METHOD_MIX_SIGN,
};

/* req 1.16 */
enum auth_type { AUTH_NONE = 0, AUTH_TOKEN, AUTH_EDS };

/* flows.md section 1 «Session life». The first three are live, the others final. */
enum session_state {
    SESSION_CREATED = 0,
    SESSION_SCANNED,        /* API №1 was fetched */
    SESSION_DOCUMENTS_SENT, /* API №2 was fetched */
    SESSION_SIGNED,
    SESSION_EXPIRED,
    SESSION_CANCELLED,
    SESSION_FAILED,
};

struct names {
    const char *ru;
    const char *kz;
    const char *en;
};

struct meta_item {
    const char *name;
    const char *value;
};

struct organisation {
    struct names name;
    const char *bin;
};

struct document {
    int64_t id;              /* positive, unique in the session (req 1.26) */
    enum sign_method method; /* METHOD_NONE unless the session is MIX_SIGN (req 1.27) */
    struct names name;
    const struct meta_item *meta;
    size_t meta_count;
    struct slice content; /* the XML text (UTF-8) or the file's decoded bytes; empty when wiped */
    const char *mime;     /* NULL for XML documents */
};

/* Whom the session expects to sign; empty members match anybody. Each has a turn of his own, by his
 * position from 0; a session that names nobody has the one turn 0. */
struct expected_signer {
    const char *iin;
    const char *bin;
    unsigned roles;    /* enum role, any of them; 0 = any */
    int64_t signed_ms; /* 0: not yet */
};

/* A turn that was taken: one signer signed all documents. */
struct signed_turn {
    uint32_t turn;
    uint8_t put_sha256[32]; /* of the PUT's body */
    int64_t signed_ms;      /* when it was accepted */
};

/* Evidence of one signed document, stored before the telephone gets its 200. */
enum evidence_kind {
    EVIDENCE_CERTIFICATE = 1, /* DER X.509, signer first, then its path, then the timestamp
                                 authority's; each once */
    EVIDENCE_OCSP,            /* DER OCSPResponse */
    EVIDENCE_CRL,             /* text: issuer, numbers, dates, SHA-256 of the lists relied upon, and
                                 the entry found; their bytes: server/lists_archive.h */
    EVIDENCE_TSP,             /* DER TimeStampToken */
    EVIDENCE_REPORT,          /* JSON verdict of shepctl verify --json */
};

struct evidence_item {
    enum evidence_kind kind;
    struct slice data;
};

struct signed_document {
    int64_t id;
    uint32_t turn;        /* whose signature it is */
    struct slice content; /* CMS DER, or the signed XML text; when wiped: the detached CMS, or the
                             ds:Signature */
    struct signer signer; /* who */
    int64_t signed_at_ms; /* the timestamp's time; for XML the time of acceptance */
    const struct evidence_item *evidence;
    size_t evidence_count;
};

/* Our own XAdES over all that was stored of a signed session (wsdl/evidence.xsd; req 0.14). */
struct evidence_seal {
    struct slice xml; /* empty: not made yet */
    bool is_stamped;  /* XAdES-T, else XAdES-BES */
    int64_t made_ms;
};

/* All memory, the struct included, is the arena's; times are Unix milliseconds. */
struct signing_session {
    struct arena *arena; /* owned */
    struct id id;
    const char *sender_id;
    enum session_state state; /* as of read_ms */
    int64_t read_ms;          /* the database's clock when it was read */
    const char *reason;       /* why it failed, or why the last PUT was refused; "" */
    const char *description;
    const char *language; /* ru, kk or en */
    enum sign_method method;
    enum auth_type auth;
    const char *back_url; /* "" when none */
    struct organisation organisation;
    int64_t created_ms, expires_ms, scanned_ms, documents_sent_ms, ended_ms; /* 0: not yet */
    int64_t wiped_ms; /* since when documents have no content, and signed_documents the signature
                         alone; 0: all is there */
    uint32_t failed_puts;
    const struct document *documents;
    size_t document_count;
    const struct expected_signer *signers;
    size_t signer_count;
    const struct signed_turn *turns; /* those taken so far, by turn */
    size_t turn_count;
    const struct signed_document *signed_documents; /* in the order of documents, then of turns */
    size_t signed_count;
    struct evidence_seal seal; /* when signed */
};

/* NULL is fine. */
void signing_session_free(struct signing_session *session);
DEFINE_AUTO(struct signing_session, signing_session_free)

/* How many turns it takes until the session is signed. */
size_t session_turns_wanted(const struct signing_session *session);

const char *session_method_name(enum sign_method method);
const char *session_auth_name(enum auth_type auth);
const char *session_state_name(enum session_state state); /* created scanned documents_sent … */
/* Exact case; false when the text is none of them. */
bool session_method_parse(struct slice text, enum sign_method *ret);
bool session_auth_parse(struct slice text, enum auth_type *ret);
bool session_state_parse(struct slice text, enum session_state *ret);
/* individual, legalEntity, ceo, signRight … (the payload's role element); false when unknown. */
bool session_role_parse(struct slice text, unsigned *ret_role);
const char *session_role_name(unsigned role); /* of one bit */
