#include "watched_world.h"

#include "support/cmocka.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
char said[4096];
bool journal_refuses;

/* ---- fakes ---- */

static void add_said(const char *text)
{
    size_t len = strlen(said);

    for (const char *at = text; *at && len + 1 < sizeof(said); at++) {
        if (strncmp(at, folder, strlen(folder)) == 0)
            at += strlen(folder);
        said[len++] = *at;
    }
    said[len] = '\0';
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    static const char letters[] = {
        [EVENT_ALERT] = 'A', [EVENT_WARNING] = 'W', [EVENT_NOTICE] = 'N'
    };
    char line[2048];

    (void)journal;
    if (journal_refuses)
        return RAISE(err, ST_UNAVAILABLE, "the disk is full");
    text_format(line, sizeof(line), "%c %s %s\n", letters[event->level], event->name, event->text);
    add_said(line);
    return ST_OK;
}

char key = 'K';

void journal_pseudonym(const struct journal *journal, const char *iin, char ret[17])
{
    (void)journal;
    text_format(ret, 17, "%c%.15s--", key, iin);
}

unsigned troubles;

void log_err(enum log_level level, const char *event, const struct err *err)
{
    (void)level;
    (void)event;
    (void)err;
    troubles++;
}

/* ---- the world ---- */

const char *path(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *dst = paths[next++ % 8];

    text_format(dst, 256, "%s/%s", folder, name);
    return dst;
}

void put(const char *name, const char *content, mode_t mode)
{
    int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_true(file_write_all(fd, slice_str(content)));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

void put_conf(const char *more)
{
    char text[2048];

    text_format(text, sizeof(text),
                "[instance]\nname = n\ncluster_key_file = %s\n[http]\npublic_url = https://a.kz\n"
                "[store]\ncontent_keys_file = %s\n[journal]\npseudonym_key_file = %s\n"
                "[keys]\nsign_key_file = %s\nsign_pass_file = %s\n[trust]\ndir = %s\n"
                "[jws]\npins_dir =\n%s",
                path("cluster.key"), path("content.keys"), "/nowhere/p", path("sign.p12"),
                "/nowhere/w", path("trust"), more);
    put("shepd.conf", text, 0640);
}

static struct clock wall;
static struct rooms rooms = { .clock = &wall };

struct file_watch *watch_new(void)
{
    struct file_watch *watch = file_watch_new(path("shepd.conf"), path("journal"));

    assert_non_null(watch);
    return watch;
}

const struct conf *conf;

const char *look(struct file_watch *watch)
{
    said[0] = '\0';
    assert_true(file_watch_look(watch, conf, &rooms) > 0);
    return said;
}

int world_setup(void **state)
{
    struct err err;

    (void)state;
    text_format(folder, sizeof(folder), "/tmp/shep-files-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(path("journal"), 0700), 0);
    assert_int_equal(mkdir(path("trust"), 0755), 0);
    put("cluster.key", "01234567890123456789012345678901", 0600);
    put("content.keys", "k1 aaaa", 0600);
    put("sign.p12", "the key", 0600);
    put("trust/root.cer", "root", 0644);
    put_conf("");
    if (conf_load(path("shepd.conf"), &conf, &err) != ST_OK)
        fail_msg("%s", err.text);
    wall = clock_fixed_at(5000);
    journal_refuses = false;
    troubles = 0;
    return 0;
}

int world_teardown(void **state)
{
    char command[128];

    (void)state;
    conf_free(conf);
    text_format(command, sizeof(command), "rm -rf %s", folder);
    return system(command); /* NOLINT(cert-env33-c,concurrency-mt-unsafe): the test's own folder */
}

/* ---- what was said ---- */

bool matches(const char *text, const char *want)
{
    for (; *want; want++)
        if (*want == '*') {
            text += strcspn(text, (const char[]){ want[1], '\n', '\0' });
        } else if (*text++ != *want) {
            return false;
        }
    return *text == '\0';
}
