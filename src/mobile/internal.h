/* What the files of src/mobile/ share; no other folder includes it. */
#pragma once

#include "base/arena.h"
#include "mobile/messages.h"
#include "mobile/mobile.h"
#include "mobile/reason.h"
#include "mobile/turn.h"
#include "wsse/login.h"
#include "wsse/xmlsig.h"
#include "json/json.h"

/* Immutable after mobile_new(), so shared by all threads without a lock. */
struct mobile {
    struct arena *arena;    /* owned; the struct itself and all texts of params are in it */
    struct mobile_params p; /* texts and cluster_key are the arena's copies */
    int zone_minutes;       /* of p.expiry_zone, east of Greenwich */
};

/* ---- secret.c: the three URL values of a session (payloads.md section 1) ---- */
enum secret {
    SECRET_TOKEN,  /* TOKEN of /m/TOKEN */
    SECRET_BEARER, /* auth_token */
    SECRET_PAGE,   /* ID of /sign/ID */
};
enum { SECRET_CHARS = 22, SECRET_TEXT = SECRET_CHARS + 1 };

MUST_USE enum status secret_derive(const struct mobile *mobile, enum secret secret,
                                   const struct id *session, char ret[SECRET_TEXT],
                                   struct err *err);
/* The stored form of TOKEN and ID; false when text cannot be one of them. */
bool secret_lookup(struct slice text, uint8_t ret_sha256[32]);

/* ---- url.c: what is made of a session's secrets ---- */
struct urls {
    struct bytes *api1, *api2, *page, *qr_text, *link, *business_link;
};
MUST_USE enum status urls_make(const struct mobile *mobile, const struct id *session,
                               struct urls *ret, struct err *err);
void urls_free(struct urls *urls); /* frees the members */

/* ---- check.c: the rules of a createSigningSession, limits named in the errors ---- */
/* session's texts are borrowed from req and sender or allocated in session's arena. */
MUST_USE enum status check_create(const struct mobile *mobile, const struct mobile_sender *sender,
                                  const struct create_session *req, struct signing_session *session,
                                  int64_t *ret_life_ms, struct err *err);
MUST_USE enum status check_documents(const struct mobile *mobile, const struct create_session *req,
                                     struct signing_session *session, struct err *err);
/* At most max characters of UTF-8 without control characters; min 0: may be empty. */
struct text_rule {
    const char *field;
    size_t min, max;
};
MUST_USE enum status check_text(const char *text, const struct text_rule *rule, struct err *err);
/* kz and en default to ru (app users of either language must see a name). */
MUST_USE enum status check_names(const struct names *names, const char *field, struct names *ret,
                                 struct err *err);

/* ---- create.c: a sender's call on record ---- */

struct sender_call { /* borrowed */
    const struct mobile *mobile;
    const struct mobile_sender *sender;
    const struct request *req;
    int64_t start_ms;
};
/* Writes the event with who asked, from where, by which message, from when until now. */
MUST_USE enum status sender_journal(const struct sender_call *call, const struct event *what,
                                    struct err *err);

/* ---- warnings.c: what the app will not show (req 1.11, 1.32, 1.46) ---- */
/* Fills ret's warnings: at most one for each document and one for the session. Memory is the
 * arena's. */
MUST_USE enum status warnings_find(const struct signing_session *session, struct arena *arena,
                                   struct session_created *ret, struct err *err);

/* ---- method_*.c: one row per signing method ---- */
struct method {
    enum sign_method method;
    /* Create: may this document be signed so? field is its path for errors. */
    enum status (*check)(const struct mobile *mobile, const struct document *document,
                         const char *field, struct err *err);
    /* API №2: puts the member that is signed into the document's JSON; value as issue() or the
     * telephone wrote it. */
    void (*put)(struct json *object, const struct document *document, struct slice value);
    /* The value to sign as it stands in JSON. */
    enum status (*issue)(const struct document *document, struct bytes **ret, struct err *err);
    /* Finds that member in a returned document; false: it is not there. */
    bool (*take)(const struct json *object, struct slice *ret_value);
    /* The telephone's value into what is kept: DER or XML. ST_FORMAT. */
    enum status (*decode)(const struct mobile *mobile, struct slice value, struct bytes **ret,
                          struct err *err);
    /* Judges the signature, and adds a CHECK_COVERAGE row whether its content is the issued one. */
    enum verdict (*judge)(const struct mobile *mobile, const struct judge *judge,
                          const struct document *issued, struct slice content,
                          struct report *report);
    /* The signature alone, of a signed document whose content is to be wiped. NULL: it is that. */
    enum status (*detach)(const struct mobile *mobile, struct slice content, struct bytes **ret,
                          struct err *err);
    /* Judges what detach() left, with the issued document brought. NULL where that is NULL. */
    enum verdict (*judge_left)(const struct mobile *mobile, const struct judge *judge,
                               const struct document *issued, struct slice left,
                               struct report *report);
};
extern const struct method method_xml;
extern const struct method method_cms_with_data;
extern const struct method method_cms_sign_only;
extern const struct method method_sign_bytes_array;
/* NULL: there is no such method of one document. */
const struct method *method_find(enum sign_method method);
/* The document of that id as it was issued; NULL: none. */
const struct document *document_issued(const struct signing_session *session, int64_t id);
/* A document's own method counts in a MIX_SIGN session (req 1.11, 1.27). */
const struct method *method_of(const struct signing_session *session,
                               const struct document *document);

/* ---- method_file.c: what the methods that sign a file share; members of struct method ---- */
MUST_USE enum status file_check(const struct mobile *mobile, const struct document *document,
                                const char *field, struct err *err);
void file_put(struct json *object, const struct document *document, struct slice value);
MUST_USE enum status file_issue_base64(const struct document *document, struct bytes **ret,
                                       struct err *err);
bool file_take(const struct json *object, struct slice *ret_value);

/* ---- issue.c: the JSON that the app fetches ---- */
MUST_USE enum status issue_api1(const struct mobile *mobile, const struct signing_session *session,
                                struct bytes **ret_json, struct err *err);
MUST_USE enum status issue_api2(const struct mobile *mobile, const struct signing_session *session,
                                struct bytes **ret_json, struct err *err);
/* The JSON that a PUT must equal: issued, with the given values in place of the data, and with the
 * shapes that returned may have instead (no version, an empty meta). */
MUST_USE enum status issue_expected(const struct signing_session *session,
                                    const struct slice *values, const struct json *returned,
                                    struct json **ret, struct err *err);
/* {"message":…} and, after success, {"message":"success","status":"success","backUrl":…}. */
MUST_USE enum status issue_message(const char *text, const char *more, struct bytes **ret_json,
                                   struct err *err);
MUST_USE enum status issue_success(const struct signing_session *session, struct bytes **ret_json,
                                   struct err *err);

/* ---- returned.c: the JSON that the app PUTs ---- */
struct returned {
    struct json *json;      /* owned */
    size_t count;           /* 0: it carries no documents */
    struct bytes **content; /* owned: decoded signed values in the session's order */
};
/**
 * session has its documents.
 * ST_FORMAT  no JSON, not an object
 * ST_INPUT   not the issued JSON but for the signed fields (req 1.36); the text says where
 */
MUST_USE enum status returned_read(const struct mobile *mobile,
                                   const struct signing_session *session, struct slice body,
                                   struct returned *ret, struct err *err);
void returned_free(struct returned *returned); /* frees the members */

/* ---- judge.c: are all returned documents signed as the session wants? ---- */
enum decision { DECISION_REFUSED = 0, DECISION_DEFERRED, DECISION_AGAIN, DECISION_ACCEPTED };
struct judgement {
    enum decision decision;    /* DEFERRED: revocation cannot be learnt now; AGAIN: right, but of a
                                  signer who has signed already */
    uint32_t turn;             /* when accepted */
    enum message message;      /* for the citizen unless accepted */
    char reason[REASON_TEXT];  /* precise, for store and journal; holds no IIN */
    char unknown[REASON_TEXT]; /* accepted although revocation could not be learnt: why; else "" */
    struct arena *arena;       /* owned: holds the documents */
    struct signed_document *documents; /* with evidence; when accepted */
    struct evidence **evidence;        /* owned: what documents' evidence borrows */
    struct bytes **reports;            /* owned: JSON of shepctl verify */
    size_t count;
};
MUST_USE enum status judge_documents(const struct mobile *mobile,
                                     const struct signing_session *session,
                                     const struct returned *returned, const struct peer *peer,
                                     struct judgement *ret, struct err *err);
void judgement_free(struct judgement *judgement); /* frees the members */
/* What a check that says no means to a citizen. */
enum message judge_message(enum check culprit);
/* How a signature of a citizen is judged: trust, revocation, algorithms as configured; borrowed
 * from mobile. The deadline leaves time to store and to answer. */
struct judge judge_of_user(const struct mobile *mobile, enum purpose purpose,
                           const struct peer *peer);
/* What follows from a verdict. Revocation that cannot be learnt defers, unless a setting accepts
 * that (then *ret_unknown); whatever else is not a yes is a no. */
enum decision judge_decide(const struct mobile *mobile, enum verdict verdict,
                           const struct report *report, bool *ret_unknown);

/* ---- login_judge.c: a login with an authentication key (authType Eds, req 1.19) ---- */
enum { LOGIN_MAX_BYTES = 64 << 10 }; /* of the POST */
struct login_text {
    struct json *json;       /* owned: holds signed_xml */
    struct slice signed_xml; /* as it came */
    struct login_xml xml;
    bool is_timed; /* timeStamp can be read */
    int64_t at_ms; /* what it says, Unix */
};
/* {"xml":"…"}. ST_FORMAT: no such JSON, or no login in it. */
MUST_USE enum status login_read(struct slice body, struct login_text *ret, struct err *err);
void login_text_free(struct login_text *text); /* frees the members */

struct login_judgement {
    enum decision decision;    /* DEFERRED: revocation cannot be learnt now */
    char reason[REASON_TEXT];  /* the check that failed, and why; holds no IIN */
    char unknown[REASON_TEXT]; /* as of struct judgement */
    char iin[13], bin[13];     /* whose key it was, once the signature stands; else "" */
    uint8_t sha256[32];        /* of what was signed and of the certificate */
};
/* What the reason of a refused login means to a citizen. */
enum message login_message(struct slice reason);
/* Why a PUT was refused, by itself. */
#define REASON_OTHER_LOGIN "owner: signed by another person than who logged in"
/* Whether it was seen before is the store's to say. */
MUST_USE enum status login_judge(const struct mobile *mobile, const struct signing_session *session,
                                 struct slice body, const struct peer *peer,
                                 struct login_judgement *ret, struct err *err);

/* ---- seal.c ---- */
enum { SEAL_MAX_BYTES = 32 << 20 };
/* A session with its documents and result as wsdl/evidence.xsd says, not sealed yet. */
MUST_USE enum status seal_write(const struct signing_session *session, struct bytes **ret_xml,
                                struct err *err);
/* What a session's documents, signed documents and seal may have together. */
size_t mobile_content_max(const struct mobile *mobile);

/* ---- app.c, login.c, put.c: one HTTP call of the app ---- */
struct app {
    struct mobile *mobile;
    const struct mobile_call *call;
    enum language language;
    uint8_t token_sha256[32];
    struct signing_session *session; /* owned; NULL until the token is found */
    /* the answer; json is made from message when a handler leaves it NULL */
    int status;
    enum message message;
    bool no_more; /* MSG_NO_MORE goes after message */
    struct bytes *json;
    bool wrong_token;
    /* the journal's line */
    enum event_level level;
    const char *event;
    char iin[13];
    char text[240];
};
/* Sets a refusal; `text` is for the journal. */
void app_refuse(struct app *app, int status, enum message message, const char *event,
                const char *text);
/* False when the session is final: the answer is set (403 expired, 409 otherwise). */
bool app_is_live(struct app *app);
/* Reads the session again, with parts. */
MUST_USE enum status app_load(struct app *app, unsigned parts, struct err *err);
/* After ST_CONFLICT of the store: sets the answer that fits what the session has become. */
MUST_USE enum status app_conflict(struct app *app, struct err *err);
MUST_USE enum status app_put(struct app *app, struct err *err);
/* The documents, or why not. */
MUST_USE enum status app_send_documents(struct app *app, struct err *err);
/* A line of the journal beside that of the call itself. Borrowed texts. */
struct app_note {
    enum event_level level;
    const char *event, *code, *text;
};
MUST_USE enum status app_journal(const struct app *app, const struct app_note *note,
                                 struct err *err);
/* The documents against a login; the session's authType is Eds. */
MUST_USE enum status app_login(struct app *app, struct err *err);
/* Has anybody logged in? */
MUST_USE enum status login_was(const struct app *app, bool *ret, struct err *err);
/* Has this signer logged in? Always, where no login is demanded. */
MUST_USE enum status login_covers(const struct app *app, const struct signer *signer, bool *ret,
                                  struct err *err);
