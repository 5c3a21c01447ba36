#include "sandbox/walk.h"

#include "base/text.h"
#include "sandbox/file.h"

#include <stdlib.h>

enum { WAIT_MS = 30000, URL_TEXT = 256 };

struct walk {
    const struct family *family;
    const struct entity *holder;
    enum language language;
    struct key *key;
    struct key *auth_key;
    struct phone *phone;
    bool has_offer;
    struct phone_offer offer;
    enum walk_step step;
    struct err err; /* of step */
    char tsp_url[URL_TEXT];
    char qr[WALK_QR_TEXT];
};

static enum status open_key(const struct walk_wish *wish, const struct entity *holder,
                            struct key **ret_key, struct err *err)
{
    char name[128], key[FILE_PATH_MAX], pass[FILE_PATH_MAX];

    (void)text_format(name, sizeof(name), "%s/%s.p12", wish->family->name, holder->name);
    TRY(file_path(key, wish->dir, name, err));
    TRY(file_path(pass, wish->dir, "pass", err));
    return key_open(&(struct key_source){ .place = key, .secret_file = pass }, ret_key, err);
}

/* The person's own key to sign in with (req 1.19). */
static const struct entity *auth_of(const struct entity *holder)
{
    for (size_t i = 0; i < HOLDER_COUNT; i++)
        if (holders[i].kind == KIND_AUTH && holders[i].iin && holder->iin &&
            strcmp(holders[i].iin, holder->iin) == 0)
            return &holders[i];
    return NULL;
}

enum status walk_new(const struct walk_wish *wish, struct walk **ret_walk, struct err *err)
{
    static const char *const languages[LANGUAGE_COUNT_] = { "ru", "kk", "en" };
    const struct entity *auth = auth_of(wish->holder);
    AUTO(walk_free) struct walk *walk = calloc(1, sizeof(*walk));
    struct phone_params params = { .rest = wish->rest,
                                   .language = languages[wish->language],
                                   .clock = wish->clock,
                                   .wait_ms = WAIT_MS };

    if (!walk)
        return RAISE(err, ST_NOMEM, "out of memory");
    walk->family = wish->family;
    walk->holder = wish->holder;
    walk->language = wish->language;
    if (!text_copy(walk->qr, sizeof(walk->qr), wish->qr) ||
        !text_format(walk->tsp_url, sizeof(walk->tsp_url), "%s/tsp/%s", wish->authority_url,
                     wish->family->name))
        return RAISE(err, ST_INPUT, "the QR's text, or the authority's address, is too long");
    TRY(open_key(wish, wish->holder, &walk->key, err));
    if (auth)
        TRY(open_key(wish, auth, &walk->auth_key, err));
    params.key = walk->key;
    params.auth_key = walk->auth_key;
    params.tsp_url = walk->tsp_url;
    TRY(phone_new(&params, &walk->phone, err));
    *ret_walk = TAKE(walk);
    return ST_OK;
}

void walk_free(struct walk *walk)
{
    if (!walk)
        return;
    phone_free(walk->phone);
    key_free(walk->key);
    key_free(walk->auth_key);
    free(walk);
}

/* ---- the steps ---- */

/* A step's error is what the screen tells of it. */
static bool go(struct walk *walk, enum walk_step step, enum status status)
{
    walk->step = step;
    if (status == ST_OK)
        walk->err = (struct err){ .status = ST_OK };
    return status == ST_OK;
}

void walk_fetch(struct walk *walk)
{
    walk->has_offer = go(walk, WALK_SCANNED,
                         phone_scan(walk->phone, slice_str(walk->qr), &walk->offer, &walk->err));
    if (walk->has_offer)
        (void)go(walk, WALK_FETCHED, phone_fetch(walk->phone, &walk->err));
}

void walk_sign(struct walk *walk)
{
    if (go(walk, WALK_SIGNED, phone_sign(walk->phone, &walk->err)))
        (void)go(walk, WALK_SENT, phone_send(walk->phone, &walk->err));
}

void walk_refuse(struct walk *walk)
{
    (void)go(walk, WALK_REFUSED, phone_refuse(walk->phone, &walk->err));
}

/* ---- readers ---- */

bool walk_is_open(const struct walk *walk)
{
    return walk->step == WALK_FETCHED && walk->err.status == ST_OK;
}

struct walk_end walk_end(const struct walk *walk)
{
    return (struct walk_end){ walk->step, &walk->err, phone_answer(walk->phone) };
}

const char *walk_qr(const struct walk *walk)
{
    return walk->qr;
}

enum language walk_language(const struct walk *walk)
{
    return walk->language;
}

const struct family *walk_family(const struct walk *walk)
{
    return walk->family;
}

const struct entity *walk_holder(const struct walk *walk)
{
    return walk->holder;
}

const struct phone_offer *walk_offer(const struct walk *walk)
{
    return walk->has_offer ? &walk->offer : NULL;
}

const struct phone *walk_phone(const struct walk *walk)
{
    return walk->phone;
}

size_t walk_bytes(const struct walk *walk)
{
    size_t bytes = 0;

    for (size_t i = 0; i < phone_document_count(walk->phone); i++)
        bytes += phone_document(walk->phone, i).value.len;
    return bytes;
}
