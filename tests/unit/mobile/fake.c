/* Link-time stand-ins for the functions of store and journal that mobile calls. */
#include "fake.h"

#include "base/text.h"

static struct slice keep(struct arena *arena, struct slice s)
{
    return (struct slice){ arena_text(arena, s), s.len };
}

static const char *keep_text(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, slice_str(text)) : NULL;
}

static struct names keep_names(struct arena *arena, const struct names *names)
{
    return (struct names){ keep_text(arena, names->ru), keep_text(arena, names->kz),
                           keep_text(arena, names->en) };
}

static const struct meta_item *keep_meta(struct arena *arena, const struct document *document)
{
    struct meta_item *meta = arena_array(arena, document->meta_count + 1, sizeof(*meta));

    for (size_t i = 0; i < document->meta_count; i++)
        meta[i] = (struct meta_item){ keep_text(arena, document->meta[i].name),
                                      keep_text(arena, document->meta[i].value) };
    return meta;
}

static const struct document *keep_documents(struct arena *arena, const struct signing_session *s,
                                             bool content)
{
    struct document *documents = arena_array(arena, s->document_count + 1, sizeof(*documents));

    for (size_t i = 0; i < s->document_count; i++) {
        documents[i] = s->documents[i];
        documents[i].name = keep_names(arena, &s->documents[i].name);
        documents[i].meta = keep_meta(arena, &s->documents[i]);
        documents[i].mime = keep_text(arena, s->documents[i].mime);
        documents[i].content =
            content ? keep(arena, s->documents[i].content) : (struct slice){ "", 0 };
    }
    return documents;
}

static struct signing_session keep_session(struct arena *arena, const struct signing_session *s,
                                           bool content)
{
    struct signing_session copy = *s;
    struct expected_signer *signers = arena_array(arena, s->signer_count + 1, sizeof(*signers));

    copy.arena = arena;
    copy.sender_id = keep_text(arena, s->sender_id);
    copy.reason = keep_text(arena, s->reason ? s->reason : "");
    copy.description = keep_text(arena, s->description);
    copy.language = keep_text(arena, s->language);
    copy.back_url = keep_text(arena, s->back_url);
    copy.organisation.name = keep_names(arena, &s->organisation.name);
    copy.organisation.bin = keep_text(arena, s->organisation.bin);
    copy.documents = keep_documents(arena, s, content);
    for (size_t i = 0; i < s->signer_count; i++)
        signers[i] =
            (struct expected_signer){ keep_text(arena, s->signers[i].iin),
                                      keep_text(arena, s->signers[i].bin), s->signers[i].roles, 0 };
    copy.signers = signers;
    return copy;
}

static struct signed_document *keep_signed(struct arena *arena,
                                           const struct signed_document *documents, size_t count)
{
    struct signed_document *copy = arena_array(arena, count + 1, sizeof(*copy));

    for (size_t i = 0; i < count; i++) {
        size_t n = documents[i].evidence_count;
        struct evidence_item *items = arena_array(arena, n + 1, sizeof(*items));
        for (size_t k = 0; k < n; k++)
            items[k] = (struct evidence_item){ documents[i].evidence[k].kind,
                                               keep(arena, documents[i].evidence[k].data) };
        copy[i] = documents[i];
        copy[i].content = keep(arena, documents[i].content);
        copy[i].evidence = items;
    }
    return copy;
}

static void keep_turns(struct arena *arena, const struct fake_session *from,
                       struct signing_session *to)
{
    struct signed_turn *turns = arena_array(arena, from->turn_count + 1, sizeof(*turns));
    struct expected_signer *signers = (struct expected_signer *)to->signers; /* a copy of ours */

    memcpy(turns, from->turns, from->turn_count * sizeof(*turns));
    for (size_t i = 0; i < from->turn_count; i++)
        if (turns[i].turn < to->signer_count)
            signers[turns[i].turn].signed_ms = turns[i].signed_ms;
    to->turns = turns;
    to->turn_count = from->turn_count;
}

static int compare_signed(const void *a, const void *b, void *ctx)
{
    const struct signed_document *one = a, *other = b;
    const struct signing_session *session = ctx;
    size_t of_one = 0, of_other = 0;

    for (size_t i = 0; i < session->document_count; i++) {
        of_one = session->documents[i].id == one->id ? i : of_one;
        of_other = session->documents[i].id == other->id ? i : of_other;
    }
    if (of_one != of_other)
        return of_one < of_other ? -1 : 1;
    return one->turn < other->turn ? -1 : one->turn > other->turn;
}

/* What there is already, then the turn's; in the order of documents, then of turns. */
static void add_signed(struct fake_session *to, const struct session_put *put)
{
    size_t count = to->signed_count + put->count;
    struct signed_document *all = arena_array(to->arena, count + 1, sizeof(*all));

    if (to->signed_count)
        memcpy(all, to->signed_documents, to->signed_count * sizeof(*all));
    memcpy(all + to->signed_count, keep_signed(to->arena, put->documents, put->count),
           put->count * sizeof(*all));
    for (size_t i = to->signed_count; i < count; i++)
        all[i].turn = put->turn;
    qsort_r(all, count, sizeof(*all), compare_signed, &to->session);
    to->signed_documents = all;
    to->signed_count = count;
}

void fake_store_clear(struct store *store)
{
    for (size_t i = 0; i < store->count; i++)
        arena_free(store->sessions[i].arena);
    *store = (struct store){ .now_ms = store->now_ms };
}

static struct fake_session *by_id(struct store *store, const struct id *id)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->sessions[i].session.id.text, id->text) == 0)
            return &store->sessions[i];
    return NULL;
}

static struct fake_session *by_key(struct store *store, const struct session_key *key)
{
    if (key->id)
        return by_id(store, key->id);
    for (size_t i = 0; i < store->count; i++) {
        const struct session_secrets *secrets = &store->sessions[i].secrets;
        if ((key->token_sha256 && memcmp(key->token_sha256, secrets->token_sha256, 32) == 0) ||
            (key->page_id_sha256 && memcmp(key->page_id_sha256, secrets->page_id_sha256, 32) == 0))
            return &store->sessions[i];
    }
    return NULL;
}

static enum session_state state_now(const struct store *store, const struct signing_session *s)
{
    bool over = s->state <= SESSION_DOCUMENTS_SENT && store->now_ms >= s->expires_ms;

    return over ? SESSION_EXPIRED : s->state;
}

/* NULL: not there, or not live (err says so). */
static struct fake_session *live(struct store *store, const struct id *id, struct err *err)
{
    struct fake_session *found = by_id(store, id);

    if (found && store->race != SESSION_CREATED)
        found->session.state = store->race;
    store->race = SESSION_CREATED;
    if (found && state_now(store, &found->session) <= SESSION_DOCUMENTS_SENT)
        return found;
    (void)RAISE(err, found ? ST_CONFLICT : ST_NOT_FOUND, "session %s is not live", id->text);
    return NULL;
}

#define FAIL_IF_TOLD(store)                                                                        \
    do {                                                                                           \
        if ((store)->fails != ST_OK)                                                               \
            return RAISE(err, (store)->fails, "the store was told to fail");                       \
    } while (0)

/* The signature is the header's. NOLINTNEXTLINE(readability-function-size) */
enum status store_session_create(struct store *store, const struct signing_session *session,
                                 const struct session_secrets *secrets, int64_t life_ms,
                                 int64_t *ret_created_ms, int64_t *ret_expires_ms, struct err *err)
{
    struct fake_session *entry = &store->sessions[store->count];

    FAIL_IF_TOLD(store);
    if (store->count == FAKE_SESSIONS)
        return RAISE(err, ST_INTERNAL, "the fake store is full");
    entry->arena = arena_new((size_t)1 << 28);
    entry->session = keep_session(entry->arena, session, true);
    entry->session.state = SESSION_CREATED;
    entry->session.created_ms = *ret_created_ms = store->now_ms;
    entry->session.expires_ms = *ret_expires_ms = store->now_ms + life_ms;
    entry->secrets = *secrets;
    store->count++;
    return ST_OK;
}

static enum status let_early_sign(struct store *store, const struct id *id, struct err *err)
{
    const struct session_put *early = store->early;
    bool is_signed;

    store->early = NULL;
    return early ? store_session_sign(store, id, early, &is_signed, err) : ST_OK;
}

enum status store_session_find(struct store *store, const struct session_key *key, unsigned parts,
                               size_t max_bytes, struct signing_session **ret_session,
                               struct err *err)
{
    struct fake_session *found = by_key(store, key);
    struct arena *arena;
    struct signing_session *session;

    (void)max_bytes;
    FAIL_IF_TOLD(store);
    if (!found)
        return RAISE(err, ST_NOT_FOUND, "no such session");
    if (parts & SESSION_DOCUMENTS)
        TRY(let_early_sign(store, &found->session.id, err));
    arena = arena_new((size_t)1 << 28);
    session = arena_alloc(arena, sizeof(*session));
    *session = keep_session(arena, &found->session, parts & SESSION_DOCUMENTS);
    if (parts == SESSION_HEAD) {
        session->documents = NULL;
        session->document_count = 0;
    }
    session->state = state_now(store, &found->session);
    session->read_ms = store->now_ms;
    keep_turns(arena, found, session);
    if (parts & SESSION_RESULT) {
        session->signed_documents =
            keep_signed(arena, found->signed_documents, found->signed_count);
        session->signed_count = found->signed_count;
        session->seal = found->seal;
        session->seal.xml = keep(arena, found->seal.xml);
    }
    *ret_session = session;
    return ST_OK;
}

enum status store_session_advance(struct store *store, const struct id *id, enum session_state to,
                                  struct err *err)
{
    struct fake_session *found;

    FAIL_IF_TOLD(store);
    found = live(store, id, err);
    if (!found)
        return err->status;
    if (to > found->session.state)
        found->session.state = to;
    if (to >= SESSION_SCANNED)
        found->session.scanned_ms = store->now_ms;
    if (to == SESSION_DOCUMENTS_SENT)
        found->session.documents_sent_ms = store->now_ms;
    return ST_OK;
}

enum status store_session_sign(struct store *store, const struct id *id,
                               const struct session_put *put, bool *ret_is_signed, struct err *err)
{
    const struct session_put *rival = store->rival;
    struct fake_session *found;
    struct signed_turn *turn;

    FAIL_IF_TOLD(store);
    found = live(store, id, err);
    if (!found)
        return err->status;
    store->rival = NULL;
    if (rival)
        TRY(store_session_sign(store, id, rival, ret_is_signed, err));
    for (size_t i = 0; i < found->turn_count; i++)
        if (found->turns[i].turn == put->turn)
            return RAISE(err, ST_CONFLICT, "turn %u is taken", put->turn);
    turn = &found->turns[found->turn_count++];
    *turn = (struct signed_turn){ .turn = put->turn, .signed_ms = store->now_ms };
    memcpy(turn->put_sha256, put->put_sha256, 32);
    add_signed(found, put);
    found->session.reason = "";
    *ret_is_signed = found->turn_count == session_turns_wanted(&found->session);
    if (!*ret_is_signed)
        return ST_OK;
    found->session.state = SESSION_SIGNED;
    found->waits_for_seal = true;
    found->seal_due_ms = store->now_ms;
    return ST_OK;
}

enum status store_seal_take(struct store *store, struct id *ret_session, unsigned *ret_tries,
                            struct err *err)
{
    FAIL_IF_TOLD(store);
    for (size_t i = 0; i < store->count; i++) {
        struct fake_session *entry = &store->sessions[i];
        if (!entry->waits_for_seal || entry->seal_due_ms > store->now_ms)
            continue;
        entry->seal_due_ms = store->now_ms + 60000;
        *ret_tries = entry->seal_tries++;
        *ret_session = entry->session.id;
        return ST_OK;
    }
    return RAISE(err, ST_NOT_FOUND, "none waits");
}

enum status store_seal_keep(struct store *store, const struct id *session,
                            const struct evidence_seal *seal, struct err *err)
{
    struct fake_session *found = by_id(store, session);

    FAIL_IF_TOLD(store);
    if (!found->waits_for_seal)
        return ST_OK;
    found->waits_for_seal = false;
    found->seal = *seal;
    found->seal.xml = keep(found->arena, seal->xml);
    return ST_OK;
}

enum status store_wipe_take(struct store *store, int64_t keep_ms, struct id *ret_session,
                            struct err *err)
{
    FAIL_IF_TOLD(store);
    for (size_t i = 0; i < store->count; i++) {
        struct fake_session *entry = &store->sessions[i];
        if (state_now(store, &entry->session) <= SESSION_DOCUMENTS_SENT || entry->waits_for_seal ||
            entry->session.wiped_ms || entry->session.created_ms + keep_ms > store->now_ms ||
            entry->wipe_due_ms > store->now_ms)
            continue;
        entry->wipe_due_ms = store->now_ms + 3600000;
        *ret_session = entry->session.id;
        return ST_OK;
    }
    return RAISE(err, ST_NOT_FOUND, "none is due");
}

enum status store_wipe_keep(struct store *store, const struct id *session,
                            const struct signed_document *left, size_t count, bool *ret_done,
                            struct err *err)
{
    struct fake_session *found = by_id(store, session);

    FAIL_IF_TOLD(store);
    *ret_done = found->session.wiped_ms == 0;
    if (!*ret_done)
        return ST_OK;
    if (count != found->signed_count)
        return RAISE(err, ST_INTERNAL, "%zu of %zu are left", count, found->signed_count);
    found->session.wiped_ms = store->now_ms;
    found->session.documents = keep_documents(found->arena, &found->session, false);
    for (size_t i = 0; i < count; i++)
        found->signed_documents[i].content = keep(found->arena, left[i].content);
    return ST_OK;
}

enum status store_session_refuse_put(struct store *store, const struct id *id, const char *reason,
                                     enum session_state *ret_state, struct err *err)
{
    struct fake_session *found;

    FAIL_IF_TOLD(store);
    found = live(store, id, err);
    if (!found)
        return err->status;
    found->session.reason = keep_text(found->arena, reason);
    if (++found->session.failed_puts == 5)
        found->session.state = SESSION_FAILED;
    *ret_state = found->session.state;
    return ST_OK;
}

static struct fake_login *find_login(struct fake_session *session, const uint8_t sha256[32])
{
    for (size_t i = 0; i < session->tally.accepted; i++)
        if (memcmp(session->logins[i].sha256, sha256, 32) == 0)
            return &session->logins[i];
    return NULL;
}

enum status store_login_accept(struct store *store, const struct id *session,
                               const struct login *login, bool *ret_seen, struct err *err)
{
    struct fake_session *found;
    struct fake_login *to;

    FAIL_IF_TOLD(store);
    found = live(store, session, err);
    if (!found)
        return err->status;
    *ret_seen = find_login(found, login->sha256) != NULL;
    if (*ret_seen)
        return ST_OK;
    to = &found->logins[found->tally.accepted++];
    memcpy(to->sha256, login->sha256, 32);
    text_copy(to->iin, sizeof(to->iin), login->iin);
    text_copy(to->bin, sizeof(to->bin), login->bin);
    found->session.reason = "";
    return ST_OK;
}

enum status store_login_refuse(struct store *store, const struct id *session, const char *reason,
                               struct err *err)
{
    struct fake_session *found;
    char text[300];

    FAIL_IF_TOLD(store);
    found = live(store, session, err);
    if (!found)
        return err->status;
    found->tally.refused++;
    text_format(text, sizeof(text), STORE_LOGIN_REASON "%s", reason);
    found->session.reason = keep_text(found->arena, text);
    return ST_OK;
}

enum status store_login_count(struct store *store, const struct id *session,
                              struct login_tally *ret_tally, struct err *err)
{
    FAIL_IF_TOLD(store);
    *ret_tally = by_id(store, session)->tally;
    return ST_OK;
}

enum status store_login_has(struct store *store, const struct id *session, const char *iin,
                            const char *bin, bool *ret_has, struct err *err)
{
    const struct fake_session *found = by_id(store, session);

    FAIL_IF_TOLD(store);
    *ret_has = false;
    for (size_t i = 0; i < found->tally.accepted; i++) {
        const struct fake_login *login = &found->logins[i];
        *ret_has |= iin[0] && strcmp(login->iin, iin) == 0 &&
                    (!bin[0] || !login->bin[0] || strcmp(login->bin, bin) == 0);
    }
    return ST_OK;
}

enum status store_session_end(struct store *store, const struct id *id, enum session_state to,
                              const char *reason, struct err *err)
{
    struct fake_session *found;

    FAIL_IF_TOLD(store);
    found = live(store, id, err);
    if (!found)
        return err->status;
    found->session.state = to;
    found->session.reason = keep_text(found->arena, reason);
    return ST_OK;
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    struct fake_event *to = &journal->events[journal->count % FAKE_EVENTS];

    if (journal->full)
        return RAISE(err, ST_UNAVAILABLE, "the journal's disk is full");
    journal->count++;
    to->level = event->level;
    text_copy(to->name, sizeof(to->name), event->name);
    text_copy(to->account, sizeof(to->account), event->account);
    text_copy(to->ip, sizeof(to->ip), event->ip ? event->ip : "");
    text_copy(to->signing, sizeof(to->signing), event->signing ? event->signing : "");
    text_copy(to->exchange, sizeof(to->exchange), event->exchange ? event->exchange : "");
    text_copy(to->message_id, sizeof(to->message_id), event->message_id ? event->message_id : "");
    text_copy(to->code, sizeof(to->code), event->code ? event->code : "");
    text_copy(to->iin, sizeof(to->iin), event->iin ? event->iin : "");
    text_copy(to->text, sizeof(to->text), event->text ? event->text : "");
    return ST_OK;
}

const struct fake_event *fake_last(const struct journal *journal)
{
    static const struct fake_event none;

    return journal->count ? &journal->events[(journal->count - 1) % FAKE_EVENTS] : &none;
}
