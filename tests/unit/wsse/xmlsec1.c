/* The command xmlsec1 as a second opinion. */
#include "unit/wsse/xmlsec1.h"

#include "unit/crypto/fixture.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int run(const char *const argv[])
{
    const pid_t child = fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "we", stdout);
        (void)!freopen("/dev/null", "we", stderr);
        (void)execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int xmlsec1_verify(const char *xml, const char *id_element, const struct cert *signer)
{
    char folder[] = "/tmp/shep-sign-XXXXXX";
    char xml_path[64];
    char cert_path[64];
    FILE *cert = NULL;
    int result;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(xml_path, sizeof(xml_path), "%s/a.xml", folder);
    (void)snprintf(cert_path, sizeof(cert_path), "%s/a.pem", folder);
    write_file(xml_path, xml);
    cert = fopen(cert_path, "we");
    assert_int_equal(PEM_write_X509(cert, cert_x509(signer)), 1);
    assert_int_equal(fclose(cert), 0);
    result = run((const char *const[]){ "xmlsec1", "--verify", "--id-attr:Id", id_element,
                                        "--pubkey-cert-pem", cert_path, xml_path, NULL });
    (void)unlink(xml_path);
    (void)unlink(cert_path);
    (void)rmdir(folder);
    return result;
}

bool have_xmlsec1(void)
{
    if (run((const char *const[]){ "xmlsec1", "--version", NULL }) == 0)
        return true;
    print_message("SKIP: no xmlsec1 command\n");
    return false;
}
