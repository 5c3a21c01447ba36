/* Reads a session into memory of its own, as of one moment: turns come meanwhile, and long after
 * the end contents are wiped. */
#include "store/content.h"
#include "store/pool.h"
#include "store/session_rows.h"

#include <stdlib.h>

enum { TEXTS_MAX_BYTES = 48 * 1024 * 1024 }; /* all but the contents; a request has 32 MiB */

struct search {
    const struct session_key *key;
    unsigned parts;
    size_t max_bytes;
    struct db_memory memory;
    struct signing_session *session;
};

/* ---- the head ---- */

/* SQL reads best in lines of its own: */
/* clang-format off */
#define OVERDUE SESSION_LIVE " AND expires_at <= NOW(6)"
#define HEAD                                                                                       \
    "SELECT id, sender_id, description, language, method, auth, back_url, org_name_ru,"            \
    " org_name_kz, org_name_en, org_bin, IF(" OVERDUE ", 'expired', state), reason, "              \
    DB_MS("NOW(6)") ", "                                                                           \
    DB_MS("created_at") ", " DB_MS("expires_at") ", "                                              \
    DB_MS("scanned_at") ", " DB_MS("documents_sent_at") ", "                                       \
    DB_MS("IF(" OVERDUE ", expires_at, ended_at)") ", "                                            \
    DB_MS("wiped_at") ", failed_puts FROM signing_session WHERE "
#define SIGNED                                                                                     \
    "SELECT s.document_id, s.turn, s.content, "                                                    \
    DB_MS("s.signed_at") ", " DB_MS("s.not_before_at") ", " DB_MS("s.not_after_at") ", "           \
    "s.subject, s.issuer, s.common_name, s.iin, s.bin, s.serial, s.roles, s.key_usage,"            \
    " s.cert_sha256, s.pin FROM signed_document s JOIN signing_document d"                         \
    " ON d.session_id = s.session_id AND d.id = s.document_id"                                     \
    " WHERE s.session_id = ? ORDER BY d.position, s.turn"
/* clang-format on */

static const char *head_sql(const struct session_key *key, struct value *ret_value)
{
    if (key->id) {
        *ret_value = v_id(key->id);
        return HEAD "id = ?";
    }
    *ret_value = v_sha256(key->token_sha256 ? key->token_sha256 : key->page_id_sha256);
    return key->token_sha256 ? HEAD "token_sha256 = ?" : HEAD "page_id_sha256 = ?";
}

/* first's columns moved by shift, then second's. */
static struct columns join_columns(struct column *room, struct columns first, struct columns second,
                                   size_t shift)
{
    for (size_t i = 0; i < first.count; i++)
        room[i] = first.at[i];
    for (size_t i = 0; i < second.count; i++) {
        room[first.count + i] = second.at[i];
        room[first.count + i].offset += shift;
    }
    return (struct columns){ room, first.count + second.count };
}

static enum status find_head(struct db *db, struct search *search, struct err *err)
{
    static const struct column life[] = {
        COLUMN_WORD(struct signing_session, state, parse_state, NULL),
        COLUMN(C_TEXT, struct signing_session, reason),
        COLUMN(C_INT64, struct signing_session, read_ms),
        COLUMN(C_INT64, struct signing_session, created_ms),
        COLUMN(C_INT64, struct signing_session, expires_ms),
        COLUMN(C_INT64, struct signing_session, scanned_ms),
        COLUMN(C_INT64, struct signing_session, documents_sent_ms),
        COLUMN(C_INT64, struct signing_session, ended_ms),
        COLUMN(C_INT64, struct signing_session, wiped_ms),
        COLUMN(C_UINT32, struct signing_session, failed_puts),
    };
    struct column room[DB_COLUMNS];
    struct columns columns = join_columns(room, session_fixed, (struct columns)COLUMNS(life), 0);
    struct value key;
    const char *sql = head_sql(search->key, &key);
    bool found = false;

    TRY(db_first(db,
                 &(struct query){
                     .sql = sql, .args = ARGS(key), .columns = columns, .memory = &search->memory },
                 search->session, &found, err));
    return found ? ST_OK : RAISE(err, ST_NOT_FOUND, "no such session");
}

/* ---- lists ---- */

struct list {
    void *at; /* the arena's */
    size_t count;
};

struct growth {
    char *at;
    size_t size; /* of one record */
    size_t count;
    size_t room;
};

static void *next_place(struct growth *growth)
{
    if (growth->count == SESSION_LIST_MAX)
        return NULL;
    if (growth->count == growth->room) {
        size_t room = growth->room ? growth->room * 2 : 16;
        char *at = realloc(growth->at, room * growth->size);
        if (!at)
            return NULL;
        growth->at = at;
        growth->room = room;
    }
    char *place = growth->at + growth->count * growth->size;
    memset(place, 0, growth->size);
    return place;
}

static enum status grow_list(struct rows *rows, struct growth *growth, struct err *err)
{
    for (bool more = true;;) {
        void *place = next_place(growth);
        if (!place)
            return RAISE(err, ST_NOMEM, "session: out of memory, or over %d rows",
                         SESSION_LIST_MAX);
        TRY(rows_next(rows, place, &more, err));
        if (!more)
            return ST_OK;
        growth->count++;
    }
}

/* All rows of a query as an array of records of `size` bytes in the arena. */
static enum status load(struct db *db, const struct query *query, size_t size, struct list *ret,
                        struct err *err)
{
    AUTO(rows_close) struct rows *rows = NULL;
    struct growth growth = { .size = size };

    TRY(rows_open(db, query, &rows, err));
    enum status status = grow_list(rows, &growth, err);
    AUTO_FREE char *at = growth.at;
    TRY(status);
    ret->count = growth.count;
    ret->at = arena_array(query->memory->arena, growth.count + 1, size);
    if (!ret->at)
        return RAISE(err, ST_NOMEM, "session: out of memory");
    memcpy(ret->at, at, growth.count * size);
    return ST_OK;
}

/* ---- what was asked ---- */

static enum status load_meta(struct db *db, struct search *search, struct list documents,
                             struct err *err)
{
    struct list rows;
    struct document *at = documents.at;
    size_t next = 0;

    TRY(load(db,
             &(struct query){ .sql = "SELECT m.document_id, m.name, m.value"
                                     " FROM signing_document_meta m JOIN signing_document d"
                                     " ON d.session_id = m.session_id AND d.id = m.document_id"
                                     " WHERE m.session_id = ? ORDER BY d.position, m.position",
                              .args = ARGS(v_id(&search->session->id)),
                              .columns = meta_fixed,
                              .memory = &search->memory },
             sizeof(struct meta_row), &rows, err));
    struct meta_item *items = arena_array(search->memory.arena, rows.count + 1, sizeof(*items));
    if (!items)
        return RAISE(err, ST_NOMEM, "session: out of memory");
    for (size_t i = 0; i < documents.count; i++) {
        at[i].meta = items + next;
        for (; next < rows.count && ((struct meta_row *)rows.at)[next].document_id == at[i].id;
             next++, at[i].meta_count++)
            items[next] = ((struct meta_row *)rows.at)[next].item;
    }
    return ST_OK;
}

static enum status unseal_documents(struct db *db, const struct search *search,
                                    struct list documents, struct err *err)
{
    struct document *at = documents.at;
    char place[CONTENT_PLACE];

    for (size_t i = 0; i < documents.count; i++) {
        content_place_issued(place, &search->session->id, at[i].id);
        TRY(content_unseal(db, place, &at[i].content, err));
    }
    return ST_OK;
}

static enum status load_documents(struct db *db, struct search *search, struct err *err)
{
    static const struct column content[] = { COLUMN(C_SEALED, struct document, content) };
    struct column room[DB_COLUMNS];
    bool with_content = (search->parts & SESSION_DOCUMENTS) && search->session->wiped_ms == 0;
    struct list list;

    TRY(load(
        db,
        &(struct query){
            .sql =
                with_content
                    ? "SELECT id, method, name_ru, name_kz, name_en,"
                      " mime, content FROM signing_document WHERE session_id = ? ORDER BY position"
                    : "SELECT id, method, name_ru, name_kz, name_en, mime"
                      " FROM signing_document WHERE session_id = ? ORDER BY position",
            .args = ARGS(v_id(&search->session->id)),
            .columns = with_content
                           ? join_columns(room, document_fixed, (struct columns)COLUMNS(content), 0)
                           : document_fixed,
            .memory = &search->memory },
        sizeof(struct document), &list, err));
    if (with_content)
        TRY(unseal_documents(db, search, list, err));
    search->session->documents = list.at;
    search->session->document_count = list.count;
    return load_meta(db, search, list, err);
}

static enum status load_turns(struct db *db, struct search *search, struct list signers,
                              struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_UINT32, struct signed_turn, turn),
        COLUMN_SIZED(C_FIXED, struct signed_turn, put_sha256),
        COLUMN(C_INT64, struct signed_turn, signed_ms),
    };
    struct expected_signer *signer = signers.at;
    struct list list;

    TRY(load(db,
             &(struct query){ .sql = "SELECT turn, put_sha256, " DB_MS(
                                  "signed_at") " FROM signing_turn WHERE session_id = ?"
                                               " ORDER BY turn",
                              .args = ARGS(v_id(&search->session->id)),
                              .columns = COLUMNS(columns),
                              .memory = &search->memory },
             sizeof(struct signed_turn), &list, err));
    search->session->turns = list.at;
    search->session->turn_count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        const struct signed_turn *turn = &search->session->turns[i];
        if (turn->turn < signers.count)
            signer[turn->turn].signed_ms = turn->signed_ms;
    }
    return ST_OK;
}

static enum status load_signers(struct db *db, struct search *search, struct err *err)
{
    struct list list;

    TRY(load(db,
             &(struct query){ .sql = "SELECT iin, bin, roles FROM signing_signer"
                                     " WHERE session_id = ? ORDER BY position",
                              .args = ARGS(v_id(&search->session->id)),
                              .columns = signer_fixed,
                              .memory = &search->memory },
             sizeof(struct expected_signer), &list, err));
    search->session->signers = list.at;
    search->session->signer_count = list.count;
    return load_turns(db, search, list, err);
}

/* Both lists are in one order; rows of a turn that is newer than the documents belong to none. */
static void share_evidence(const struct evidence_row *row, const struct evidence_item *items,
                           size_t count, struct list documents)
{
    struct signed_document *at = documents.at, *end = at + documents.count;

    for (size_t i = 0; i < count; i++) {
        struct signed_document *owner = at;
        while (owner < end && (owner->id != row[i].document_id || owner->turn != row[i].turn))
            owner++;
        if (owner == end)
            continue;
        at = owner;
        if (owner->evidence_count++ == 0)
            owner->evidence = items + i;
    }
}

static enum status load_evidence(struct db *db, struct search *search, struct list documents,
                                 struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_INT64, struct evidence_row, document_id),
        COLUMN(C_UINT32, struct evidence_row, turn),
        COLUMN(C_UINT32, struct evidence_row, kind),
        COLUMN(C_BLOB, struct evidence_row, data),
    };
    struct list rows;

    TRY(load(db,
             &(struct query){ .sql = "SELECT e.document_id, e.turn, e.kind, e.data"
                                     " FROM evidence e JOIN signing_document d"
                                     " ON d.session_id = e.session_id AND d.id = e.document_id"
                                     " WHERE e.session_id = ?"
                                     " ORDER BY d.position, e.turn, e.position",
                              .args = ARGS(v_id(&search->session->id)),
                              .columns = COLUMNS(columns),
                              .memory = &search->memory },
             sizeof(struct evidence_row), &rows, err));
    const struct evidence_row *row = rows.at;
    struct evidence_item *items = arena_array(search->memory.arena, rows.count + 1, sizeof(*items));
    if (!items)
        return RAISE(err, ST_NOMEM, "session: out of memory");
    for (size_t i = 0; i < rows.count; i++)
        items[i] = (struct evidence_item){ (enum evidence_kind)row[i].kind, row[i].data };
    share_evidence(row, items, rows.count, documents);
    return ST_OK;
}

static enum status unseal_signed(struct db *db, const struct search *search, struct list documents,
                                 struct err *err)
{
    struct signed_document *at = documents.at;
    char place[CONTENT_PLACE];

    for (size_t i = 0; i < documents.count; i++) {
        content_place_signed(place, &search->session->id, at[i].id, at[i].turn);
        TRY(content_unseal(db, place, &at[i].content, err));
    }
    return ST_OK;
}

static enum status load_signed(struct db *db, struct search *search, struct err *err)
{
    static const struct column first[] = {
        COLUMN(C_INT64, struct signed_document, id),
        COLUMN(C_UINT32, struct signed_document, turn),
        COLUMN(C_SEALED, struct signed_document, content),
        COLUMN(C_INT64, struct signed_document, signed_at_ms),
        COLUMN(C_INT64, struct signed_document, signer.not_before_ms),
        COLUMN(C_INT64, struct signed_document, signer.not_after_ms),
    };
    struct column room[DB_COLUMNS];
    struct list list;

    TRY(load(db,
             &(struct query){ .sql = SIGNED,
                              .args = ARGS(v_id(&search->session->id)),
                              .columns =
                                  join_columns(room, (struct columns)COLUMNS(first), signed_signer,
                                               offsetof(struct signed_document, signer)),
                              .memory = &search->memory },
             sizeof(struct signed_document), &list, err));
    TRY(unseal_signed(db, search, list, err));
    search->session->signed_documents = list.at;
    search->session->signed_count = list.count;
    return load_evidence(db, search, list, err);
}

static bool parse_form(struct slice text, void *member)
{
    *(bool *)member = slice_eq_str(text, "T");
    return true;
}

static enum status load_seal(struct db *db, struct search *search, struct err *err)
{
    static const struct column columns[] = {
        COLUMN_WORD(struct evidence_seal, is_stamped, parse_form, NULL),
        COLUMN(C_INT64, struct evidence_seal, made_ms),
        COLUMN(C_BLOB, struct evidence_seal, xml),
    };
    bool found = false;

    return db_first(db,
                    &(struct query){ .sql = "SELECT form, " DB_MS(
                                         "made_at") ", seal"
                                                    " FROM evidence_seal"
                                                    " WHERE session_id = ? AND seal IS NOT NULL",
                                     .args = ARGS(v_id(&search->session->id)),
                                     .columns = COLUMNS(columns),
                                     .memory = &search->memory },
                    &search->session->seal, &found, err);
}

static enum status fill(struct db *db, struct search *search, struct err *err)
{
    TRY(find_head(db, search, err));
    if (search->parts != SESSION_HEAD)
        TRY(load_documents(db, search, err));
    TRY(load_signers(db, search, err));
    if (!(search->parts & SESSION_RESULT) || search->session->turn_count == 0)
        return ST_OK;
    TRY(load_signed(db, search, err));
    return load_seal(db, search, err);
}

/* Each try in an arena of its own. */
static enum status find(struct db *db, void *ctx, struct err *err)
{
    struct search *search = ctx;
    AUTO(arena_free) struct arena *arena = arena_new(search->max_bytes + TEXTS_MAX_BYTES);
    struct signing_session *session = arena ? arena_alloc(arena, sizeof(*session)) : NULL;

    search->session = NULL;
    if (!session)
        return RAISE(err, ST_NOMEM, "session: out of memory");
    search->memory = (struct db_memory){ .arena = arena, .budget = search->max_bytes };
    search->session = session;
    enum status status = fill(db, search, err);
    if (status != ST_OK) {
        search->session = NULL;
        return status;
    }
    session->arena = TAKE(arena);
    return ST_OK;
}

enum status store_session_find(struct store *store, const struct session_key *key, unsigned parts,
                               size_t max_bytes, struct signing_session **ret_session,
                               struct err *err)
{
    struct search search = { .key = key, .parts = parts, .max_bytes = max_bytes };

    if (!key->id && !key->token_sha256 && !key->page_id_sha256)
        return RAISE(err, ST_INTERNAL, "session: no key to find it by");
    const bool whole = parts != SESSION_HEAD;
    const struct work work = {
        .run = find, .ctx = &search, .transaction = whole, .snapshot = whole
    };
    TRY(store_run(store, &work, err));
    *ret_session = search.session;
    return ST_OK;
}
