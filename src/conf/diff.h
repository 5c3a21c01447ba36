/* What differs between two configurations, and which files one names: for the journal (req 0.37).
 * Both walk the table of settings, so that a new row is in them by itself. */
#pragma once

#include "conf/conf.h"

enum { CONF_VALUE_TEXT = 256 /* longer values are cut */ };

/* One setting that differs; borrowed for the call. */
struct conf_change {
    const char *setting; /* http.workers; sender "ekzamen".bin */
    const char *before;  /* as the file says it; NULL: there was no such section */
    const char *after;   /* NULL: there is none any more */
};
typedef void conf_tell_change(void *ctx, const struct conf_change *change);

/* Tells each setting whose value differs, defaults counted, in the order of the table; of a section
 * that one of them has not, those that are no defaults. Hashes of passwords, IINs and addresses
 * that carry a password are told as "hidden". */
void conf_diff(const struct conf *before, const struct conf *after, conf_tell_change *tell,
               void *ctx);

/* A file or folder that a setting names; borrowed for the call. */
struct conf_file {
    const char *setting;
    const char *path;
    bool is_folder;
    bool is_secret; /* a key or a password */
};
typedef void conf_tell_file(void *ctx, const struct conf_file *file);

/* Tells every file of a …_file setting and of pkcs11_module, and the folders of trusted
 * certificates; none that is empty or a URI of a token. Folders in which shepd writes are not
 * among them. */
void conf_files(const struct conf *conf, conf_tell_file *tell, void *ctx);
