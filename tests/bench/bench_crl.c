/* What a revocation list costs: bench_crl [ENTRIES [FOLDER]]. Load time, peak and steady memory,
 * look-ups per second, the stored list's times. */
#include "bench/bench.h"
#include "unit/crypto/crl_maker.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/crl_file.h"
#include "crypto/crl_index.h"
#include "crypto/gost/kzgost.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRIES = 500000, ENTRIES_MAX = 2000000, LOOKUPS = 1 << 20, JUDGEMENTS = 1 << 15 };

static double resident_mb(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char line[128] = "";
    const char *second = file && fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;

    if (file)
        (void)fclose(file);
    return (second ? (double)strtoul(second, NULL, 10) : 0) * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static double peak_mb(void)
{
    struct rusage usage = { 0 };

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

/* By a process of its own, whose memory is not counted. */
static void write_list(const struct made *issuer, size_t count, const char *path)
{
    pid_t child = fork();
    int ended = 0;

    if (child == 0) {
        AUTO(bytes_free) struct bytes *entries = many_entries(count);
        const struct crl_params p = { .issuer = issuer,
                                      .number = 20260,
                                      .entries = bytes_slice(entries) };
        AUTO(bytes_free) struct bytes *der = make_crl(&p);
        FILE *file = fopen(path, "wbe");
        bool written = file && fwrite(der->at, 1, der->len, file) == der->len;
        _exit(written && fclose(file) == 0 ? 0 : 1);
    }
    bench_need(child > 0 && waitpid(child, &ended, 0) == child && ended == 0, NULL,
               "writing the list");
}

static struct crl *bench_load(const char *name, const struct made *issuer, const char *path)
{
    double before = resident_mb();
    double began = bench_now_s();
    struct bytes *der = NULL;
    struct crl *crl = NULL;
    struct err err;

    bench_need(file_load(path, CRL_BYTES_MAX, &der, &err) == ST_OK, &err, path);
    const struct crl_source source = { .data = bytes_slice(der), .issuer = issuer->cert };
    bench_need(crl_parse(&source, &crl, &err) == ST_OK, &err, path);
    double took = bench_now_s() - began;
    double size = (double)der->len / 1e6;
    bytes_free(der);
    (void)malloc_trim(0);
    (void)printf("\nCRL of %s: %llu entries, %.1f MB\n", name,
                 (unsigned long long)crl_facts(crl)->count, size);
    bench_line("load: parse, verify, sort", took * 1e3, "ms");
    bench_line("peak memory while loading", peak_mb() - before, "MB");
    bench_line("  as a multiple of the file", (peak_mb() - before) / size, "");
    bench_line("steady memory", resident_mb() - before, "MB");
    bench_line("  of it the serials' table", (double)crl_table_bytes(crl) / 1e6, "MB");
    return crl;
}

/* Half of the serials asked for are listed; made before the clock runs. */
static void bench_lookups(const struct crl *crl)
{
    size_t count = (size_t)crl_facts(crl)->count;
    AUTO_FREE uint8_t *serials = malloc((size_t)LOOKUPS * 20);
    struct crl_entry entry;
    size_t found = 0;

    bench_need(serials != NULL, NULL, "out of memory");
    for (size_t i = 0; i < LOOKUPS; i++)
        many_serial(i * 7919 % (2 * count), serials + i * 20);
    double began = bench_now_s();
    for (size_t i = 0; i < LOOKUPS; i++)
        found += crl_find(crl, slice_mem(serials + i * 20, 20), &entry);
    bench_line("look-ups", LOOKUPS / (bench_now_s() - began), "/s");
    bench_need(found > 0 && found < LOOKUPS, NULL, "some of the serials asked for are listed");
}

static void bench_judgements(const struct crl *crl, const struct pki *pki)
{
    const struct crl_index_parts parts = { .base = crl };
    const struct crl_query query = { pki->leaf.cert, pki->ca.cert, NOW_MS, 0 };
    AUTO(crl_index_free) struct crl_index *index = NULL;
    struct crl_answer answer = { 0 };
    struct err err;

    bench_need(crl_index_new(&parts, &index, &err) == ST_OK, &err, "index");
    double began = bench_now_s();
    for (size_t i = 0; i < JUDGEMENTS; i++)
        crl_index_judge(index, &query, &answer);
    bench_need(answer.state == CRL_GOOD, NULL, answer.text);
    bench_line("judgements of a certificate", JUDGEMENTS / (bench_now_s() - began), "/s");
}

static void bench_file(const struct crl *crl, const char *path)
{
    const struct slice key = SLICE("0123456789abcdef0123456789abcdef");
    struct crl *again = NULL;
    struct err err;

    double began = bench_now_s();
    bench_need(crl_save(crl, path, key, &err) == ST_OK, &err, path);
    double saved = bench_now_s();
    bench_need(crl_load(path, key, crl_issuer(crl), &again, &err) == ST_OK, &err, path);
    bench_line("write the index to disk", (saved - began) * 1e3, "ms");
    bench_line("restart: read it back", (bench_now_s() - saved) * 1e3, "ms");
    crl_free(again);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const char *key_type;
    } rows[] = {
        { "ГОСТ 34.10-2015-512", KZGOST_KEY_2015_512 },
        { "ГОСТ 34.310-2004", KZGOST_KEY_2004 },
        { "RSA", "RSA" },
    };
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : ENTRIES;
    char path[512];

    bench_need(count > 0 && count <= ENTRIES_MAX, NULL, "ENTRIES is from 1 to 2000000");
    bench_need(text_format(path, sizeof(path), "%s/bench_crl.%d", argc > 2 ? argv[2] : "/tmp",
                           (int)getpid()),
               NULL, "the path is too long");
    setup_crypto(NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pid_t child = fork(); /* one list each, so that each has a peak of its own */
        int ended = 0;
        if (child == 0) {
            struct pki *pki = pki_new(rows[i].key_type);
            write_list(&pki->ca, count, path);
            struct crl *crl = bench_load(rows[i].name, &pki->ca, path);
            bench_file(crl, path);
            bench_lookups(crl);
            bench_judgements(crl, pki);
            crl_free(crl);
            pki_free(pki);
            (void)unlink(path);
            _exit(fflush(stdout) == 0 ? 0 : 1);
        }
        bench_need(child > 0 && waitpid(child, &ended, 0) == child && ended == 0, NULL,
                   rows[i].name);
    }
    return 0;
}
