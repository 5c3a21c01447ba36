/* shepctl cert: what a certificate says, without judging it. */
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "sandbox/file.h"

enum { CERT_MAX = 1024 * 1024 };

static const struct usage usage = {
    .command = "shepctl cert",
    .arguments = "FILE",
    .about =
        "Shows what a certificate says; `shepctl verify` judges it. FILE is DER, PEM or base64; "
        "- is\nstandard input.",
    .min_arguments = 1,
    .max_arguments = 1,
};

static enum status run(const char *path, struct err *err)
{
    AUTO(bytes_free) struct bytes *data = NULL;
    AUTO(cert_free) struct cert *cert = NULL;
    struct err cause;

    TRY(file_read(path, CERT_MAX, &data, err));
    if (cert_parse(bytes_slice(data), &cert, &cause) != ST_OK)
        return RAISE(err, ST_FORMAT, "%s: %s", path, cause.text);
    show_cert(stdout, cert);
    return ST_OK;
}

int cmd_cert(int argc, char **argv)
{
    char **arguments;
    int code = ctl_options(&usage, NULL, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    return run(arguments[0], &err) == ST_OK ? CTL_OK : ctl_fail(usage.command, &err);
}
