#include "batcher/people.h"

#include <stdio.h>

#include "lib/date.h"
#include "lib/log.h"
#include "lib/text.h"

const char *
people_name(const char *name)
{
	if (name == NULL || !text_name(view_str(name)))
		die_usage("%s cannot be a friend's name (a-z, 0-9 and -, at most %d)",
		    quoted(view_str(name == NULL ? "" : name)), NAME_MAX_LEN);
	return name;
}

struct root *
people_root(const struct friend *f, enum root_state state)
{
	for (unsigned i = 0; i < f->ring.count; i++)
		if (f->ring.root[i]->state == state)
			return f->ring.root[i];
	return NULL;
}

void
people_date(int64_t when)
{
	struct buf b = BUF_INIT(128);

	date_rfc5322(&b, when);
	if (buf_cstr(&b) != NULL)
		printf("%s", (const char *)b.p);
	buf_release(&b);
}
