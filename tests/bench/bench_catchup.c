/* How fast the journal's table catches up with the text journal: lines that waited for the database
 * (the bound: 20,000 rows a second), through the very shipper and sink of the service. */
#include "bench/bench.h"
#include "bench/process.h"

#include "base/file.h"
#include "base/text.h"
#include "journal/files.h"
#include "journal/journal.h"
#include "journal/line.h"
#include "store/months.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    EXCHANGE_LINES = 4,
    CHUNK_BYTES = 1 << 20,
    FILE_LINES = 250000, /* about 150 MB */
    ROWS_MAX = 20 * 1000 * 1000,
};

struct options {
    const char *socket, *dir;
    size_t rows;
    size_t mariadbd; /* process id; 0: not told */
};

/* ---- the lines of exchanges, as the service writes them ---- */

struct maker {
    const char *dir;
    int fd;
    uint64_t seq;
    int64_t at_ms;
    char hash[LINE_HASH];
    struct bytes *chunk;
    struct id exchange, signing;
    char message[64];
};

static void flush(struct maker *maker)
{
    bench_need(file_write_all(maker->fd, bytes_slice(maker->chunk)), NULL, "writing lines");
    maker->chunk->len = 0;
}

static void begin_file(struct maker *maker)
{
    char name[FILE_NAME_BYTES], path[1024];

    if (maker->fd >= 0) {
        flush(maker);
        bench_need(fsync(maker->fd) == 0 && close(maker->fd) == 0, NULL, "closing a file");
    }
    files_name(maker->seq + 1, maker->at_ms, name);
    (void)text_format(path, sizeof(path), "%s/%s", maker->dir, name);
    maker->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bench_need(maker->fd >= 0, NULL, path);
}

static struct event event_of(const struct maker *maker, uint64_t n)
{
    static const char *const names[EXCHANGE_LINES] = { "exchange.received", "session.created",
                                                       "put.verified", "exchange.answered" };
    static const char *const texts[EXCHANGE_LINES] = {
        "createSigningSession of EKZAMEN_SIGNING, 2 documents, certificate 1f2e3d4c5b6a7988, "
        "SHA-256 "
        "1d6f0c2a9f7b3e5d8c4a6b1e0f9d7c5a3b2e1f0d9c8b7a6f5e4d3c2b1a09f8e7",
        "2 documents of 1 signer, method CMS_SIGN_ONLY, ends 2026-11-22T14:33:07+05:00",
        "valid: CN=ИВАНОВ ИВАН, policies 1.2.398.3.3.2.3, OCSP good, timestamp "
        "2026-11-22T09:03:07Z",
        "SCSS001, 12840 bytes",
    };
    const size_t i = n % EXCHANGE_LINES;

    return (struct event){ .level = EVENT_INFO,
                           .name = names[i],
                           .account = "ekzamen",
                           .ip = "10.1.2.3",
                           .start_ms = maker->at_ms - 40,
                           .end_ms = maker->at_ms,
                           .exchange = maker->exchange.text,
                           .message_id = i == 2 ? "" : maker->message,
                           .session_id = i == 2 ? "" : "{6d1f3c52-5d6b-44b0-9a43-7b1b8f0f6f01}",
                           .signing = maker->signing.text,
                           .code = i == EXCHANGE_LINES - 1 ? "SCSS001" : "",
                           .text = texts[i] };
}

static void add_line(struct maker *maker, uint64_t n)
{
    AUTO(bytes_free) struct bytes *body = NULL;
    struct err err;

    if (n % EXCHANGE_LINES == 0) {
        struct id message = id_new(maker->at_ms);

        maker->exchange = id_new(maker->at_ms);
        maker->signing = id_new(maker->at_ms);
        (void)text_copy(maker->message, sizeof(maker->message), message.text + 9); /* any order */
    }
    const struct event event = event_of(maker, n);
    const struct line_head head = { .id = id_new(maker->at_ms),
                                    .at_ms = maker->at_ms,
                                    .instance = "node1",
                                    .pseudonym =
                                        n % EXCHANGE_LINES == 2 ? "0123456789abcdef" : "" };
    bench_need(line_body(&head, &event, &body, &err) == ST_OK, &err, "a line");
    const size_t start = maker->chunk->len;
    line_add(maker->chunk, ++maker->seq, bytes_slice(body), maker->hash);
    bench_need(line_hash(slice_skip(bytes_slice(maker->chunk), start), maker->hash, &err) == ST_OK,
               &err, "a hash");
    bytes_add_str(maker->chunk, "\n");
    maker->at_ms += 3;
    if (maker->chunk->len > CHUNK_BYTES - 2 * LINE_MAX_BYTES)
        flush(maker);
}

static void make_lines(const struct options *o)
{
    struct err err;
    struct maker maker = { .dir = o->dir, .fd = -1, .at_ms = clock_now(clock_system()) };

    maker.at_ms -= (int64_t)o->rows * 3;
    maker.chunk = bytes_new(CHUNK_BYTES);
    bench_need(maker.chunk != NULL, NULL, "memory");
    (void)text_copy(maker.hash, sizeof(maker.hash), LINE_FIRST_PREV);
    for (uint64_t n = 0; n < o->rows; n++) {
        if (n % FILE_LINES == 0)
            begin_file(&maker);
        add_line(&maker, n);
    }
    flush(&maker);
    bench_need(fsync(maker.fd) == 0 && close(maker.fd) == 0, &err, "closing the last file");
    bytes_free(maker.chunk);
}

/* ---- catching up ---- */

static void print_machine(const char *when)
{
    double load[3] = { 0 };

    bench_need(getloadavg(load, 3) == 3, NULL, "the load");
    (void)printf("%s: %ld processors, load average %.2f %.2f %.2f\n", when,
                 sysconf(_SC_NPROCESSORS_ONLN), load[0], load[1], load[2]);
}

static struct store *open_table(const struct options *o)
{
    const struct store_params params = {
        .socket = o->socket, .user = "shepd", .database = "shepd", .pool = 2, .wait_ms = 5000
    };
    struct store *store = NULL;
    struct err err;
    unsigned made = 0;

    bench_need(store_open(&params, &store, &err) == ST_OK, &err, "the database");
    bench_need(store_migrate(store, "bench", &err) == ST_OK, &err, "the schema");
    bench_need(store_months_ahead(store, "bench", &made, &err) == ST_OK, &err, "the months");
    return store;
}

static double catch_up(struct journal *journal, struct store *store)
{
    static const struct timespec pause = { .tv_nsec = 5000000 };
    const struct event_sink sink = store_event_sink(store);
    const double began = bench_now_s();
    struct shipper *shipper = NULL;
    struct err err;

    bench_need(shipper_start(journal, &sink, &shipper, &err) == ST_OK, &err, "the shipper");
    while (shipper_lag(shipper) > 0) {
        bench_need(!shipper_failing(shipper, &err), &err, "shipping");
        (void)nanosleep(&pause, NULL);
    }
    const double took = bench_now_s() - began;
    shipper_stop(shipper, 0);
    return took;
}

static void measure(const struct options *o)
{
    const struct journal_params params = { .dir = o->dir,
                                           .instance = "node1",
                                           .pseudonym_key = SLICE("0123456789abcdef"),
                                           .max_file_bytes = (size_t)1 << 30,
                                           .clock = clock_system() };
    AUTO(store_close) struct store *store = open_table(o);
    AUTO(journal_close) struct journal *journal = NULL;
    uint64_t seq = 0;
    struct err err;

    bench_need(journal_open(&params, &journal, &err) == ST_OK, &err, "the journal");
    print_machine("before");
    const double ours = process_use_of(getpid()).cpu_s;
    const double theirs = o->mariadbd ? process_use_of((pid_t)o->mariadbd).cpu_s : 0;
    const double took = catch_up(journal, store);
    print_machine("after");
    bench_need(store_journal_position(store, "node1", &seq, &err) == ST_OK, &err, "the position");
    bench_need(seq == o->rows, NULL, "the table is not complete");
    bench_line("rows of the journal that waited", (double)o->rows, "");
    bench_line("seconds until the table had them", took, "s");
    bench_line("processor time of the shipper", process_use_of(getpid()).cpu_s - ours, "s");
    if (o->mariadbd)
        bench_line("processor time of mariadbd", process_use_of((pid_t)o->mariadbd).cpu_s - theirs,
                   "s");
    bench_line("catch-up of the journal's table", (double)o->rows / took, "rows/s");
}

int main(int argc, char **argv)
{
    struct options o = { .rows = 200000 };
    const struct bench_option options[] = {
        { "socket", .text = &o.socket },
        { "dir", .text = &o.dir },
        { "mariadbd", .number = &o.mariadbd },
        { "rows", .number = &o.rows, .min = 1, .max = ROWS_MAX },
        { NULL },
    };
    struct err err;

    bench_options(options, argc, argv);
    bench_need(clock_use_astana(&err) == ST_OK, &err, "the time zone");
    make_lines(&o);
    measure(&o);
    return 0;
}
