/* Each operation through the real neighbours: MariaDB, the text journal, libcurl, the GOST
 * signatures; and what the journal tells of them, and must not. */
#include "far.h"
#include "pictures.h"

#include "base/text.h"
#include "coid/coid.h"
#include "crypto/encode.h"
#include "support/content_keys.h"
#include "support/mariadbd.h"

#include <dirent.h>
#include <stdlib.h>

#define IIN "900101300127"
#define SURNAME "ОМАРОВ"
#define PHOTO "/9j/4AAQSkZJRgABAQ=="
#define PHONE "77011234567"

static const char pseudonyms[] = "0123456789abcdef0123456789abcdef";
static const char told[] = "{\"iin\":\"" IIN "\",\"vendor\":\"VisionLabs\",\"result\":0.95,"
                           "\"x_idempotency_key\":\"$KEY\",\"photo\":\"" PHOTO "\"}";
static const char person[] = "{\"person\":{\"iin\":\"" IIN "\",\"surname\":\"" SURNAME "\","
                             "\"name\":\"ШАЯН\",\"mobilephone\":\"" PHONE "\"}}";

static struct rooms {
    struct mariadbd server;
    struct pki *pki;
    struct made stranger;
    struct bytes *photo;
    struct far *far;
    struct vault *vault;
    struct store *store;
    struct journal *journal;
    struct rest *rest;
    struct upstream *upstream;
    struct coid *coid;
    struct clock clock;
    struct arena *arena; /* of the last reply */
    struct reply reply;
    struct err err;
} rooms;

static void open_coid(void)
{
    static const struct cert *certs[1];
    static char url[64];
    struct coid_params params = {
        .base_url = url,
        .paths = { "verify", "data", "vendors", "report/transactions/{from}/{to}",
                   "report/actdetail/{year}/{month}", "report/act/{year}/{month}", "news" },
        .participant = "АО «Банк»",
        .consent_template = "{participant}: {fullName}, {iin}",
        .threshold = 0.85,
        .data_window_ms = DAY_MS,
        .max_photo_bytes = 1 << 20,
        .max_answer_bytes = 1 << 20,
        .budget_ms = 25000,
        .call_ms = 12000,
        .vendors_keep_ms = 3600000,
        .sign_key = rooms.pki->leaf.key,
        .jws_judge = pki_judge(rooms.pki),
        .rest = rooms.rest,
        .upstream = rooms.upstream,
        .store = rooms.store,
        .journal = rooms.journal,
        .clock = &rooms.clock,
    };

    certs[0] = rooms.pki->leaf.cert;
    (void)text_format(url, sizeof(url), "http://127.0.0.1:%u/v1", rooms.far->port);
    params.jws_judge.purpose = PURPOSE_TRANSPORT;
    params.jws_judge.extra = certs;
    params.jws_judge.extra_count = 1;
    assert_ok(coid_new(&params, &rooms.coid, &rooms.err), &rooms.err);
}

static void open_neighbours(void)
{
    static char set_clock[48];
    const struct store_params store = { .socket = rooms.server.socket,
                                        .vault = rooms.vault,
                                        .user = "shepd",
                                        .password = "",
                                        .database = "shepd",
                                        .pool = 4,
                                        .wait_ms = 10000,
                                        .init_sql = set_clock };
    const struct journal_params journal = { .dir = rooms.server.dir,
                                            .instance = "test",
                                            .pseudonym_key = { pseudonyms, sizeof(pseudonyms) - 1 },
                                            .max_file_bytes = 1 << 20,
                                            .clock = &rooms.clock };
    const struct rest_params rest = { .max_parallel = 8 };
    const struct upstream_params upstream = { .name = "ЦОИД",
                                              .max_calls = 8,
                                              .wait_ms = 50,
                                              .budget_ms = 25000,
                                              .failures = 60,
                                              .window_ms = 60000,
                                              .open_ms = 60000,
                                              .successes = 1 };

    (void)text_format(set_clock, sizeof(set_clock), "SET timestamp=%lld",
                      (long long)(NOW_MS / 1000));
    assert_ok(store_open(&store, &rooms.store, &rooms.err), &rooms.err);
    assert_ok(store_migrate(rooms.store, "test", &rooms.err), &rooms.err);
    assert_ok(journal_open(&journal, &rooms.journal, &rooms.err), &rooms.err);
    assert_ok(rest_new(&rest, &rooms.rest, &rooms.err), &rooms.err);
    assert_ok(upstream_new(&upstream, &rooms.upstream, &rooms.err), &rooms.err);
}

static int open_rooms(void **state)
{
    if (setup_crypto(state) != 0)
        return -1;
    rooms.clock = clock_fixed_at(NOW_MS);
    rooms.pki = pki_new(NULL);
    rooms.stranger = made_new(&(struct made_params){ .cn = "STRANGER" }, &rooms.pki->ca);
    rooms.photo = make_png(640, 480);
    rooms.far = far_start(rooms.pki, &rooms.stranger);
    rooms.vault = content_keys_open(rooms.server.dir);
    open_neighbours();
    open_coid();
    return 0;
}

static int close_rooms(void **state)
{
    (void)state;
    coid_free(rooms.coid);
    upstream_free(rooms.upstream);
    rest_free(rooms.rest);
    journal_close(rooms.journal);
    store_close(rooms.store);
    vault_close(rooms.vault);
    arena_free(rooms.arena);
    far_stop(rooms.far);
    bytes_free(rooms.photo);
    made_free(&rooms.stranger);
    pki_free(rooms.pki);
    return 0;
}

/* Under an exchange of its own, whose id is told. */
static enum status run(struct request *req, const struct far_step *steps, size_t count,
                       struct id *ret_exchange)
{
    static const struct coid_sender sender = { "bank", 100 };
    const struct peer peer = { .exchange = id_new(NOW_MS),
                               .address = "10.1.2.3",
                               .deadline_ms = clock_monotonic_ms() + 30000 };

    far_script(rooms.far, steps, count);
    arena_free(TAKE(rooms.arena));
    rooms.arena = arena_new(64 << 20);
    rooms.reply = (struct reply){ .arena = rooms.arena };
    rooms.err = (struct err){ 0 };
    if (ret_exchange)
        *ret_exchange = peer.exchange;
    req->info.session_id = "";
    return coid_run(rooms.coid, &sender, &peer, req, &rooms.reply, &rooms.err);
}

static struct request photo_request(const char *message_id)
{
    return (struct request){ .op = OP_VERIFY_PHOTO,
                             .info = { .message_id = message_id },
                             .payload_sha256 = { 1 },
                             .payload.verify_photo = { IIN, 1, bytes_slice(rooms.photo) } };
}

static int is_journal(const struct dirent *entry)
{
    return strncmp(entry->d_name, "journal-", 8) == 0;
}

static void add_file(struct bytes *all, const char *name)
{
    char path[512], some[4096];
    size_t got;

    (void)text_format(path, sizeof(path), "%s/%s", rooms.server.dir, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while ((got = fread(some, 1, sizeof(some), file)) > 0)
        bytes_add(all, slice_mem(some, got));
    (void)fclose(file);
}

/* All lines of the journal; the caller's. */
static struct bytes *read_journal(void)
{
    struct bytes *all = bytes_new(8 << 20);
    struct dirent **entries = NULL;
    const int count = scandir(rooms.server.dir, &entries, is_journal, alphasort);

    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        add_file(all, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return all;
}

/* The names of an exchange's events in their order, with a blank after each. */
static void story_of(const struct id *exchange, char *dst, size_t size)
{
    AUTO(bytes_free) struct bytes *all = read_journal();
    char *rest = all->at, *line;

    *dst = '\0';
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *event = strstr(line, "event=\"coid.");
        const size_t len = strlen(dst);

        if (strstr(line, exchange->text) && event)
            (void)text_format(dst + len, size - len, "%.*s ", (int)strcspn(event + 12, "\""),
                              event + 12);
    }
}

/* req 2.16; one id through all lines */
static void a_comparison_that_was_lost_tells_its_story_under_one_id(void **state)
{
    static const struct far_step steps[] = {
        { .end = END_RESET },
        { .http = 404, .body = "SIMILARITY for Idempotency Key not found" },
        { .http = 504, .body = "" },
        { .http = 200, .body = told },
    };
    struct request req = photo_request("m1");
    struct id exchange;
    char story[512];

    (void)state;
    assert_ok(run(&req, steps, 4, &exchange), &rooms.err);
    assert_string_equal(rooms.reply.coid->told.verification.result, "0.95");
    story_of(&exchange, story, sizeof(story));
    assert_string_equal(story, "key_written asked told asked told asked told asked told asked told "
                               "recovered ");
    assert_ok(run(&req, NULL, 0, &exchange), &rooms.err); /* and again, without a call */
    assert_int_equal(rooms.far->call_count, 0);
    story_of(&exchange, story, sizeof(story));
    assert_string_equal(story, "");
}

static void person_data_go_through_all_rooms(void **state)
{
    const struct far_step first = { .http = 200, .body = told };
    const struct far_step second = { .http = 200, .body = person };
    struct request req = photo_request("m2");
    struct coid_evidence kept;
    char key[ID_TEXT];

    (void)state;
    assert_ok(run(&req, &first, 1, NULL), &rooms.err);
    (void)text_copy(key, sizeof(key), rooms.reply.coid->told.verification.idempotency_key);
    req = (struct request){ .op = OP_GET_PERSON_DATA, .info = { .message_id = "m3" } };
    req.payload.get_person_data =
        (struct coid_get_person_data){ .idempotency_key = key,
                                       .consent = { IIN, SURNAME " ШАЯН", "" } };
    assert_ok(run(&req, &second, 1, NULL), &rooms.err);
    assert_string_equal(rooms.reply.coid->told.person.surname, SURNAME);
    assert_ok(store_coid_evidence_find(rooms.store, &rooms.reply.coid->proof.evidence, rooms.arena,
                                       &kept, &rooms.err),
              &rooms.err);
    assert_true(slice_eq_str(kept.body, person)); /* byte for byte */
    assert_string_equal(kept.verdict, "valid");
    assert_non_null(strstr(kept.request_body.at, SURNAME));
    req = (struct request){ .op = OP_GET_VERIFICATION, .info = { .message_id = "m4" } };
    req.payload.get_verification.idempotency_key = key;
    assert_ok(run(&req, &first, 1, NULL), &rooms.err);
    assert_string_equal(rooms.reply.coid->told.verification.data_until,
                        "2026-11-23T14:00:00.000+05:00");
}

/* req 2.46: every method's answer is proven */
static void reports_and_news_go_through_all_rooms(void **state)
{
    static const struct {
        enum operation op;
        const char *body;
    } rows[] = {
        { OP_GET_VENDORS, "{\"vendors\":[{\"id\":1,\"name\":\"VisionLabs\"}]}" },
        { OP_GET_TRANSACTIONS, "[]" },
        { OP_GET_ACT_DETAIL, "[]" },
        { OP_GET_NEWS, "[]" },
    };

    (void)state;
    rooms.far->vendors.http = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct far_step step = { .http = 200, .body = rows[i].body };
        struct request req = { .op = rows[i].op, .info = { .message_id = "m5" } };

        if (rows[i].op == OP_GET_TRANSACTIONS)
            req.payload.get_transactions = (struct coid_get_transactions){ 20261101, 20261122 };
        if (rows[i].op == OP_GET_ACT_DETAIL)
            req.payload.get_act = (struct coid_get_act){ 2026, 10, false };
        assert_ok(run(&req, &step, 1, NULL), &rooms.err);
        assert_true(rooms.reply.coid->proof.is_signed);
    }
    const struct far_step news = {
        .http = 200, .body = "[{\"date\":\"2026-11-22\",\"subject\":\"работы\",\"text\":\"…\"}]"
    };
    far_script(rooms.far, &news, 1);
    assert_ok(coid_fetch_news(rooms.coid, "test", DAY_MS, &rooms.err), &rooms.err);
    AUTO(bytes_free) struct bytes *journal = read_journal();
    assert_non_null(strstr(journal->at, "2026-11-22: работы"));
}

/* ---- many at once ---- */
enum { CROWD = 8 };

/* NULL: all is well. */
static void *verify_one(void *ctx)
{
    static const struct coid_sender sender = { "crowd", 100 };
    const unsigned *number = ctx;
    const struct peer peer = { .exchange = id_new(NOW_MS),
                               .address = "10.1.2.3",
                               .deadline_ms = clock_monotonic_ms() + 30000 };
    AUTO(arena_free) struct arena *arena = arena_new(64 << 20);
    struct reply reply = { .arena = arena };
    char message_id[16];
    struct request req;
    struct err err;

    (void)text_format(message_id, sizeof(message_id), "crowd %u", *number);
    req = photo_request(message_id);
    req.info.session_id = "";
    const bool well = coid_run(rooms.coid, &sender, &peer, &req, &reply, &err) == ST_OK &&
                      strcmp(reply.coid->told.verification.result, "0.95") == 0;
    return well ? NULL : ctx;
}

static void many_at_once_do_not_meet(void **state)
{
    struct far_step steps[CROWD];
    pthread_t threads[CROWD];
    unsigned numbers[CROWD];

    (void)state;
    for (unsigned i = 0; i < CROWD; i++)
        steps[i] = (struct far_step){ .http = 200, .body = told };
    far_script(rooms.far, steps, CROWD);
    for (unsigned i = 0; i < CROWD; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, verify_one, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        void *failed = NULL;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

/* An answer that echoes what it should not, and every other way that ends in words. */
static void ways_that_end_in_words(void)
{
    static const struct far_step steps[] = {
        { .http = 400, .body = "{\"message\":\"bad " IIN " " SURNAME "\"}" },
        { .http = 500, .body = "{\"message\":\"photo of " IIN " " SURNAME "\"}" },
        { .http = 200, .body = "{\"iin\":\"" IIN "\",\"" SURNAME "\":1,\"" SURNAME "\":2}" },
        { .http = 200, .body = told, .sign = SIGN_FORGED },
        { .http = 200, .body = "<html>" SURNAME " " IIN "</html>" },
    };
    char message_id[8];

    for (size_t i = 0; i < COUNT(steps); i++) {
        (void)text_format(message_id, sizeof(message_id), "w%zu", i);
        struct request req = photo_request(message_id);
        assert_int_not_equal(run(&req, &steps[i], 1, NULL), ST_OK);
    }
}

/* Nothing of a person in any line. */
static void no_line_of_the_journal_holds_anything_of_a_person(void **state)
{
    static const char *const words[] = { IIN, SURNAME, "ШАЯН", PHOTO, PHONE, "4AAQ" };
    AUTO(bytes_free) struct bytes *photo = base64_encode(bytes_slice(rooms.photo));
    char pseudonym[17];

    (void)state;
    ways_that_end_in_words();
    AUTO(bytes_free) struct bytes *journal = read_journal();
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(journal->at, words[i]))
            fail_msg("%s is in the journal", words[i]);
    photo->at[40] = '\0';
    assert_null(strstr(journal->at, photo->at));
    journal_pseudonym(rooms.journal, IIN, pseudonym); /* but who it was can be found */
    assert_non_null(strstr(journal->at, pseudonym));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_that_was_lost_tells_its_story_under_one_id),
        cmocka_unit_test(many_at_once_do_not_meet),
        cmocka_unit_test(person_data_go_through_all_rooms),
        cmocka_unit_test(reports_and_news_go_through_all_rooms),
        cmocka_unit_test(no_line_of_the_journal_holds_anything_of_a_person),
    };

    if (!mariadbd_start(&rooms.server)) {
        (void)fprintf(stderr, "SKIP: mariadbd is not installed\n");
        return 77;
    }
    const int failed = cmocka_run_group_tests(tests, open_rooms, close_rooms);
    mariadbd_remove(&rooms.server);
    return failed;
}
