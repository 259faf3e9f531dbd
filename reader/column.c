#include "reader/column.h"

#include <string.h>

struct view
column_of(struct view line, int column)
{
	size_t tab;

	while (column-- > 0) {
		tab = view_chr(line, '\t');
		line = view_slice(line, tab + 1, line.len);
	}
	return view_slice(line, 0, view_chr(line, '\t'));
}

struct one_row {
	uint64_t number;
	int column;
	char *msgid;
	bool found;
};

static bool
msgid_row(
    void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	struct one_row *r = arg;
	struct view id = column_of(line, COLUMN_MSGID);

	(void)arrival;
	(void)crossposted;
	if (number != r->number || id.len == 0 || id.len > MSGID_MAX)
		return false;
	memcpy(r->msgid, id.p, id.len);
	r->msgid[id.len] = '\0';
	r->found = true;
	return false;
}

enum err
column_msgid(struct spool *sp, uint32_t group, uint64_t number, char out[MSGID_MAX + 1])
{
	struct one_row r = { .number = number, .msgid = out };
	uint64_t next;
	enum err e;

	if (number == 0 || number > INT64_MAX)
		return ERR_NOTFOUND;
	e = spool_over(sp, group, number, number, 1, msgid_row, &r, &next);
	return e != ERR_OK || r.found ? e : ERR_NOTFOUND;
}
