/* Memory that libxml2 could not get. Much of it goes on without what it could not allocate: a
 * namespace without its URI, an element without its text. So whoever parses, changes or writes a
 * tree counts before and after: when the count grew, what was made is not to be used. */
#pragma once

/* How often the calling thread's libxml2 has been refused memory. */
unsigned memory_refusals(void);
/* libxml2's handlers of errors: they count those and drop the others. Its lists, which canonical
 * XML is made with, know no codes and tell by a text alone. */
struct _xmlError;
void memory_on_error(void *ctx, struct _xmlError *error);
void memory_on_text(void *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
