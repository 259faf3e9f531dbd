/* reader --export: writes articles to standard output, as an rnews batch that INN's rnews
 * takes, or as an mbox; in the order in which they arrived, each once. */
#ifndef READER_EXPORT_H
#define READER_EXPORT_H

/* argv holds what stands behind --export: options and one wildmat of groups. Exit codes:
 * 0 done, 1 failed, 2 wrong usage. */
int export_main(int argc, char **argv);

#endif
