/* The table of commands, and finding the one that was asked for. */
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/help.h"

#include <string.h>

const struct command ctl_commands[] = {
    { "verify", "judge a signed document or a certificate", cmd_verify },
    { "sign", "sign a document", cmd_sign },
    { "cert", "show what a certificate says", cmd_cert },
    { "keys", "show what a PKCS#12 file holds", cmd_keys },
    { "call", "send a signed request to a SyncChannel service", cmd_call },
    { "phone", "a simulated telephone: scan, sign, send back", cmd_phone },
    { "trust", "the folder of trusted certificates: add, list, check", cmd_trust },
    { "coid", "checks of identity by ЦОИД: reconciliation, usage, evidence, decisions", cmd_coid },
    { "journal", "the journal: verify, archive, restore, search", cmd_journal },
    { "user", "accounts of people: who may look into the service, and as what", cmd_user },
    { "sandbox", "a test НУЦ РК: init, run, revoke", cmd_sandbox },
    { NULL, NULL, NULL },
};

const struct command ctl_sandbox_commands[] = {
    { "init", "make keys, certificates and lists in a folder", cmd_sandbox_init },
    { "run", "serve OCSP, TSP and CRL on loopback", cmd_sandbox_run },
    { "revoke", "revoke a certificate", cmd_sandbox_revoke },
    { NULL, NULL, NULL },
};

const struct command ctl_trust_commands[] = {
    { "add", "trust a certificate after its fingerprint was compared", cmd_trust_add },
    { "list", "show what is trusted", cmd_trust_list },
    { "check", "say what is wrong with the folder", cmd_trust_check },
    { NULL, NULL, NULL },
};

const struct command ctl_journal_commands[] = {
    { "verify", "prove lines, files and seals of a journal's folder", cmd_journal_verify },
    { "archive", "move old files into the archive and old months out of the table",
      cmd_journal_archive },
    { "restore", "bring a month back into the table for a while", cmd_journal_restore },
    { "search", "print lines of the table and of the archive", cmd_journal_search },
    { NULL, NULL, NULL },
};

const struct command ctl_user_commands[] = {
    { "add", "make an account", cmd_user_add },
    { "list", "show the accounts", cmd_user_list },
    { "remove", "remove one", cmd_user_remove },
    { "role", "give one another role", cmd_user_role },
    { "password", "set its password", cmd_user_password },
    { "lock", "close it until it is unlocked", cmd_user_lock },
    { "unlock", "open it again, also after too many failures", cmd_user_unlock },
    { "totp", "switch its second factor on or off", cmd_user_totp },
    { NULL, NULL, NULL },
};

const struct command ctl_coid_commands[] = {
    { "reconcile", "compare our records with ЦОИД's reports", cmd_coid_reconcile },
    { "usage", "count comparisons by day, sender and vendor", cmd_coid_usage },
    { "evidence", "write what ЦОИД answered into a folder", cmd_coid_evidence },
    { "decide", "record a decision on a result below the threshold", cmd_coid_decide },
    { "decisions", "list them, for the operator of ЦОИД", cmd_coid_decisions },
    { "news", "show what ЦОИД told", cmd_coid_news },
    { NULL, NULL, NULL },
};

int ctl_dispatch(const char *program, const struct command *commands, int argc, char **argv)
{
    if (argc < 2) {
        ctl_help_commands(stderr, program, commands);
        return CTL_TROUBLE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        ctl_help_commands(stdout, program, commands);
        return CTL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("shepctl " SHEP_VERSION);
        return CTL_OK;
    }
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(argv[1], c->name) == 0)
            return c->run(argc - 1, argv + 1);
    (void)fprintf(stderr, "%s: no command ", program);
    ctl_print_text(stderr, argv[1]);
    (void)fprintf(stderr, "; %s --help lists them\n", program);
    return CTL_TROUBLE;
}

int cmd_sandbox(int argc, char **argv)
{
    return ctl_dispatch("shepctl sandbox", ctl_sandbox_commands, argc, argv);
}

int cmd_trust(int argc, char **argv)
{
    return ctl_dispatch("shepctl trust", ctl_trust_commands, argc, argv);
}

int cmd_journal(int argc, char **argv)
{
    return ctl_dispatch("shepctl journal", ctl_journal_commands, argc, argv);
}
