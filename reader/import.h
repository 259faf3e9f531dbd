/* reader --import: puts rnews batches, mbox files, folders of articles and INN spools
 * into the spool. docs/man/hearsay.1 has the options; `--help` prints them. */
#ifndef READER_IMPORT_H
#define READER_IMPORT_H

/* argv holds what stands behind --import. Exit codes: 0 done (also when some articles
 * were refused), 1 a path could not be read or the spool failed, 2 wrong usage, 75 not
 * now: it would queue more than --warn-over and nobody agreed, or the spool is busy. */
int import_main(int argc, char **argv);

#endif
