#include "unit/sandbox/fixture.h"

#include "base/text.h"
#include "crypto/init.h"
#include "crypto/tsp.h"
#include "sandbox/ocsp.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/shep-sandbox-XXXXXX";
static struct pki *pki;

int sandbox_setup(void **state)
{
    const struct pki_params params = { .dir = dir, .clock = clock_system() };
    struct pki_made made;
    struct err err;

    (void)state;
    if (clock_use_astana(&err) != ST_OK || crypto_init(&err) != ST_OK || !mkdtemp(dir) ||
        pki_init(&params, &made, &err) != ST_OK || pki_open(dir, &pki, &err) != ST_OK) {
        (void)fprintf(stderr, "sandbox: %s\n", err.text);
        return -1;
    }
    return 0;
}

int sandbox_teardown(void **state)
{
    char rm[] = "rm";
    char options[] = "-rf";
    char *const command[] = { rm, options, dir, NULL };
    pid_t child;
    int status = -1;

    (void)state;
    pki_free(pki);
    if (posix_spawnp(&child, "rm", NULL, NULL, command, environ) == 0)
        (void)waitpid(child, &status, 0);
    return status;
}

const char *sandbox_dir(void)
{
    return dir;
}

const char *sandbox_path(const char *name, char dst[FILE_PATH_MAX])
{
    assert_true(text_format(dst, FILE_PATH_MAX, "%s/%s", dir, name));
    return dst;
}

struct key *sandbox_key(const char *family, const char *name)
{
    char relative[128], path[FILE_PATH_MAX], pass[FILE_PATH_MAX];
    struct key *key = NULL;
    struct err err;

    assert_true(text_format(relative, sizeof(relative), "%s/%s.p12", family, name));
    assert_ok(key_open(&(struct key_source){ sandbox_path(relative, path),
                                             sandbox_path("pass", pass), NULL, NULL },
                       &key, &err),
              &err);
    return key;
}

struct trust *sandbox_trust(void)
{
    char path[FILE_PATH_MAX];
    struct trust *trust = NULL;
    struct err err;

    assert_ok(trust_new(&trust, &err), &err);
    assert_ok(trust_add_dir(trust, sandbox_path("trust", path), &err), &err);
    return trust;
}

/* http://127.0.0.1:8089/ocsp/gost2015 */
static enum status fetch(void *ctx, const struct fetch *what, struct bytes **ret, struct err *err)
{
    const struct family *family = family_find(slice_str(strrchr(what->url, '/') + 1));
    AUTO(index_free) struct index *index = NULL;

    (void)ctx;
    assert_non_null(family);
    assert_non_null(what->content_type);
    if (strstr(what->url, "/tsp/")) {
        const struct tsa_params tsa = { family->tsa_policy, clock_now(clock_system()), 1 };

        return tsa_answer(pki_key(pki, family, KIND_TSA), what->body, &tsa, ret, err);
    }
    TRY(index_load(dir, &index, err));
    const struct ocsp_wish wish = { pki, family, index, MOOD_NONE };
    return ocsp_answer(&wish, what->body, ret, err);
}

struct trust_io sandbox_io(void)
{
    return (struct trust_io){ .fetch = fetch };
}
