#include "reader/import_options.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

static const struct option_row *
find(const struct option_row *rows, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, word) == 0)
			return &rows[i];
	return NULL;
}

/* NULL, or what is wrong with the value. */
static const char *
set(const struct option_row *r, void *into, const char *value)
{
	char *p = (char *)into + r->at;
	uint64_t n;
	bool yes = true;

	switch (r->kind) {
	case OPTION_FLAG:
		memcpy(p, &yes, sizeof yes);
		break;
	case OPTION_TEXT:
		memcpy(p, &value, sizeof value);
		break;
	case OPTION_NUMBER:
		if (text_num(view_str(value), 0, INT64_MAX, &n) != ERR_OK)
			return "is not a number";
		memcpy(p, &n, sizeof n);
		break;
	}
	return NULL;
}

bool
options_read(const struct option_row *rows, size_t n, void *into, int argc, char **args,
    int *words, const char **what, const char **which)
{
	const struct option_row *r;
	bool ended = false;

	*words = 0;
	for (int i = 0; i < argc; i++) {
		*which = args[i];
		if (ended || args[i][0] != '-' || args[i][1] == '\0') {
			args[(*words)++] = args[i];
			continue;
		}
		if (strcmp(args[i], "--") == 0) {
			ended = true;
			continue;
		}
		*what = "is not an option";
		if ((r = find(rows, n, args[i])) == NULL)
			return false;
		*what = "wants a value";
		if (r->kind != OPTION_FLAG && ++i == argc)
			return false;
		if ((*what = set(r, into, args[i])) != NULL)
			return false;
	}
	return true;
}

void
options_help(const char *usage, const struct option_row *rows, size_t n)
{
	char left[40];

	printf("%s\n", usage);
	for (size_t i = 0; i < n; i++) {
		snprintf(left, sizeof left, "%s %s", rows[i].name,
		    rows[i].arg != NULL ? rows[i].arg : "");
		printf("  %-20s %s\n", left, rows[i].help);
	}
}
