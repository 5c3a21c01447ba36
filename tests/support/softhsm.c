#include "support/softhsm.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char module_path[] = "/usr/lib/softhsm/libsofthsm2.so";

enum { PATH = 64 };

static void die(const char *what, const char *detail)
{
    (void)fprintf(stderr, "tests/support/softhsm: %s: %s\n", what, detail);
    exit(1); /* NOLINT(concurrency-mt-unsafe): the test is over */
}

/* What the tools print is of no use, unless they fail. */
static void run(const char *const *argv)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        die("fork", argv[0]);
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)unsetenv("LD_PRELOAD"); /* NOLINT(concurrency-mt-unsafe): a process of its own */
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("failed", argv[0]);
}

static void path_of(const struct softhsm *hsm, const char *name, char dst[PATH])
{
    (void)snprintf(dst, PATH, "%s/%s", hsm->dir, name);
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "wbe");

    if (!file)
        die("cannot be written", path);
    return file;
}

static bool is_installed(void)
{
    static const char *const files[] = { module_path, "/usr/bin/softhsm2-util",
                                         "/usr/bin/pkcs11-tool" };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (access(files[i], R_OK) != 0) {
            (void)printf("SKIP: %s is not installed (packages softhsm2, opensc)\n", files[i]);
            return false;
        }
    return true;
}

static void write_settings(struct softhsm *hsm)
{
    char path[PATH];

    path_of(hsm, "tokens", path);
    if (mkdir(path, 0700) != 0)
        die("mkdir", path);
    path_of(hsm, "softhsm2.conf", path);
    FILE *file = create(path);
    (void)fprintf(file, "directories.tokendir = %s/tokens\nlog.level = ERROR\n", hsm->dir);
    (void)fclose(file);
    (void)setenv("SOFTHSM2_CONF", path, 1); /* NOLINT(concurrency-mt-unsafe): no thread yet */
    file = create(hsm->pin_file);
    (void)fprintf(file, SOFTHSM_PIN "\n");
    (void)fclose(file);
}

bool softhsm_start(struct softhsm *hsm)
{
    if (!is_installed())
        return false;
    (void)snprintf(hsm->dir, sizeof(hsm->dir), "/tmp/shep-softhsm.XXXXXX");
    if (!mkdtemp(hsm->dir))
        die("mkdtemp", hsm->dir);
    (void)snprintf(hsm->module, sizeof(hsm->module), "%s", PULLABLE_TOKEN);
    path_of(hsm, "pin", hsm->pin_file);
    path_of(hsm, "pulled", hsm->pulled);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread yet */
    (void)setenv("SHEP_TOKEN_PULLED", hsm->pulled, 1);
    write_settings(hsm);
    run((const char *const[]){ "softhsm2-util", "--init-token", "--free", "--label", SOFTHSM_TOKEN,
                               "--pin", SOFTHSM_PIN, "--so-pin", "87654321", NULL });
    return true;
}

static void put_key(const struct softhsm *hsm, EVP_PKEY *pkey, const char *label, const char *id)
{
    char path[PATH];
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);

    path_of(hsm, "key.pem", path);
    FILE *file = create(path);
    if (!info || PEM_write_PKCS8_PRIV_KEY_INFO(file, info) != 1)
        die("PKCS#8", path);
    (void)fclose(file);
    PKCS8_PRIV_KEY_INFO_free(info);
    run((const char *const[]){ "softhsm2-util", "--import", path, "--token", SOFTHSM_TOKEN,
                               "--label", label, "--id", id, "--pin", SOFTHSM_PIN, NULL });
}

static void put_cert(const struct softhsm *hsm, X509 *x509, const char *label, const char *id)
{
    char path[PATH];

    path_of(hsm, "cert.der", path);
    FILE *file = create(path);
    if (i2d_X509_fp(file, x509) != 1)
        die("certificate", path);
    (void)fclose(file);
    run((const char *const[]){ "pkcs11-tool", "--module", module_path, "--token-label",
                               SOFTHSM_TOKEN, "--login", "--pin", SOFTHSM_PIN, "--write-object",
                               path, "--type", "cert", "--label", label, "--id", id, NULL });
}

void softhsm_put(const struct softhsm *hsm, EVP_PKEY *pkey, X509 *x509, const char *label,
                 const char *id)
{
    put_key(hsm, pkey, label, id);
    if (x509)
        put_cert(hsm, x509, label, id);
}

void softhsm_pull(const struct softhsm *hsm)
{
    (void)fclose(create(hsm->pulled));
}

void softhsm_push(const struct softhsm *hsm)
{
    if (unlink(hsm->pulled) != 0)
        die("unlink", hsm->pulled);
}

void softhsm_remove(const struct softhsm *hsm)
{
    run((const char *const[]){ "rm", "-rf", hsm->dir, NULL });
}
