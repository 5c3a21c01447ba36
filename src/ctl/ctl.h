/* What every command of shepctl shares: exit codes, options by table, messages. */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "crypto/key.h"
#include "rest/rest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* architecture.md section 4 */
enum exit_code {
    CTL_OK = 0,      /* valid, done */
    CTL_NO = 1,      /* not valid, refused, another status code */
    CTL_TROUBLE = 2, /* usage, I/O, not a signed document, or it cannot be learnt */
};

struct command {
    const char *name;
    const char *summary;               /* one line of shepctl --help */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; an exit code */
};

/* Commands in the order of shepctl --help; ends with an empty row. */
extern const struct command ctl_commands[];
extern const struct command ctl_sandbox_commands[];
extern const struct command ctl_trust_commands[];
extern const struct command ctl_coid_commands[];
extern const struct command ctl_journal_commands[];
extern const struct command ctl_user_commands[];

/* Runs the command that argv[1] names; program: "shepctl", "shepctl sandbox". */
int ctl_dispatch(const char *program, const struct command *commands, int argc, char **argv);

/* ---- options ---- */

struct option_row {
    int key;           /* what the setter is given */
    const char *name;  /* without -- */
    const char *value; /* its placeholder; NULL: a flag */
    const char *help;
};

/* Takes one option; value is NULL for a flag. ST_INPUT: a value that does not fit. */
typedef enum status option_setter(void *ctx, int key, const char *value, struct err *err);

struct usage {
    const char *command;   /* "shepctl verify" */
    const char *arguments; /* "FILE" */
    const char *about;     /* a paragraph under the usage line; may hold newlines */
    const struct option_row *rows;
    size_t row_count;
    int min_arguments;
    int max_arguments;
    option_setter *set;
};

enum { CTL_GO = -1 }; /* of ctl_options(): go on */

/**
 * Reads options in any place among the arguments; -- ends them, - is an argument. Returns CTL_GO
 * with the arguments in *ret_arguments (borrowed, moved to the front of argv, then NULL), else the
 * exit code: 0 after
 * --help, CTL_TROUBLE after a message on stderr. Thread-safe.
 */
int ctl_options(const struct usage *usage, void *ctx, int argc, char **argv, char ***ret_arguments);

/* ---- messages ---- */

/* Prints "shepctl verify: TEXT" on stderr and returns CTL_TROUBLE. */
int ctl_fail(const char *command, const struct err *err);

/* Foreign text for a terminal: control characters (also C1) become '?'. */
void ctl_print_text(FILE *out, const char *text);
void ctl_print_slice(FILE *out, struct slice text);

/* A date as a person reads it: 2026-11-22 14:03:07 +05:00 (Astana). */
void ctl_print_time(FILE *out, int64_t ms);

/* ---- what commands open ---- */

/* ST_INPUT when --key is missing, or --pass-file and the key is locked. */
MUST_USE enum status ctl_open_key(const struct key_source *source, struct key **ret_key,
                                  struct err *err);

/* What --ca says, else the environment's SHEPCTL_CA; NULL: neither. */
const char *ctl_ca_file(const char *ca_file);

/* HTTP client; ca_file NULL: the environment's SHEPCTL_CA, else the system's. */
MUST_USE enum status ctl_open_rest(const char *ca_file, struct rest **ret_rest, struct err *err);

/* Writes to path, or to stdout when it is NULL or "-". ST_INPUT. */
MUST_USE enum status ctl_write(const char *path, struct slice data, struct err *err);
