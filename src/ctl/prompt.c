#include "ctl/prompt.h"

#include "sandbox/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* The signals that end a program from the keyboard wait until the echo is back. */
static void hold_signals(bool hold, sigset_t *kept)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTSTP);
    if (hold)
        (void)pthread_sigmask(SIG_BLOCK, &set, kept);
    else
        (void)pthread_sigmask(SIG_SETMASK, kept, NULL);
}

/* One line; a ^C in it ends it, for its signal is held. */
static bool read_line(int tty, struct bytes *line)
{
    char c;

    while (read(tty, &c, 1) == 1) {
        if (c == '\n')
            return true;
        bytes_add(line, (struct slice){ &c, 1 });
    }
    return false;
}

static enum status ask(int tty, const char *question, struct bytes *answer, struct err *err)
{
    struct termios before, silent;
    sigset_t signals;

    if (tcgetattr(tty, &before) != 0)
        return RAISE(err, ST_INPUT, "/dev/tty: %s", strerrordesc_np(errno));
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ISIG);
    hold_signals(true, &signals);
    (void)tcsetattr(tty, TCSAFLUSH, &silent);
    (void)dprintf(tty, "%s: ", question);
    const bool read = read_line(tty, answer);
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    (void)dprintf(tty, "\n");
    hold_signals(false, &signals);
    if (!read || answer->len == 0 || memchr(answer->at, 3, answer->len))
        return RAISE(err, ST_INPUT, "no answer");
    return bytes_check(answer, "an answer of at most 1024 bytes", err);
}

enum status prompt_secret(const char *question, struct bytes **ret_answer, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *answer = bytes_new(PROMPT_MAX);
    const int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (tty < 0)
        return RAISE(err, ST_INPUT,
                     "there is no terminal to ask for the password: use "
                     "--password-file FILE");
    const enum status status =
        answer ? ask(tty, question, answer, err) : RAISE(err, ST_NOMEM, "an answer");
    (void)close(tty);
    TRY(status);
    *ret_answer = TAKE(answer);
    return ST_OK;
}

enum status prompt_or_file(const char *path, const char *question, struct bytes **ret_answer,
                           struct err *err)
{
    AUTO(bytes_wipe) struct bytes *text = NULL;

    if (!path)
        return prompt_secret(question, ret_answer, err);
    TRY(file_read(path, PROMPT_MAX + 1, &text, err));
    text->len = strcspn(text->at, "\r\n");
    text->at[text->len] = '\0';
    if (text->len == 0)
        return RAISE(err, ST_INPUT, "%s: its first line is empty", path);
    *ret_answer = TAKE(text);
    return ST_OK;
}
