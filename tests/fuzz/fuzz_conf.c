/* Lines of a configuration: setting a key and reading it back gives the value, and no other
 * line changes its meaning. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/conf.h"
#include "lib/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
count_others(struct view file, enum err *e)
{
	struct conf_line line;
	unsigned number = 0, others = 0;

	while (conf_next(&file, &number, &line, e))
		others += !view_eqs(line.key, "node");
	return others;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view file = { data, size }, none = { 0 };
	struct view value = conf_get(file, "listen", VIEW_LIT("x"));
	struct buf out = BUF_INIT(2 * CONF_MAX), gone = BUF_INIT(2 * CONF_MAX);
	enum err before, after;
	unsigned others = count_others(file, &before);

	conf_set(file, "node", value, &out);
	if (before == ERR_OK && buf_err(&out) == ERR_OK) {
		if (count_others(buf_view(&out), &after) != others)
			abort();
		if (after == ERR_OK &&
		    !view_eq(conf_get(buf_view(&out), "node", none), value))
			abort();
		conf_set(buf_view(&out), "node", none, &gone);
		if (buf_err(&gone) == ERR_OK && conf_has(buf_view(&gone), "node"))
			abort();
	}
	buf_release(&gone);
	buf_release(&out);
	return 0;
}
