/* What a citizen reads on the telephone when something went wrong, in three languages (req 1.42,
 * 1.43). Pure tables; thread-safe. */
#pragma once

#include "base/slice.h"

enum language { LANGUAGE_RU = 0, LANGUAGE_KK, LANGUAGE_EN, LANGUAGE_COUNT_ };

enum message {
    MSG_UNKNOWN,       /* 404 */
    MSG_BEARER,        /* 401 */
    MSG_LOGIN,         /* 401: nobody has logged in yet (authType Eds) */
    MSG_LOGIN_INVALID, /* 401, this one and those below: no login, or not signed as it should be */
    MSG_LOGIN_ADDRESS, /* of another session or service */
    MSG_LOGIN_TIME,
    MSG_LOGIN_SEEN,
    MSG_LOGIN_KEY,     /* not by an authentication key of a person */
    MSG_LOGIN_LIMIT,   /* 429 */
    MSG_LOGIN_OTHER,   /* 403: signed by another person than who logged in */
    MSG_EXPIRED,       /* 403 */
    MSG_SIGNED,        /* 409 */
    MSG_SIGNED_BEFORE, /* 409: by this citizen; others are waited for */
    MSG_CANCELLED,     /* 409 */
    MSG_FAILED,        /* 409 */
    MSG_REFUSED,       /* 409: the citizen refused before */
    MSG_METHOD,        /* 405 */
    MSG_TOO_LARGE,     /* 413 */
    MSG_NOT_JSON,      /* 400 */
    MSG_STRANGER,      /* 429: too many wrong tokens came from this address */
    MSG_UNAVAILABLE,   /* 503 */
    MSG_REVOCATION,    /* 503: it cannot be learnt now */
    MSG_INTERNAL,      /* 500 */
    MSG_CHANGED,       /* 403: the rest of the JSON is not as it was issued */
    MSG_FORMAT,        /* 403, this one and those below */
    MSG_ALGORITHM,
    MSG_CONTENT, /* the signature is over another content, or not right */
    MSG_PATH,
    MSG_DATES,
    MSG_REVOKED,
    MSG_KEY_USAGE,
    MSG_ROLE,
    MSG_OWNER,
    MSG_TIMESTAMP,
    MSG_SIGNERS,     /* not one and the same person over all documents */
    MSG_NO_MORE,     /* added to the fifth refusal */
    MSG_WHY_SCANNED, /* reasons of a status, in the session's language */
    MSG_WHY_EXPIRED,
    MSG_WHY_EXPIRED_HALFWAY, /* some have signed, some have not */
    MSG_WHY_EXPIRED_UNOPENED,
    MSG_WHY_CANCELLED,
    MSG_COUNT_,
};

/* Accept-Language (RFC 9110 section 12.5.4): ru, kk (kz tolerated) or en with the highest q; ru
 * otherwise. */
enum language language_accepted(struct slice accept_language);
/* A session's language: ru, kk, en; ru otherwise. */
enum language language_of(const char *name);
const char *message_text(enum message message, enum language language);
