/* The maker of seeds: one file per format. */
#pragma once

#include "unit/wsse/fixture.h"

/* The content of every detached signature and of timestamps' imprints (pki/content.txt). */
#define SEED_CONTENT "content\n"

enum { SEED_NAME = 128 };
extern const char *const seed_families[KEYS_COUNT];

/* DIR/corpus/TARGET/NAME, and DIR/pki/NAME. */
void seed_write(const char *target, const char *name, struct slice data);
void seed_write_pki(const char *name, struct slice data);
/* The same; then data is freed. */
void seed_give(const char *target, const char *name, struct bytes *data);

void seeds_of_xml(void);
void seeds_of_json(void);
