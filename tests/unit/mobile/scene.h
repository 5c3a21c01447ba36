/* One session in the hands of a telephone: fetched, signed well or badly, PUT back. */
#pragma once

#include "fixture.h"
#include "notary.h"
#include "json/json.h"

/* Beginnings of what a citizen reads. */
#define FORMAT "The signature could not be recognised"
#define CHANGED "What was signed is not what"
#define CONTENT "The signature does not fit"

extern struct notary *notary; /* of the whole program */
/* cmocka's group set-up and tear-down. */
int scene_open_notary(void **state);
int scene_close_notary(void **state);

/* A session that a telephone has fetched, and the body that it will PUT. */
struct scene {
    struct fixture f;
    struct created created;
    struct json *json;  /* of API №2, to be changed */
    struct bytes *body; /* when a test wants other bytes than json's */
    char authorization[80];
};

/* A session with Token for the individual of the sandbox, fetched. count: 1 or 2 documents. */
void scene_init(struct scene *s, enum sign_method method, size_t count);
/* The same with one document of the caller's. */
void scene_init_document(struct scene *s, enum sign_method method, const struct document *document);
/* The same with the caller's documents. */
void scene_init_documents(struct scene *s, enum sign_method method,
                          const struct document *documents, size_t count);
/* The same for several signers; count: 1 or 2 documents. */
void scene_init_signers(struct scene *s, enum sign_method method, size_t count,
                        const struct expected_signer *signers, size_t signer_count);
/* Another telephone fetches. */
void scene_fetch_again(struct scene *s);
void scene_close(struct scene *s);

const struct signing_session *scene_stored(const struct scene *s);
const struct fake_event *scene_last(const struct scene *s);

int scene_put(struct scene *s, struct bytes **ret_json);
/* The message begins so. */
void scene_must_put(struct scene *s, int status, const char *message);

/* The PUT has its answer, and all that follows from it: signed, or refused and counted with reason
 * in its journal text, which names nobody (C-27). */
void scene_must_end(struct scene *s, int status, const char *message, const char *reason);

struct json *scene_document(struct scene *s, size_t i);
struct json *scene_file(struct scene *s, size_t i);
void scene_set_data(struct scene *s, size_t i, struct slice raw);
/* Signs document i; NULL family, holder, content: rsa, individual, the issued one. */
void scene_cms(struct scene *s, size_t i, const struct cms_wish *wish, const char *content);
void scene_xml(struct scene *s, size_t i, const char *holder, const char *text);
/* All documents as they should be. */
void scene_good(struct scene *s);
/* Text for text in the printed JSON; from must be there. */
void scene_swap_text(struct scene *s, const char *from, const char *to);
