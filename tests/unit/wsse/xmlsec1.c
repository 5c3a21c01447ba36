/* The command xmlsec1, asked in a folder of its own. */
#include "unit/wsse/xmlsec1.h"

#include "unit/crypto/fixture.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *folder, const char *const argv[])
{
    const pid_t child = fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(folder) != 0)
            _exit(126);
        (void)!freopen("/dev/null", "we", stdout);
        (void)!freopen("/dev/null", "we", stderr);
        (void)execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool have_xmlsec1(void)
{
    if (run("/", (const char *const[]){ "xmlsec1", "--version", NULL }) == 0)
        return true;
    print_message("SKIP: no xmlsec1 command\n");
    return false;
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    return file;
}

static void write_in(const char *folder, const char *name, const char *text)
{
    FILE *file = open_in(folder, name);

    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_in(const char *folder, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    (void)unlink(path);
}

static int ask(const char *folder, const struct question *q)
{
    const char *argv[16] = { "xmlsec1", "--verify", "--pubkey-cert-pem", "key.pem" };
    size_t count = 4;

    if (q->id_element) {
        argv[count++] = "--id-attr:Id";
        argv[count++] = q->id_element;
    }
    if (q->xpath) {
        argv[count++] = "--node-xpath";
        argv[count++] = q->xpath;
    }
    argv[count] = "signed.xml";
    return run(folder, argv);
}

int xmlsec1_verify(const struct question *q)
{
    char folder[] = "/tmp/shep-sign-XXXXXX";
    FILE *cert;
    int result;

    assert_non_null(mkdtemp(folder));
    write_in(folder, "signed.xml", q->xml);
    if (q->content_name)
        write_in(folder, q->content_name, q->content);
    cert = open_in(folder, "key.pem");
    assert_int_equal(PEM_write_X509(cert, cert_x509(q->cert)), 1);
    assert_int_equal(fclose(cert), 0);
    result = ask(folder, q);
    remove_in(folder, "signed.xml");
    remove_in(folder, "key.pem");
    if (q->content_name)
        remove_in(folder, q->content_name);
    (void)rmdir(folder);
    return result;
}
