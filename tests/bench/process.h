/* What another process has used: from /proc. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct process_use {
    double cpu_s;    /* in user and kernel mode, all threads */
    double rss_mib;  /* VmRSS: what it holds now */
    double peak_mib; /* VmHWM: the most it ever held, or since process_forget_peak() */
};

/* Ends the program when there is no such process. */
struct process_use process_use_of(pid_t pid);
/* Begins a new peak; false where the kernel or our rights do not let us. */
bool process_forget_peak(pid_t pid);
