/* Somebody at the door of a session with authType Eds: logins good and bad. */
#pragma once

#include "scene.h"

#define LOGIN_XML                                                                                  \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><login><url>@URL@</url>"                            \
    "<timeStamp>@TIME@</timeStamp></login>"

/* A login on its way: what is not set is as it should be. */
struct login_wish {
    const char *xml;       /* before it is signed; @URL@ and @TIME@ are filled in */
    const char *url;       /* for @URL@; @HOME@ is the session's API №2 */
    const char *time;      /* for @TIME@ */
    const char *holder;    /* "": nobody signs */
    const char *family;    /* rsa */
    const char *from, *to; /* in the signed text, once */
};

/* A session with Eds, and nobody expected; the app has fetched API №1. */
void entrance_open(struct scene *s, enum sign_method method);
/* The same with these signers. */
void entrance_open_for(struct scene *s, const struct expected_signer *signers, size_t count);

/* The signed XML; the caller's. */
struct bytes *entrance_xml(const struct scene *s, const struct login_wish *wish);
/* {"xml":…}; the caller's. */
struct bytes *entrance_body(struct slice xml);
/* POSTs the body to API №2; the answer is the caller's. */
int entrance_post(struct scene *s, struct slice body, struct bytes **ret_json);
/* POSTs it; status and the beginning of the message, "" when documents are expected, which become
 * s->json. */
void entrance_must_post(struct scene *s, struct slice body, int status, const char *message);
void entrance_must_login(struct scene *s, const struct login_wish *wish, int status,
                         const char *message);

/* Beginnings of what a citizen reads. */
#define LOGIN_FIRST "You have to sign in with your key first"
#define LOGIN_INVALID "Your sign-in could not be confirmed"
#define LOGIN_ADDRESS "The sign-in was confirmed for another QR code"
#define LOGIN_TIME "The telephone's time is not that of the service"
#define LOGIN_SEEN "This sign-in was used before"
#define LOGIN_KEY "You cannot sign in with this key"
#define LOGIN_LIMIT "There were too many attempts to sign in"
#define LOGIN_OTHER "The documents were signed by somebody else than who signed in"
