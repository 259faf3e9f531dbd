#include "lib/group.h"

#include "lib/limits.h"
#include "lib/rune.h"
#include "lib/text.h"

/* RFC 5536 3.1.4: component-char, and UTF-8 as RFC 3977 allows */
static bool
component_byte(int c)
{
	return text_isalnum(c) || c == '+' || c == '-' || c == '_' || c >= 0x80;
}

bool
group_valid(struct view v)
{
	bool ascii = true, start = true;

	if (v.len == 0 || v.len > GROUP_MAX)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '.') {
			if (start)
				return false;
			start = true;
			continue;
		}
		if (!component_byte(v.p[i]))
			return false;
		ascii = ascii && v.p[i] < 0x80;
		start = false;
	}
	/* Followup-To: poster means the author, so no group may have that name */
	return !start && (ascii || rune_plain(v)) && !view_caseeqs(v, "poster");
}

bool
group_local(struct view v)
{
	return view_caseeqs(v, "local") || view_casestarts(v, "local.");
}
