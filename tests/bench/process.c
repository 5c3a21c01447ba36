#include "bench/process.h"
#include "bench/bench.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 8192 };

static FILE *open_proc(pid_t pid, const char *name, const char *mode)
{
    char path[64];

    (void)text_format(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return fopen(path, mode);
}

static void read_proc(pid_t pid, const char *name, char dst[TEXT_MAX])
{
    FILE *file = open_proc(pid, name, "re");
    size_t len = file ? fread(dst, 1, TEXT_MAX - 1, file) : 0;

    dst[len] = '\0';
    if (file)
        (void)fclose(file);
    bench_need(len > 0, NULL, "a process that is measured has ended");
}

/* "VmRSS:    1234 kB" */
static double mib_of(const char *status, const char *name)
{
    const char *line = strstr(status, name);

    return line ? strtod(line + strlen(name), NULL) / 1024 : 0;
}

/* proc(5): fields 14 and 15 of stat, counted behind the name in parentheses, which is field 2. */
static double cpu_of(const char *stat)
{
    const char *at = strrchr(stat, ')');
    unsigned long user = 0;
    unsigned long kernel = 0;

    if (!at ||
        sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        bench_need(false, NULL, "/proc/PID/stat");
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

struct process_use process_use_of(pid_t pid)
{
    char stat[TEXT_MAX];
    char status[TEXT_MAX];

    read_proc(pid, "stat", stat);
    read_proc(pid, "status", status);
    return (struct process_use){ .cpu_s = cpu_of(stat),
                                 .rss_mib = mib_of(status, "VmRSS:"),
                                 .peak_mib = mib_of(status, "VmHWM:") };
}

bool process_forget_peak(pid_t pid)
{
    FILE *file = open_proc(pid, "clear_refs", "we");
    bool done = file && fputs("5", file) >= 0;

    return file && fclose(file) == 0 && done;
}
