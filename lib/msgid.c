#include "lib/msgid.h"

#include "lib/limits.h"

bool
msgid_valid(struct view v)
{
	if (v.len < 3 || v.len > MSGID_MAX || v.p[0] != '<' || v.p[v.len - 1] != '>')
		return false;
	for (size_t i = 1; i < v.len - 1; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == '>')
			return false;
	return true;
}

bool
msgid_native(struct view v)
{
	static const char end[] = "@hearsay.invalid>";
	size_t n = sizeof end - 1;

	return msgid_valid(v) && v.len > n &&
	    view_caseeqs(view_slice(v, v.len - n, n), end);
}
