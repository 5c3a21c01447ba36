/* shepd(8): its options, from their table, and what else a process shows of itself. */
#include "main/options.h"
#include "manual/manual.h"

#include <stdio.h>

static const char about[] =
    "shepd stands between an organisation and the gateway of Kazakhstan's electronic government. "
    "It answers signed SOAP messages (SendMessage) and carries two services: signing by telephone "
    "with eGov Mobile, and identity checks by ЦОИД. Every exchange is on disk in the journal "
    "before "
    "its answer leaves.\n"
    "It stays in the foreground and writes its log to standard error, an event on each line. "
    "When both listeners are up it prints a line that begins with READY.\n"
    "The operators' address (`admin.listen`) answers /health/live, /health/ready and /metrics.\n";

static const struct {
    const char *name;
    const char *text;
} exits[] = {
    { "0", "the service ended by SIGTERM or SIGINT, or what an option asked for is done" },
    { "1", "the configuration is not in order, or the service could not start or go on; the log "
           "says why" },
    { "2", "an option that does not exist, or an argument too many" },
}, signals[] = {
    { "SIGHUP", "reads the configuration again, with its keys, certificates, senders, pins and "
                "limits, in one step; a file that is not in order changes nothing, and the log and "
                "the journal say why. Exchanges under way end with what they began with" },
    { "SIGTERM, SIGINT", "takes no new connections, answers what is under way (35 s at most), ships "
                         "the journal's last lines and ends" },
}, files[] = {
    { "/etc/shepd/shepd.conf", "the configuration; see `shepd.conf`(5)" },
    { "/etc/shepd/trust", "certificates of authorities (trust.dir)" },
    { "/var/log/shepd", "the journal (journal.dir)" },
    { "/var/lib/shepd/crl", "verified revocation lists (trust.crl_dir)" },
};
#define EACH(table)                                                                                \
    size_t i = 0;                                                                                  \
    i < sizeof(table) / sizeof((table)[0]);                                                        \
    i++

static void add_end(struct bytes *page)
{
    roff_section(page, "EXIT STATUS");
    for (EACH(exits))
        roff_item(page, exits[i].name, NULL, exits[i].text);
    roff_section(page, "SIGNALS");
    for (EACH(signals))
        roff_item(page, signals[i].name, NULL, signals[i].text);
    roff_section(page, "FILES");
    for (EACH(files))
        roff_item(page, files[i].name, NULL, files[i].text);
    roff_section(page, "SEE ALSO");
    bytes_add_str(page, "\\fBshepctl\\fR(1), \\fBshepd.conf\\fR(5)\n");
}

enum status manual_shepd(const struct manual_stamp *stamp, const struct shepd_option *options,
                         size_t count, struct bytes **ret_page, struct err *err)
{
    AUTO(bytes_free) struct bytes *page = bytes_new(MANUAL_MAX_BYTES);
    char name[80];

    TRY(bytes_check(page, "shepd(8)", err));
    roff_head(page, "SHEPD", 8, stamp);
    roff_section(page, "NAME");
    bytes_add_str(page,
                  "shepd \\- adapter to the gateway of Kazakhstan\\(aqs electronic government\n");
    roff_section(page, "SYNOPSIS");
    bytes_add_str(page, "\\fBshepd\\fR [\\fIOPTION\\fR]…\n");
    roff_section(page, "DESCRIPTION");
    roff_text(page, about);
    roff_section(page, "OPTIONS");
    for (size_t i = 0; i < count; i++) {
        if (!options[i].help || !*options[i].help)
            return RAISE(err, ST_FORMAT, "shepd --%s has no description", options[i].name);
        (void)snprintf(name, sizeof(name), "--%s", options[i].name);
        roff_item(page, name, options[i].value, options[i].help);
    }
    add_end(page);
    TRY(bytes_check(page, "shepd(8)", err));
    *ret_page = TAKE(page);
    return ST_OK;
}
