/* shepctl: the command line of shep-adapter. */
#include "base/clock.h"
#include "crypto/init.h"
#include "ctl/ctl.h"
#include "wsse/wsse.h"

#include <signal.h>

int main(int argc, char **argv)
{
    struct err err;

    (void)signal(SIGPIPE, SIG_IGN);
    if (clock_use_astana(&err) != ST_OK || crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return ctl_fail("shepctl", &err);
    return ctl_dispatch("shepctl", ctl_commands, argc, argv);
}
