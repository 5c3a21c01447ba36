/* kill -9 of a writer at any moment: every acknowledged line is there and the chain holds. */
#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 12, THREADS = 4, ACKS = 150 };

struct ack {
    unsigned round, thread, number;
};

struct scribe {
    struct journal *journal;
    int acks; /* a pipe to the parent */
    unsigned round, thread;
};

static void *scribble(void *arg)
{
    struct scribe *scribe = arg;

    for (unsigned number = 1;; number++) {
        struct ack ack = { scribe->round, scribe->thread, number };
        char text[64];

        (void)snprintf(text, sizeof(text), "%u %u %u", ack.round, ack.thread, ack.number);
        if (write_one(scribe->journal, text) != ST_OK ||
            write(scribe->acks, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
            _exit(1);
    }
    return NULL;
}

/* The child: writes until it is killed. */
static void write_for_ever(const char *dir, int acks, unsigned round)
{
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;
    struct scribe scribes[THREADS];
    pthread_t threads[THREADS];
    struct err err;

    params.max_file_bytes = 65536; /* some kills meet a rotation */
    if (journal_open(&params, &journal, &err) != ST_OK)
        _exit(2);
    for (unsigned i = 0; i < THREADS; i++) {
        scribes[i] = (struct scribe){ journal, acks, round, i };
        if (pthread_create(&threads[i], NULL, scribble, &scribes[i]) != 0)
            _exit(3);
    }
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    _exit(4);
}

struct book {
    unsigned acked[ROUNDS][THREADS];
    unsigned found[ROUNDS][THREADS];
};

static void run_and_kill(const char *dir, unsigned round, struct book *book)
{
    int pipe_of[2];
    int status;
    struct ack ack;
    unsigned count = 0;

    assert_int_equal(pipe(pipe_of), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(pipe_of[0]);
        write_for_ever(dir, pipe_of[1], round);
    }
    (void)close(pipe_of[1]);
    while (read(pipe_of[0], &ack, sizeof(ack)) == (ssize_t)sizeof(ack)) {
        book->acked[ack.round][ack.thread] = ack.number;
        if (++count == ACKS + round * 7)
            (void)kill(pid, SIGKILL); /* what is in the pipe by now still counts */
    }
    (void)close(pipe_of[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static bool see(const struct event_row *row, void *ctx)
{
    struct book *book = ctx;
    unsigned round, thread, number;

    if (sscanf(row->event.text, "%u %u %u", &round, &thread, &number) !=
        3)           /* NOLINT(cert-err34-c) */
        return true; /* journal.recovered */
    return round < ROUNDS && thread < THREADS && ++book->found[round][thread] == number;
}

static void no_acknowledged_line_is_lost(void **state)
{
    struct book book = { .acked = { { 0 } } };

    for (unsigned round = 0; round < ROUNDS; round++)
        run_and_kill(*state, round, &book);
    journal_close(open_in(*state)); /* cuts what the last kill tore */
    struct walk all = walk(*state, see, &book);
    print_message("%llu lines in %zu files\n", (unsigned long long)all.lines, all.files);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < THREADS; i++) {
            if (book.found[round][i] < book.acked[round][i])
                fail_msg("round %u: %u acknowledged, %u found", round, book.acked[round][i],
                         book.found[round][i]);
            /* a line may be on disk whose acknowledgement was not to be */
            assert_true(book.found[round][i] <= book.acked[round][i] + 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_acknowledged_line_is_lost, folder_make, folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
